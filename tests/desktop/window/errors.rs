// SPDX-License-Identifier: GPL-3.0-or-later
//! What the window says when a cast ends otherwise than the person wanted, and what it does not say.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::support::accessible::named;
use crate::support::cast::TV;
use crate::support::home::{Home, wait_until_idle, wait_until_state};

/// Where GStreamer's plugins are.
const PLUGINS: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/gstreamer-1.0",
    "/usr/lib64/gstreamer-1.0",
];
/// Files with video encoders begin so.
const ENCODERS: [&str; 11] = [
    "libgstvpx",
    "libgstx264",
    "libgstx265",
    "libgstopenh264",
    "libgstaom",
    "libgstsvtav1",
    "libgstrav1e",
    "libgstrsav1",
    "libgstva",
    "libgstnvcodec",
    "libgstv4l2",
];

#[test]
fn who_cancels_the_dialog_is_told_nothing_and_sharing_that_was_ended_is_told_until_seen() {
    let Some(mut home) = Home::new() else {
        return;
    };
    let receiver = home.switch_on(TV);
    home.open();

    home.click_on(TV);
    home.desktop.press(&["Cancel"]);
    home.person.see("What to cast");
    home.person.miss("Cancel");
    assert!(!home.person.sees("Try Again"), "it was the person's wish");
    wait_until_idle(&receiver);
    assert_eq!(home.complaints(), [""; 0]);

    home.cast_to(TV, &["Share"]);
    wait_until_state(&receiver, "streaming");
    home.revoke_sharing();
    home.person.see("Casting Ended");
    home.person.see("Sharing was ended by the desktop.");
    home.person.see("Your screen is no longer shared.");
    home.person.see(named("Try Again").state("focused"));
    assert_eq!(home.person.see_nameless(), [""; 0]);
    home.person.tour();

    wait_until_idle(&receiver);
    // The screen was shared before: no dialog.
    home.person.press("Try Again");
    home.person.see("Stop Casting");
    wait_until_state(&receiver, "streaming");
    home.key("Escape");
    home.person.see("What to cast");
    wait_until_idle(&receiver);
    home.quit();
}

#[test]
fn without_an_encoder_the_window_says_what_to_install() {
    let Some(mut home) = Home::new() else {
        return;
    };
    let receiver = home.switch_on(TV);
    let plugins = plugins_without_encoders(&home.desktop.path("plugins"));
    let registry = home.desktop.path("registry.bin");
    home.open_with(&[
        ("GST_PLUGIN_SYSTEM_PATH_1_0", &plugins.to_string_lossy()),
        ("GST_REGISTRY_1_0", &registry.to_string_lossy()),
    ]);
    home.click_on(TV);
    home.person.see(named("No Video Encoder").role("heading"));
    home.person.see("Install GStreamer's*");
    home.person.see("Try Again");
    wait_until_idle(&receiver);
    home.quit();
}

/// A folder with links to all plugins but those that encode video.
fn plugins_without_encoders(folder: &Path) -> PathBuf {
    fs::create_dir(folder).unwrap();
    let places = PLUGINS.iter().filter_map(|place| fs::read_dir(place).ok());
    for entry in places.flatten() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if !ENCODERS.iter().any(|encoder| name.starts_with(encoder)) {
            symlink(entry.path(), folder.join(name)).unwrap();
        }
    }
    folder.to_owned()
}
