// SPDX-License-Identifier: GPL-3.0-or-later
//! Somebody's home: a desktop with the window on one host, receivers on another, a cable between them, and the person.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use super::accessible::{Person, What, named};
use super::cast::{START, TELECAST};
use super::folder::Folder;
use super::likeness::CARD;
use super::network::Network;
use super::program::Program;
use super::session::Session;
use super::{script, wait_until};

/// The name of the program on the accessibility bus.
const APPLICATION: &str = "telecast";
/// The title of its window.
pub const TITLE: &str = "Telecast";
/// The address of the receivers' host.
pub const ADDRESS: &str = "10.77.0.2";
/// The file of all settings.
const SETTINGS: &str = "home/.config/glib-2.0/settings/keyfile";
const END: Duration = Duration::from_secs(20);
/// So often a window must be where it was put.
const LOOKS: u32 = 4;

/// Fields are dropped in this order.
pub struct Home {
    pub person: Person,
    window: Option<Program>,
    card: Option<Program>,
    pub tv: Session,
    pub desktop: Session,
    pub network: Network,
    #[expect(dead_code, reason = "held for its drop")]
    folder: Folder,
}

impl Home {
    /// Nothing runs yet but the desktop. `None`, on record, where hosts cannot be made.
    #[track_caller]
    pub fn new() -> Option<Home> {
        Home::with(Session::desktop)
    }

    /// The same, with a session manager and a lock screen.
    #[track_caller]
    pub fn with_session_manager() -> Option<Home> {
        Home::with(Session::with_manager)
    }

    /// The same, of somebody who has installed the program.
    #[track_caller]
    pub fn installed() -> Option<Home> {
        Home::with(|size, host| Session::desktop_with(TELECAST, size, host))
    }

    #[track_caller]
    fn with(desktop: fn(&str, Option<&str>) -> Session) -> Option<Home> {
        let folder = Folder::new();
        let network = Network::up(folder.name(), 0)?;
        let tv = Session::sound_only(Some(&network.b()));
        let desktop = desktop("1280x720", Some(&network.a()));
        // The first key only makes the keyboard known to programs.
        desktop.shell(&["key", "Shift_L"]);
        let person = Person::at(&desktop, APPLICATION);
        Some(Home {
            person,
            window: None,
            card: None,
            tv,
            desktop,
            network,
            folder,
        })
    }

    /// Settings of the program that somebody made before: `KEY=VALUE` lines, values as `GVariant` text.
    pub fn set(&self, lines: &str) {
        let mut file = OpenOptions::new()
            .append(true)
            .open(self.desktop.path(SETTINGS))
            .unwrap();
        writeln!(file, "[io/github/telecast/Telecast]\n{lines}").unwrap();
    }

    /// Opens the window.
    pub fn open(&mut self) {
        self.open_with(&[]);
    }

    /// Opens the window, with these environment variables.
    pub fn open_with(&mut self, environment: &[(&str, &str)]) {
        let mut command = self.desktop.command(TELECAST);
        command.envs(environment.iter().copied());
        self.window = Some(Program::start("window", &mut command));
        // Keys before would be lost.
        wait_until("the window has the keyboard", START, || {
            self.has(TITLE, |window| window["focused"] == true)
        });
    }

    /// Starts the program while it runs: the instance that runs shows its window, and does what the arguments say.
    pub fn start_again(&self, arguments: &[&str]) {
        let mut command = self.desktop.command(TELECAST);
        let mut second = Program::start("window", command.args(arguments));
        let status = second.wait(END);
        assert!(status.success(), "{status}: {:?}", second.error_lines());
        wait_until("the window", START, || self.has_window(TITLE));
    }

    /// Waits until the program has ended well by itself.
    #[track_caller]
    pub fn wait_for_end(&mut self) {
        let mut window = self.window.take().expect("an open window");
        let status = window.wait(END);
        assert!(status.success(), "{status}: {:?}", window.error_lines());
    }

    /// Ends the program as no program expects.
    pub fn kill(&mut self) {
        let mut window = self.window.take().expect("an open window");
        window.signal(Signal::KILL);
        window.wait(END);
    }

    /// Ends the program by its key, and waits.
    #[track_caller]
    pub fn quit(&mut self) {
        self.key("Control_L+q");
        self.wait_for_end();
    }

    /// What the program complained about until now: warnings and errors of its own and of GTK.
    pub fn complaints(&self) -> Vec<String> {
        let window = self.window.as_ref().expect("an open window");
        let mut lines = window.error_lines();
        lines.retain(|line| {
            [" WARN ", " ERROR ", "WARNING", "CRITICAL", "panicked"]
                .iter()
                .any(|word| line.contains(word))
        });
        lines
    }

    /// Switches a receiver on that writes its picture into [`tv_picture`](Self::tv_picture).
    pub fn switch_on(&self, name: &str) -> Program {
        let picture = self.tv_picture();
        let options = ["--measure", "--snapshot", &picture.to_string_lossy()];
        switch_on(&self.tv, name, &options)
    }

    /// The picture that the receiver decoded last.
    pub fn tv_picture(&self) -> PathBuf {
        self.tv.path("tv.png")
    }

