// SPDX-License-Identifier: GPL-3.0-or-later
//! Two casts at a time, and a window that is closed meanwhile.

use crate::support::accessible::named;
use crate::support::cast::{START, TV};
use crate::support::home::{Home, TITLE, switch_on, wait_until_idle, wait_until_state};
use crate::support::session::Session;
use crate::support::wait_until;

const KITCHEN: &str = "Kitchen";

#[test]
fn two_devices_are_cast_to_and_the_window_may_go_meanwhile() {
    let Some(mut home) = Home::new() else {
        return;
    };
    let living_room = home.switch_on(TV);
    let other = Session::sound_only(Some(&home.network.b()));
    let kitchen = switch_on(&other, KITCHEN, &["--port", "8010"]);
    home.open();

    home.cast_to(TV, &["Share"]);
    home.person.press("Back");
    home.person.see(format!("Casting to {TV}").as_str());
    // The program that runs takes the wish of another one. One capture serves both: nothing is asked.
    home.start_again(&["--device", KITCHEN]);
    home.person.see("Stop Casting");
    wait_until_state(&living_room, "streaming");
    wait_until_state(&kitchen, "streaming");
    home.person.press("Stop Casting");
    wait_until_idle(&kitchen);
    home.person.see(format!("Casting to {TV}").as_str());
    wait_until_state(&living_room, "streaming");

    home.key("Control_L+w");
    home.person.see("Keep Casting in the Background?");
    assert_eq!(home.person.see_nameless(), [""; 0]);
    let mut stops = home.person.tour();
    stops.sort();
    assert_eq!(stops, ["Cancel", "Keep Casting", "Stop Casting"]);
    home.person.press("Cancel");
    home.person.miss("Keep Casting in the Background?");
    assert!(home.has_window(TITLE));

    home.key("Control_L+w");
    home.person.press("Keep Casting");
    wait_until("no window", START, || !home.has_window(TITLE));
    wait_until_state(&living_room, "streaming");

    home.start_again(&[]);
    home.person.see("Pause Picture");
    home.key("Control_L+q");
    home.person.see("Keep Casting in the Background?");
    let stop = named("Stop Casting").below("Keep Casting in the Background?");
    home.person.press(stop);
    home.wait_for_end();
    wait_until_idle(&living_room);
}
