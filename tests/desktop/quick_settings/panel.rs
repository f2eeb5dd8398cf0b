// SPDX-License-Identifier: GPL-3.0-or-later
//! GNOME Shell's panel and its Quick Settings, used with the pointer; and what can be asked about the extension in it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::support::accessible::{Person, What, named};
use crate::support::cast::START;
use crate::support::home::Home;
use crate::support::wait_until;

/// The extension.
pub const EXTENSION: &str = "telecast@telecast.github.io";
/// GNOME Shell on the accessibility bus.
const SHELL: &str = "gnome-shell";
const ENGINE: &str = "io.github.telecast.Telecast.Engine";
const ANSWER: Duration = Duration::from_secs(30);

/// What there is of the extension in the shell: what it adds to the panel, to the Quick Settings and to what is shown above
/// them, and who waits for a change of the installed programs or of the session's mode.
const TRACES: &str = "(() => {
    const {GObject, Shell} = imports.gi;
    const settings = Main.panel.statusArea.quickSettings, apps = Shell.AppSystem.get_default();
    const handlers = {signalId: 'installed-changed'};
    const waiting = GObject.signal_handlers_block_matched(apps, handlers);
    GObject.signal_handlers_unblock_matched(apps, handlers);
    return {indicators: settings._indicators.get_n_children(), tiles: settings.menu._grid.get_n_children(),
        menus: settings.menu._overlay.get_n_children(), programs: waiting,
        modes: Object.values(Main.sessionMode._signalConnections ?? {}).flat().length};
})()";

/// What shows in the panel while something is cast to this device.
pub fn indicator(device: &str) -> What {
    named(device).role("panel")
}

/// The tile in the Quick Settings; its menu has the same title elsewhere.
pub fn tile() -> What {
    named("Cast").role("label")
}

/// Somebody before the panel.
pub struct Panel {
    pub person: Person,
}

impl Panel {
    pub fn of(home: &Home) -> Panel {
        let person = Person::at(&home.desktop, SHELL);
        Panel { person }
    }

    /// Opens the Quick Settings.
    #[track_caller]
    pub fn open_settings(&mut self, home: &Home) {
        if !self.is_open() {
            // What was there has to go first.
            self.close(home);
            self.person.press(named("System").role("menu"));
            self.person.see("Take Screenshot");
        }
    }

    /// Opens them and the menu of the tile.
    #[track_caller]
    pub fn open(&mut self, home: &Home) {
        self.open_settings(home);
        if !self.person.sees("Open Telecast") {
            self.person.press("Open menu");
            self.person.see("Open Telecast");
        }
    }

    /// Closes the menus that are open.
    #[track_caller]
    pub fn close(&mut self, home: &Home) {
        wait_until("closed menus", START, || {
            let open = self.is_open();
            if open {
                home.desktop.shell(&["key", "Escape"]);
            }
            !open
        });
    }

    fn is_open(&mut self) -> bool {
        self.person.sees("Take Screenshot")
    }
}

/// Whether the shell has loaded the extension and runs it.
pub fn is_active(home: &Home) -> bool {
    let told = home
        .desktop
        .run(ANSWER, "gnome-extensions", &["info", EXTENSION]);
    told.lines().any(|line| line.trim() == "State: ACTIVE")
}

/// Enables the extension, or disables it, and waits until that is done.
#[track_caller]
pub fn enable(home: &Home, enabled: bool) {
    let verb = if enabled { "enable" } else { "disable" };
    home.desktop
        .run(ANSWER, "gnome-extensions", &[verb, EXTENSION]);
    wait_until(verb, START, || is_active(home) == enabled);
}

/// The process of the engine, if there is one.
pub fn engine(home: &Home) -> Option<i32> {
    let ask = |method: &str| {
        let method = format!("org.freedesktop.DBus.{method}");
        let bus = ["-d", "org.freedesktop.DBus", "-o", "/org/freedesktop/DBus"];
        let arguments = [&["call", "--session"], &bus[..], &["-m", &method, ENGINE]].concat();
        home.desktop.run(ANSWER, "gdbus", &arguments)
    };
    if ask("NameHasOwner") != "(true,)" {
        return None;
    }
    let told = ask("GetConnectionUnixProcessID");
    let digits: String = told
        .rsplit(' ')
        .next()?
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

/// How much there is of the extension in the shell.
pub fn traces(home: &Home) -> BTreeMap<String, i64> {
    let counts = home.desktop.shell(&["eval", TRACES]);
    let counts = counts.as_object().unwrap_or_else(|| panic!("{counts}"));
    let number = |value: &serde_json::Value| value.as_i64().unwrap();
    counts
        .iter()
        .map(|(name, count)| (name.clone(), number(count)))
        .collect()
}

/// What the shell complained about until now that has to do with the extension.
pub fn complaints(home: &Home) -> Vec<String> {
    let log = std::fs::read_to_string(home.desktop.path("gnome-shell.log")).unwrap();
    let lines = log.lines().map(str::to_owned);
    let of_it = |line: &String| {
        [
            "JS ERROR",
            "Gjs-",
            "St-CRITICAL",
            "Clutter-CRITICAL",
            "GLib-GObject-CRITICAL",
            EXTENSION,
        ]
        .iter()
        .any(|word| line.contains(word))
    };
    lines.filter(of_it).collect()
}
