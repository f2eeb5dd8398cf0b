// SPDX-License-Identifier: GPL-3.0-or-later
//! The window without a pointer, and as a screen reader finds it.

use crate::support::accessible::named;
use crate::support::cast::TV;
use crate::support::home::{Home, wait_until_idle, wait_until_state};

#[test]
fn a_cast_needs_only_the_keyboard_and_everything_has_a_name() {
    let Some(mut home) = Home::new() else {
        return;
    };
    let receiver = home.switch_on(TV);
    home.open();
    home.person
        .see(named(TV).role("list item").state("focused"));
    assert_eq!(home.person.see_nameless(), [""; 0]);

    home.key("Control_L+n");
    home.person
        .see(named("Name or Address").role("text").state("focused"));
    assert_eq!(home.person.see_nameless(), [""; 0]);
    home.key("Escape");
    home.person.miss("Name or Address");
    home.key("F10");
    home.person.see("Preferences");
    assert_eq!(home.person.see_nameless(), [""; 0]);
    home.key("Escape");
    home.person.miss("Preferences");
    home.key("Control_L+question");
    home.person.see("Show or Hide Statistics");
    home.key("Escape");
    home.person.miss("Show or Hide Statistics");

    home.person.focus(named(TV).role("list item"));
    home.key("Return");
    home.desktop.press(&["Share"]);
    home.person.see(named("Pause Picture").state("focused"));
    assert_eq!(home.person.see_nameless(), [""; 0]);
    home.key("Return");
    home.person.see("Resume Picture");
    home.key("Return");
    home.person.see("Pause Picture");
    home.key("F9");
    home.person.see("Bitrate *");
    assert_eq!(home.person.see_nameless(), [""; 0]);
    home.key("F9");
    home.person.miss("Bitrate *");
    wait_until_state(&receiver, "streaming");

    home.key("Alt_L+Left");
    home.person.see(format!("Casting to {TV}").as_str());
    home.key("Return");
    home.person.see("Pause Picture");
    home.key("Escape");
    home.person.see("What to cast");
    wait_until_idle(&receiver);
    home.quit();
}
