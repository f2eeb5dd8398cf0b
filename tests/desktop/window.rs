// SPDX-License-Identifier: GPL-3.0-or-later
//! The window, used through its accessible tree as a person would, with a real receiver on another host.

use super::support::accessible::Person;
use super::support::cast::{TELECAST, TV};
use super::support::folder::Folder;
use super::support::network::Network;
use super::support::program::Program;
use super::support::session::Session;

/// The name of the program on the accessibility bus.
const APPLICATION: &str = "telecast";

/// Two hosts, the window on one of them. Fields are dropped in this order.
struct Home {
    person: Person,
    #[expect(dead_code, reason = "held for its drop")]
    window: Program,
    tv: Session,
    desktop: Session,
    #[expect(dead_code, reason = "held for its drop")]
    network: Network,
    #[expect(dead_code, reason = "held for its drop")]
    folder: Folder,
}

impl Home {
    /// With nothing but the window: no device. `None`, on record, where hosts cannot be made.
    #[track_caller]
    fn quiet() -> Option<Home> {
        let folder = Folder::new();
        let network = Network::up(folder.name(), 0)?;
        let tv = Session::sound_only(Some(&network.b()));
        let desktop = Session::desktop("1280x800", Some(&network.a()));
        let window = Program::start("window", &mut desktop.command(TELECAST));
        let person = Person::at(&desktop, APPLICATION);
        Some(Home {
            person,
            window,
            tv,
            desktop,
            network,
            folder,
        })
    }

    /// Switches a receiver on.
    fn switch_on(&self, name: &str) -> Program {
        Program::start(
            "receiver",
            self.tv
                .command(TELECAST)
                .args(["receive", "--name", name, "--headless", "--measure"])
                .args(["--stats", "json"]),
        )
    }
}

#[test]
fn a_click_on_a_device_casts_to_it() {
    let Some(mut home) = Home::quiet() else {
        return;
    };
    let _receiver = home.switch_on(TV);
    home.person.press(TV);
    home.desktop.press(&["Share"]);
    home.person.see("Stop Casting");
}
