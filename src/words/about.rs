// SPDX-License-Identifier: GPL-3.0-or-later
//! What the program says of itself.

use gettextrs::gettext;

/// Who made it.
pub fn developers() -> String {
    gettext("The Telecast project")
}

/// What it is for.
pub fn about_telecast() -> String {
    gettext("Put your screen on the TV")
}

/// Whose it is.
pub fn copyright() -> String {
    gettext("© The Telecast authors")
}

/// Heading of the projects whose software it uses.
pub fn stands_on() -> String {
    gettext("Stands On")
}

/// Heading of the projects that facts about the protocol were taken from.
pub fn facts_from() -> String {
    gettext("Facts About Cast From")
}

/// Something is on the clipboard now.
pub fn copied() -> String {
    gettext("Copied to clipboard")
}

/// The extension for the desktop, where it is not installed along with the program.
pub fn quick_settings_extension() -> String {
    gettext("Extension for GNOME Quick Settings")
}
