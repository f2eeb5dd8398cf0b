// SPDX-License-Identifier: GPL-3.0-or-later
//! What is set in the window stays.

use crate::support::accessible::{What, named};
use crate::support::cast::START;
use crate::support::home::Home;
use crate::support::wait_until;

/// Not what the window has by itself.
const SIZE: [u32; 2] = [720, 500];

fn stay_awake() -> What {
    named("Stay Awake").role("check box")
}

#[test]
fn settings_are_kept_over_a_restart() {
    let Some(mut home) = Home::new() else {
        return;
    };
    let _receiver = home.switch_on("Kitchen");
    home.open();
    home.person
        .press(named("Second Monitor").below("What to cast"));
    home.key("Control_L+comma");
    home.person.see("Preferences");
    assert_eq!(home.person.see_nameless(), [""; 0]);
    let was = home.person.see(stay_awake())["states"]
        .to_string()
        .contains("checked");
    home.person.press(stay_awake());
    let is = |what: What| {
        if was {
            what.without("checked")
        } else {
            what.state("checked")
        }
    };
    home.person.see(is(stay_awake()));
    home.key("Escape");
    home.person.miss("Stay Awake");
    home.resize(SIZE);
    assert_eq!(home.complaints(), [""; 0]);
    home.quit();

    home.open();
    wait_until("the window's size", START, || home.is_sized(SIZE));
    home.person.see(
        named("Second Monitor")
            .below("What to cast")
            .state("checked"),
    );
    home.key("Control_L+comma");
    home.person.see(is(stay_awake()));
    home.key("Escape");
    home.quit();
}
