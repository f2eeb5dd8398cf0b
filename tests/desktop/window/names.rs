// SPDX-License-Identifier: GPL-3.0-or-later
//! Everything that a person uses has a name, in the dialogs too; `keyboard` and `errors` look at the pages of a cast.

use crate::support::accessible::named;
use crate::support::cast::{START, TV};
use crate::support::home::Home;
use crate::support::wait_until;

#[test]
fn all_dialogs_are_reached_by_keys_and_everything_in_them_has_a_name() {
    let Some(mut home) = Home::new() else {
        return;
    };
    let _receiver = home.switch_on(TV);
    home.open();
    home.person.see(named(TV).role("list item"));
    assert_eq!(home.person.see_nameless(), [""; 0]);

    home.key("Control_L+n");
    look_through(&mut home, "Add by Address", "alert");
    home.key("Control_L+comma");
    look_through(&mut home, "Preferences", "dialog");
    home.key("Control_L+comma");
    home.person.press(named("Network").role("page tab"));
    home.person.see("Fixed Ports");
    look_through(&mut home, "Preferences", "dialog");
    home.key("Control_L+question");
    look_through(&mut home, "Keyboard Shortcuts", "dialog");

    open_from_menu(&mut home, "Troubleshooting");
    copy_the_report(&mut home);
    look_through(&mut home, "Troubleshooting", "dialog");
    open_from_menu(&mut home, "About Telecast");
    look_through(&mut home, "About", "dialog");
    assert_eq!(home.complaints(), [""; 0]);
    home.quit();
}

fn open_from_menu(home: &mut Home, item: &str) {
    home.key("F10");
    assert_eq!(home.person.see_nameless(), [""; 0]);
    home.person.press(named(item).role("menu item"));
}

/// Return copies it as soon as it is there. It names nothing that is somebody's.
fn copy_the_report(home: &mut Home) {
    home.person.see("Troubleshooting Report");
    home.key("Return");
    let mut report = String::new();
    wait_until("the report on the clipboard", START, || {
        report = home.desktop.clipboard();
        report.starts_with("Telecast ") && report.contains("\nEncoders\n")
    });
    for own in [TV, "10.77.0."] {
        assert!(!report.contains(own), "{own} in {report}");
    }
    // Escape would take what says so away first, if the walk ended there.
    home.person.miss("Copied to clipboard");
}

/// Looks at all of a dialog, by Tab too, and closes it.
fn look_through(home: &mut Home, dialog: &str, role: &str) {
    let dialog = named(dialog).role(role);
    home.person.see(dialog.clone());
    assert_eq!(home.person.see_nameless(), [""; 0], "{dialog:?}");
    assert!(!home.person.tour().is_empty(), "{dialog:?}");
    home.key("Escape");
    home.person.miss(dialog);
}
