// SPDX-License-Identifier: GPL-3.0-or-later
//! The arrangement that is measured: a desktop of 1280x800 with the window on one host, a receiver on another.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::time::Duration;

use telecast::clock;

use crate::support::accessible::Person;
use crate::support::folder::Folder;
use crate::support::network::Network;
use crate::support::program::Program;
use crate::support::session::Session;
use crate::support::wait_until;

const TELECAST: &str = env!("CARGO_BIN_EXE_telecast");
/// The name of the program on the accessibility bus.
const APPLICATION: &str = "telecast";
/// The receiver's name.
pub const TV: &str = "Bench TV";
/// The window says when it was painted first, and how long its main loop was kept.
const LOG: [&str; 2] = ["--log", "telecast::ui::measure=debug"];
const START: Duration = Duration::from_mins(1);

/// Fields are dropped in this order.
pub struct Desk {
    pub desktop: Session,
    tv: Session,
    #[expect(dead_code, reason = "held for its drop")]
    network: Network,
    #[expect(dead_code, reason = "held for its drop")]
    folder: Folder,
}

impl Desk {
    /// A desktop with nothing on it.
    pub fn new() -> Desk {
        let folder = Folder::new();
        let network = Network::up(folder.name(), 0).expect("network namespaces");
        let tv = Session::sound_only(Some(&network.b()));
        let desktop = Session::desktop("1280x800", Some(&network.a()));
        let settings = desktop.path("home/.config/glib-2.0/settings/keyfile");
        let mut settings = OpenOptions::new()
            .append(true)
            .open(settings)
            .expect("the desktop's settings");
        writeln!(
            settings,
            "[io/github/telecast/Telecast]\nwindow-size=(900, 600)"
        )
        .expect("settings");
        Desk {
            desktop,
            tv,
            network,
            folder,
        }
    }

    /// Switches the receiver on.
    pub fn receiver(&self) -> Program {
        let mut command = self.tv.command(TELECAST);
        command.args(["receive", "--name", TV, "--headless"]);
        Program::start("receiver", &mut command)
    }

    /// Opens the window; how long its first picture took, in milliseconds from the start of the program.
    pub fn window(&self) -> (Program, f64) {
        let mut command = self.desktop.command(TELECAST);
        let start = clock::monotonic();
        let mut window = Program::start("window", command.args(LOG));
        let painted = window.wait_for_words("first picture at_ms=", START);
        let painted: f64 = painted.trim().parse().expect("a number");
        (window, painted - start.as_secs_f64() * 1e3)
    }

    /// Opens the window and does not measure it: looking at the main loop each millisecond would be all that is found.
    pub fn plain_window(&self) -> Program {
        Program::start("window", &mut self.desktop.command(TELECAST))
    }

    /// Somebody who uses the window.
    pub fn person(&self) -> Person {
        Person::at(&self.desktop, APPLICATION)
    }

    /// Waits until no window is left.
    pub fn wait_empty(&self) {
        wait_until("no window", START, || self.desktop.windows().is_empty());
    }
}

/// The longest time that the main loop was kept until now, in milliseconds.
pub fn longest_block(window: &Program) -> f64 {
    let lines = window.error_lines();
    let last = lines
        .iter()
        .rev()
        .find_map(|line| line.split_once("longest block ms="));
    last.map_or(0.0, |(_, number)| number.trim().parse().expect("a number"))
}
