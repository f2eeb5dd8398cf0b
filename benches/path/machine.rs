// SPDX-License-Identifier: GPL-3.0-or-later
//! What the figures were measured on.

use std::fs;

/// One line: processor, renderer, how busy the machine is by itself.
pub fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?");
    format!(
        "{}, {cores} cores, renderer: {}, load before: {load}",
        processor(),
        renderer(),
    )
}

fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    info.lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown processor", |rest| {
            rest.trim_start_matches([' ', '\t', ':'])
        })
        .to_owned()
}

/// GTK's for the window: the program asks for Cairo where there is no device to render with.
fn renderer() -> &'static str {
    let mut devices = fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    if devices.any(|device| device.file_name().to_string_lossy().starts_with("render")) {
        "GPU"
    } else {
        "Cairo"
    }
}
