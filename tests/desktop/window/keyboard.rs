// SPDX-License-Identifier: GPL-3.0-or-later
//! The window without a pointer, and as a screen reader finds it.

use crate::support::accessible::{What, named};
use crate::support::cast::{START, TV};
use crate::support::home::{Home, TITLE, switch_on, wait_until_idle, wait_until_state};
use crate::support::wait_until;

const BEDROOM: &str = "Bedroom";

/// The row of a device.
fn row(device: &str) -> What {
    named(device).role("list item")
}

#[test]
fn a_cast_needs_only_the_keyboard_and_everything_has_a_name() {
    let Some(mut home) = Home::new() else {
        return;
    };
    let receiver = home.switch_on(TV);
    home.open();
    home.person.see(row(TV).state("focused"));
    home.key("Return");
    home.person.see("Choose What to Share");
    assert_eq!(home.person.see_nameless(), [""; 0]);
    home.desktop.press(&["Share"]);
    home.person.see(named("Pause Picture").state("focused"));
    assert_eq!(home.person.see_nameless(), [""; 0]);
    let stops = home.person.tour();
    assert_eq!(stops[..2], ["Pause Picture", "Stop Casting"]);
    assert_eq!(
        stops[stops.len() - 3..],
        ["Back", "Statistics", "Main Menu"]
    );

    home.person.focus("Pause Picture");
    home.key("Return");
    home.person.see("Resume Picture");
    home.key("Return");
    home.person.see("Pause Picture");
    home.key("F9");
    home.person.see("Bitrate *");
    assert_eq!(home.person.see_nameless(), [""; 0]);
    home.person.tour();
    read_and_copy_statistics(&mut home);
    home.key("F9");
    home.person.miss("Bitrate *");
    wait_until_state(&receiver, "streaming");

    home.key("Alt_L+Left");
    home.person.see(format!("Casting to {TV}").as_str());
    home.person.focus(row(TV));
    home.key("Return");
    home.person.see("Pause Picture");
    home.key("Escape");
    home.person.see("What to cast");
    wait_until_idle(&receiver);
    assert_eq!(home.complaints(), [""; 0]);
    home.quit();
}

/// The arrows read older values, and Escape ends that only; what is copied is what is shown.
fn read_and_copy_statistics(home: &mut Home) {
    let older = named("* seconds ago: Bitrate*").role("image");
    home.person.focus(named("Bitrate *").role("image"));
    home.key("Left");
    home.person.see(older.clone());
    home.key("Escape");
    home.person.miss(older);
    home.person.see(named("Bitrate *").role("image"));

    home.person.focus("Copy as Text");
    home.key("Return");
    wait_until("statistics on the clipboard", START, || {
        let text = home.desktop.clipboard();
        let has = |part: &str| text.contains(part);
        has(&format!("Casting to {TV}\n")) && has("\nBitrate ") && has("\nCodec: ")
    });
}

#[test]
fn the_list_is_walked_by_keys_from_its_first_device_on() {
    let Some(mut home) = Home::new() else {
        return;
    };
    let _bedroom = switch_on(&home.tv, BEDROOM, &["--port", "8010"]);
    let _receiver = home.switch_on(TV);
    home.open();
    home.person.see(row(BEDROOM));
    home.person.see(row(TV));
    home.key("Home");
    home.person.see(row(BEDROOM).state("focused"));
    home.key("Down");
    home.person.see(row(TV).state("focused"));
    home.key("Up");
    home.person.see(row(BEDROOM).state("focused"));
    assert_eq!(
        home.person.tour(),
        [
            "Bedroom",
            "Cast to Bedroom",
            "More for Bedroom",
            "Test TV",
            "Cast to Test TV",
            "More for Test TV",
            "Add by Address…",
            "Main Menu",
            "Screen"
        ]
    );
    home.person.focus("Screen");
    home.key("Right");
    let window = named("Window").below("What to cast");
    home.person.see(window.clone().state("focused"));
    home.key("space");
    home.person.see(window.state("checked"));

    home.key("F10");
    home.person.see(named("Preferences").state("focused"));
    home.key("Down");
    home.person
        .see(named("Keyboard Shortcuts").state("focused"));
    home.key("Escape");
    home.person.miss("Keyboard Shortcuts");
    home.key("Control_L+n");
    home.person
        .see(named("Name or Address").role("text").state("focused"));
    home.key("Escape");
    home.person.miss("Name or Address");

    home.key("Control_L+w");
    wait_until("no window", START, || !home.has_window(TITLE));
    home.wait_for_end();
}
