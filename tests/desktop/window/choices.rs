// SPDX-License-Identifier: GPL-3.0-or-later
//! What a person chooses while a cast runs: quality, sound, and to stop it by key.

use crate::support::cast::{START, TV};
use crate::support::home::{Home, last, wait_until_idle, wait_until_state};
use crate::support::wait_until;

#[test]
fn quality_and_sound_are_chosen_while_a_cast_runs_and_escape_stops_it() {
    let Some(mut home) = Home::new() else {
        return;
    };
    home.set("window-size=(400, 640)");
    let receiver = home.switch_on(TV);
    home.show_card();
    home.open();
    home.step_aside();
    home.cast_to(TV, &["Share"]);
    wait_until_state(&receiver, "streaming");

    home.choose("Sound", &["End"]);
    home.person.press("Pause Picture");
    home.person.see("The last picture stays on the screen");
    home.choose("Sound", &["Home", "Down"]);
    home.person.see("Sound continues");
    home.person.press("Resume Picture");

    home.choose("Quality", &["End"]);
    home.person.see("Takes at most 1 megabit per second");
    wait_until("a smaller picture", START, || {
        last(&receiver)["height"]
            .as_u64()
            .is_some_and(|height| height <= 480)
    });

    home.key("Escape");
    home.person.see("What to cast");
    wait_until_idle(&receiver);
    assert_eq!(home.complaints(), [""; 0]);
    home.quit();
}