    /// Shows the test card at the right side of the screen.
    pub fn show_card(&mut self) {
        let mut command = self.desktop.command(TELECAST);
        command.args(["test-card", "--fps", "30"]);
        self.card = Some(Program::start("test card", &mut command));
        wait_until("the test card's window", START, || self.has_window(CARD));
        self.place(CARD, ["width", "height"], [640, 420], "resize");
        self.place(CARD, ["x", "y"], [560, 120], "move");
    }

    /// Gives the window another size, as a person does at its corner.
    pub fn resize(&self, size: [u32; 2]) {
        self.place(TITLE, ["width", "height"], size, "resize");
    }

    /// Whether the window has this size.
    pub fn is_sized(&self, [width, height]: [u32; 2]) -> bool {
        self.has(TITLE, |window| {
            window["width"] == width && window["height"] == height
        })
    }

    /// Moves the window to the left side.
    pub fn step_aside(&self) {
        self.place(TITLE, ["x", "y"], [0, 32], "move");
    }

    /// Gives a window these values, again and again until they stay: one that has just come is still being placed by the
    /// desktop.
    fn place(&self, title: &str, keys: [&str; 2], values: [u32; 2], verb: &str) {
        let mut looks = 0;
        wait_until("a window in its place", START, || {
            let stays = |window: &Value| (0..2).all(|at| window[keys[at]] == values[at]);
            if self.has(title, stays) {
                looks += 1;
            } else {
                looks = 0;
                let [first, second] = values.map(|value| value.to_string());
                self.desktop.shell(&[verb, title, &first, &second]);
            }
            looks == LOOKS
        });
    }

    /// Whether there is a window of this title.
    pub fn has_window(&self, title: &str) -> bool {
        self.has(title, |_| true)
    }

    fn has(&self, title: &str, condition: impl Fn(&Value) -> bool) -> bool {
        let windows = self.desktop.windows();
        windows
            .iter()
            .any(|window| window["title"] == title && condition(window))
    }

    /// Presses a key, or several at once (`Control_L+q`), in the window if there is one.
    pub fn key(&self, name: &str) {
        // The card's window may have the keyboard: it came later, or was shared.
        if self.has_window(TITLE) {
            self.desktop.shell(&["activate", TITLE]);
        }
        self.desktop.shell(&["key", name]);
    }

    /// Clicks on a device and answers the portal's dialog, until it is cast to.
    #[track_caller]
    pub fn cast_to(&mut self, device: &str, buttons: &[&str]) {
        self.click_on(device);
        self.desktop.press(buttons);
        self.person.see("Stop Casting");
    }

    /// Clicks on a device.
    #[track_caller]
    pub fn click_on(&mut self, device: &str) {
        self.person.press(cast_button(device));
    }

    /// Opens the list of a row and chooses what these keys lead to: its items have no action on the accessibility bus.
    #[track_caller]
    pub fn choose(&mut self, row: &str, keys: &[&str]) {
        self.person.focus(named(row).role("combo box"));
        self.key("Return");
        for key in keys {
            self.key(key);
        }
        self.key("Return");
    }

    /// Ends all sharing as the panel's button does.
    pub fn revoke_sharing(&self) {
        self.desktop.shell(&[
            "eval",
            "Main.panel.statusArea.screenSharing._handles.forEach(handle => handle.stop())",
        ]);
    }

    /// The receiver's volume as another sender sees it; `change` is what that does first (`build-aux/desktop/volume`).
    pub fn volume(&self, change: &[&str]) -> Volume {
        let arguments = [&[ADDRESS], change].concat();
        let told = self.desktop.run(END, script("volume"), &arguments);
        let told: Value = serde_json::from_str(&told).unwrap();
        Volume {
            level: told["level"].as_f64().unwrap(),
            muted: told["muted"].as_bool().unwrap(),
        }
    }
}

/// How loud a receiver is.
#[derive(Debug, Clone, Copy)]
pub struct Volume {
    /// 0 to 1.
    pub level: f64,
    pub muted: bool,
}

/// What casts to a device in its row.
pub fn cast_button(device: &str) -> What {
    named(&format!("Cast to {device}"))
}

/// Waits until the receiver says that nobody casts.
pub fn wait_until_idle(receiver: &Program) {
    wait_until_state(receiver, "idle");
}

/// Waits until the receiver's last word is this state.
pub fn wait_until_state(receiver: &Program, state: &str) {
    wait_until(&format!("a receiver that is {state}"), START, || {
        let objects = receiver.objects();
        objects.last().is_some_and(|last| last["state"] == state)
    });
}

/// What the receiver said last; null before it said anything.
pub fn last(receiver: &Program) -> Value {
    receiver.newest_object().unwrap_or_default()
}

/// How many casts the receiver has seen begin.
pub fn casts_of(receiver: &Program) -> usize {
    let objects = receiver.objects();
    let states: Vec<bool> = objects
        .iter()
        .map(|object| object["state"] == "streaming")
        .collect();
    let begins = states.windows(2).filter(|pair| !pair[0] && pair[1]).count();
    begins + usize::from(states.first() == Some(&true))
}

/// Switches a receiver on, with these options.
pub fn switch_on(tv: &Session, name: &str, options: &[&str]) -> Program {
    let mut receiver = Program::start(
        "receiver",
        tv.command(TELECAST)
            .args(["receive", "--name", name, "--headless", "--stats", "json"])
            .args(options),
    );
    receiver.wait_for_words("Listening on ", START);
    receiver
}
