// SPDX-License-Identifier: GPL-3.0-or-later
//! Which devices the window casts to, and about which it asks: a receiver that nobody certified, one that suddenly has
//! other keys, and one that a root of the person's has certified.

use std::fs;
use std::path::Path;

use crate::support::accessible::{What, named};
use crate::support::cast::{START, TV};
use crate::support::home::{Home, switch_on, wait_until_idle, wait_until_state};
use crate::support::program::Program;

/// What the window remembers of devices.
const REMEMBERED: &str = "home/.local/state/telecast/trusted-devices.json";
/// The roots that were added in its preferences.
const ROOTS: &str = "home/.local/state/telecast/trusted-roots";

/// The title of the question about the receiver.
fn question() -> What {
    named(&format!("Cast to “{TV}”?"))
}

/// A home whose window asks.
fn careful_home() -> Option<Home> {
    let home = Home::new()?;
    home.set("trust='ask'");
    Some(home)
}

/// Switches a receiver on that proves that it holds keys of its own, kept under `keys`.
fn switch_on_with(home: &Home, keys: &str) -> Program {
    let keys = home.tv.path(keys);
    switch_on(&home.tv, TV, &["--credentials", &keys.to_string_lossy()])
}

fn switch_off(receiver: &mut Program) {
    assert!(receiver.interrupt(START).success());
}

/// What the portal asks on the first cast; later ones need no dialog.
fn share(home: &mut Home, receiver: &Program) {
    home.desktop.press(&["Share"]);
    home.person.see("Stop Casting");
    wait_until_state(receiver, "streaming");
}

fn stop(home: &mut Home, receiver: &Program) {
    home.person.press("Stop Casting");
    wait_until_idle(receiver);
    home.person.see("What to cast");
}

#[test]
fn a_receiver_that_nobody_certified_is_asked_about_once_and_refused_with_other_keys() {
    let Some(mut home) = careful_home() else {
        return;
    };
    let mut receiver = switch_on_with(&home, "keys");
    home.open();

    // No is the default, is not remembered, and needs no explanation.
    home.click_on(TV);
    home.person.see(question());
    home.person.see("Nobody known has certified it.*");
    home.person.see(named("Cancel").state("focused"));
    assert_eq!(home.person.see_nameless(), [""; 0]);
    let stops = home.person.tour();
    for name in ["Cancel", "Cast Anyway"] {
        assert!(stops.iter().any(|stop| stop == name), "{name}: {stops:?}");
    }
    home.key("Escape");
    home.person.see("What to cast");
    home.person.miss(question());
    assert!(!home.person.sees("Try Again"), "it was the person's wish");
    wait_until_idle(&receiver);
    assert!(!home.desktop.path(REMEMBERED).exists());

    home.click_on(TV);
    home.person.press("Cast Anyway");
    share(&mut home, &receiver);
    stop(&mut home, &receiver);
    home.person
        .see("You allowed it. Nobody known has certified it.");
    home.quit();

    // Remembered at the next start.
    home.open();
    home.person
        .see("You allowed it. Nobody known has certified it.");
    home.click_on(TV);
    home.person.see("Stop Casting");
    wait_until_state(&receiver, "streaming");
    stop(&mut home, &receiver);
    switch_off(&mut receiver);

    // Another device in its place, as far as can be known.
    let mut stranger = switch_on_with(&home, "other keys");
    home.person.see(format!("Cast to {TV}").as_str());
    home.click_on(TV);
    home.person
        .see(named("Not the Same Device").role("heading"));
    home.person
        .see(format!("{TV} is another device than before*").as_str());
    home.person.see("Somebody may pretend to be this device.*");
    wait_until_idle(&stranger);

    // Only on purpose.
    home.person.press("Forget This Device…");
    home.person.see(format!("Forget “{TV}”?").as_str());
    assert_eq!(home.person.see_nameless(), [""; 0]);
    assert_eq!(home.person.tour().len(), 2, "no and yes");
    home.key("Escape");
    home.person.miss(format!("Forget “{TV}”?").as_str());
    home.person.press("Forget This Device…");
    home.person.press("Forget and Cast");
    home.person.see(question());
    home.person.press("Cast Anyway");
    home.person.see("Stop Casting");
    wait_until_state(&stranger, "streaming");
    stop(&mut home, &stranger);
    switch_off(&mut stranger);
    assert_eq!(home.complaints(), [""; 0]);
    home.quit();
}

#[test]
fn a_receiver_of_a_root_that_was_added_is_cast_to_without_a_question() {
    let Some(mut home) = careful_home() else {
        return;
    };
    let receiver = switch_on_with(&home, "keys");
    let roots = home.desktop.path(ROOTS);
    fs::create_dir_all(&roots).unwrap();
    copy(&home.tv.path("keys/root.crt"), &roots.join("workshop.crt"));
    home.open();
    home.click_on(TV);
    share(&mut home, &receiver);
    stop(&mut home, &receiver);
    home.person.see("It is certified by a root that you added.");

    assert_eq!(home.complaints(), [""; 0]);

    // Without the root it is less than before, which is no question.
    home.key("Control_L+comma");
    home.person.press(named("Trust").role("page tab"));
    home.person.press("Forget Telecast Developer Root");
    home.person.miss("Forget Telecast Developer Root");
    assert_eq!(home.person.see_nameless(), [""; 0]);
    home.person
        .press(named("Close").role("button").below("Preferences"));
    home.person.miss("Your Roots");
    home.click_on(TV);
    home.person
        .see(named("Not the Same Device").role("heading"));
    home.person
        .see(format!("{TV} was a certified device before*").as_str());
    assert!(!home.person.sees(question()));
    home.person.press("Choose Another Device");
    home.person.see("What to cast");
    home.quit();
}

fn copy(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap();
}
