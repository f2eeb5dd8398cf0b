// SPDX-License-Identifier: GPL-3.0-or-later
//! The dialog that says what this program is, who made it and on what it stands. Input: the troubleshooting report, once
//! it is gathered; output: the dialog.

use adw::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use super::context::Context;
use super::troubleshooting;
use crate::config::{APP_ID, EXTENSION_PAGE, VERSION};
use crate::words;

/// What the program stands on; names stay as they are in every language.
const STANDS_ON: [&str; 6] = [
    "GTK and libadwaita https://www.gtk.org",
    "GStreamer https://gstreamer.freedesktop.org",
    "PipeWire https://pipewire.org",
    "Rustls https://github.com/rustls/rustls",
    "Tokio https://tokio.rs",
    "ashpd https://github.com/bilelmoussaoui/ashpd",
];

/// Facts and numbers that the NOTICE names.
const FACTS_FROM: [&str; 2] = [
    "Open Screen https://chromium.googlesource.com/openscreen",
    "Chromium https://www.chromium.org",
];

/// Shows it above `parent`.
pub fn show(parent: &impl IsA<gtk::Widget>, context: &Context) {
    let dialog = adw::AboutDialog::builder()
        .application_icon(APP_ID)
        .application_name("Telecast")
        .developer_name(words::developers())
        .version(VERSION)
        .comments(words::about_telecast())
        .license_type(gtk::License::Gpl30)
        .copyright(words::copyright())
        .developers([words::developers()])
        .debug_info_filename("telecast.txt")
        .build();
    dialog.add_acknowledgement_section(Some(&words::stands_on()), &STANDS_ON);
    dialog.add_acknowledgement_section(Some(&words::facts_from()), &FACTS_FROM);
    if std::env::var_os("FLATPAK_ID").is_some() {
        // From within the sandbox nothing can be installed into the desktop.
        dialog.add_link(&words::quick_settings_extension(), EXTENSION_PAGE);
    }
    let report = troubleshooting::report(context);
    glib::spawn_future_local(glib::clone!(
        #[weak]
        dialog,
        async move {
            if let Some(report) = report.await {
                dialog.set_debug_info(&report);
            }
        }
    ));
    dialog.present(Some(parent));
}
