// SPDX-License-Identifier: GPL-3.0-or-later
//! Everything that a person uses has a name, in the dialogs too; `keyboard` and `errors` look at the pages of a cast.

use crate::support::accessible::named;
use crate::support::cast::TV;
use crate::support::home::Home;

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

    for (item, dialog) in [
        ("Troubleshooting", "Troubleshooting"),
        ("About Telecast", "About"),
    ] {
        home.key("F10");
        assert_eq!(home.person.see_nameless(), [""; 0]);
        home.person.press(named(item).role("menu item"));
        look_through(&mut home, dialog, "dialog");
    }
    assert_eq!(home.complaints(), [""; 0]);
    home.quit();
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
