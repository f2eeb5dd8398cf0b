// SPDX-License-Identifier: GPL-3.0-or-later
//! The list of devices: nothing there, devices that come and go, devices that are found by their address only.

use crate::support::accessible::{What, named};
use crate::support::cast::{START, TV};
use crate::support::home::{ADDRESS, Home, cast_button, wait_until_idle};

/// The entry of the dialog.
fn address() -> What {
    named("Name or Address").role("text")
}

#[test]
fn devices_come_and_go_and_used_ones_stay_known() {
    let Some(mut home) = Home::new() else {
        return;
    };
    home.open();
    home.person.see("No Devices Found");
    home.person.see("Things to Check");
    assert_eq!(home.person.see_nameless(), [""; 0]);

    let mut receiver = home.switch_on(TV);
    home.person.see(cast_button(TV));
    home.person.miss("No Devices Found");

    assert!(receiver.interrupt(START).success());
    home.person.miss(cast_button(TV));

    // One that was used is known when it is away, at the next start too, and usable as soon as it is found.
    let mut receiver = home.switch_on(TV);
    home.cast_to(TV, &["Share"]);
    home.person.press("Stop Casting");
    wait_until_idle(&receiver);
    assert!(receiver.interrupt(START).success());
    home.person.see("Not available, last seen today");
    home.quit();
    home.open();
    home.person.see("Not available, last seen today");
    let _receiver = home.switch_on(TV);
    home.person.see(cast_button(TV));
    assert_eq!(home.complaints(), [""; 0]);
    home.quit();
}

#[test]
fn a_device_that_is_not_found_is_added_by_its_address_and_forgotten_again() {
    let Some(mut home) = Home::new() else {
        return;
    };
    home.network.block_discovery();
    let receiver = home.switch_on(TV);
    home.open();
    home.person.see("No Devices Found");
    home.person.press(named("Add by Address…"));
    home.person.write(address(), "192.168.1.");
    home.person.see("An address looks like*");
    home.person.see(named("Add").without("sensitive"));
    home.person.write(address(), ADDRESS);
    home.person.press(named("Add").state("sensitive"));

    home.cast_to(ADDRESS, &["Share"]);
    home.person.press("Stop Casting");
    wait_until_idle(&receiver);
    // It has said what it is called.
    home.person.see(cast_button(TV));
    home.quit();

    home.open();
    home.person.see(cast_button(TV));
    home.person.see("Added by Address");
    assert!(!home.person.sees(cast_button(ADDRESS)));
    home.person
        .press(named(&format!("More for {TV}")).role("toggle button"));
    home.person
        .press(named("Forget").role("menu item").state("sensitive"));
    home.person.miss(cast_button(TV));
    home.quit();

    home.open();
    home.person.see("No Devices Found");
    home.quit();
}
