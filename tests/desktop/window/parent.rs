// SPDX-License-Identifier: GPL-3.0-or-later
//! The desktop's dialog belongs to the window from which it was asked for.

use crate::support::accessible::named;
use crate::support::cast::{START, TV};
use crate::support::home::{Home, TITLE, wait_until_idle, wait_until_state};
use crate::support::wait_until;

/// What a window of the dialog is a dialog of.
const PORTAL: &str = "xdg-desktop-portal-gnome";

#[test]
fn the_desktops_dialog_stands_above_the_window_that_asked_for_it() {
    let Some(mut home) = Home::new() else {
        return;
    };
    let receiver = home.switch_on(TV);
    home.open();
    home.click_on(TV);
    wait_for_dialog_above_the_window(&home);
    home.desktop.press(&["Cancel"]);
    home.person.see("What to cast");

    // Hidden while it casts, the window loses its name, and has another when it comes back.
    home.cast_to(TV, &["Share"]);
    wait_until_state(&receiver, "streaming");
    home.key("Control_L+w");
    home.person.press("Keep Casting");
    wait_until("no window", START, || !home.has_window(TITLE));
    home.start_again(&[]);
    home.person.press("Stop Casting");
    wait_until_idle(&receiver);
    home.person.press(named("Window").below("What to cast"));
    home.click_on(TV);
    wait_for_dialog_above_the_window(&home);
    home.desktop.press(&["Cancel"]);
    home.person.see("What to cast");
    assert_eq!(home.complaints(), [""; 0]);
    home.quit();
}

fn wait_for_dialog_above_the_window(home: &Home) {
    wait_until("a dialog that belongs to the window", START, || {
        let windows = home.desktop.windows();
        windows
            .iter()
            .any(|window| window["app"] == PORTAL && window["above"] == TITLE)
    });
}
