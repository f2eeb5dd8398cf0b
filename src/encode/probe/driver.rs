// SPDX-License-Identifier: GPL-3.0-or-later
//! What an encoder depends on, as one text: when it changes, the encoder is to be proven again.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::encode::profile::Profile;

/// Folders of the VA-API drivers, by distribution.
const DRIVER_FOLDERS: [&str; 5] = [
    "/usr/lib/x86_64-linux-gnu/dri",
    "/usr/lib/aarch64-linux-gnu/dri",
    "/usr/lib64/dri",
    "/usr/lib/dri",
    "/usr/lib/x86_64-linux-gnu/GL/lib/dri",
];

/// Element, version of its plugin, our profile and, for hardware, the drivers. `None` when the element is not installed.
pub(super) fn identity(profile: &Profile) -> Option<String> {
    let factory = gst::ElementFactory::find(&profile.element)?;
    let version = factory
        .plugin()
        .map(|plugin| plugin.version().to_string())
        .unwrap_or_default();
    let software = format!("{version} {:016x}", hash(format!("{profile:?}").as_bytes()));
    if !profile.hardware {
        return Some(software);
    }
    let long_name = factory.metadata("long-name").unwrap_or_default();
    Some(format!(
        "{software} {long_name} {:016x}",
        hash(drivers().as_bytes())
    ))
}

/// The kernel, the GPUs and the driver files.
fn drivers() -> String {
    let mut text = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    for device in entries(Path::new("/sys/class/drm")) {
        if !device.contains("renderD") {
            continue;
        }
        if let Ok(event) = fs::read_to_string(Path::new(&device).join("device/uevent")) {
            text.push_str(&event);
        }
    }
    for folder in DRIVER_FOLDERS {
        for file in entries(Path::new(folder)) {
            if let Ok(data) = fs::metadata(&file) {
                for part in [file, data.len().to_string(), data.mtime().to_string()] {
                    text.push_str(&part);
                    text.push(' ');
                }
            }
        }
    }
    text
}

fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().to_string_lossy().into_owned())
        .collect();
    names.sort_unstable();
    names
}

/// FNV-1a, 64 bits: the same in every version of this program, unlike the standard library's.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
