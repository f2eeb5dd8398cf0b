// SPDX-License-Identifier: GPL-3.0-or-later
//! The menu of a device in the list.

use crate::support::accessible::{What, named};
use crate::support::cast::TV;
use crate::support::home::{ADDRESS, Home, cast_button, wait_until_idle, wait_until_state};

/// An item of the menu that is open.
fn item(name: &str) -> What {
    named(name).role("menu item")
}

#[test]
fn a_device_shows_its_details_takes_sound_alone_and_is_forgotten_and_taken_back() {
    let Some(mut home) = Home::new() else {
        return;
    };
    home.network.block_discovery();
    let receiver = home.switch_on(TV);
    home.open();
    home.key("Control_L+n");
    home.person
        .write(named("Name or Address").role("text"), ADDRESS);
    home.person.press(named("Add").state("sensitive"));
    home.person.see(cast_button(ADDRESS));

    open_menu(&mut home, ADDRESS);
    assert_eq!(home.person.see_nameless(), [""; 0]);
    home.person.press(item("Details"));
    home.person.see(named("Device Details").role("dialog"));
    let addresses = home.person.see(named("Addresses").role("list item"));
    let told = addresses["description"].as_str().unwrap();
    assert!(told.contains(ADDRESS), "{told}");
    assert_eq!(home.person.see_nameless(), [""; 0]);
    home.key("Escape");
    home.person.miss("Device Details");

    // No dialog: there is nothing to choose.
    open_menu(&mut home, ADDRESS);
    home.person.press(item("Sound Only"));
    home.person.see("Stop Casting");
    wait_until_state(&receiver, "streaming");
    assert!(!home.person.sees("Pause Picture"), "there is none");
    home.person.press("Stop Casting");
    wait_until_idle(&receiver);
    home.person.see(cast_button(TV));
    think_better_of_forgetting_all(&mut home);

    open_menu(&mut home, TV);
    home.person.press(item("Forget").state("sensitive"));
    home.person.miss(cast_button(TV));
    home.person.press("Undo");
    home.person.see(cast_button(TV));
    open_menu(&mut home, TV);
    home.person.press(item("Forget").state("sensitive"));
    home.person.miss(cast_button(TV));
    assert_eq!(home.complaints(), [""; 0]);
    home.quit();

    home.open();
    home.person.see("No Devices Found");
    home.quit();
}

fn open_menu(home: &mut Home, device: &str) {
    let button = named(&format!("More for {device}")).role("toggle button");
    home.person.press(button);
    home.person.see(item("Details"));
}

/// The preferences ask before all devices are forgotten, and no is the default.
fn think_better_of_forgetting_all(home: &mut Home) {
    home.key("Control_L+comma");
    home.person.press(named("Network").role("page tab"));
    home.person
        .press(named("Forget All Devices…").state("sensitive"));
    home.person.see(named("Forget All Devices?").role("alert"));
    home.person.see(named("Cancel").state("focused"));
    assert_eq!(home.person.see_nameless(), [""; 0]);
    assert_eq!(home.person.tour().len(), 2, "no and yes");
    home.key("Escape");
    home.person.miss(named("Forget All Devices?").role("alert"));
    home.key("Escape");
    home.person.miss(named("Preferences").role("dialog"));
}
