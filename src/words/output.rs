// SPDX-License-Identifier: GPL-3.0-or-later
//! What goes wrong around a command and has nothing to do with a device: what happened and what to do, in one line each.

use std::io;
use std::path::Path;

use gettextrs::gettext;

use super::fill;

/// Standard output takes nothing more.
pub fn output_failed(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return gettext(
            "Nobody reads the output any more, so this ends. Let its reader run on, or send the output to a file.",
        );
    }
    fill(
        "The output cannot be written: {problem}. Check where it goes; is the disk full?",
        &[("problem", &error.to_string())],
    )
}

/// The last picture cannot be kept.
pub fn snapshot_failed(file: &Path, problem: &str) -> String {
    fill(
        "The picture cannot be written to {file}: {problem}. Choose another file with --snapshot.",
        &[("file", &file.to_string_lossy()), ("problem", problem)],
    )
}

/// Devices cannot be looked for.
pub fn search_failed(problem: &str) -> String {
    fill(
        "The network cannot be searched: {problem}. Check that this computer is connected to a network.",
        &[("problem", problem)],
    )
}

/// The system refuses something that every program needs.
pub fn system_failed(error: &io::Error) -> String {
    fill(
        "The system says: {problem}. End other programs and try again.",
        &[("problem", &error.to_string())],
    )
}

/// A window was asked for where there is no display.
pub fn no_display() -> String {
    gettext(
        "There is no display to open a window on. Run this in a graphical session, or set WAYLAND_DISPLAY.",
    )
}

/// The window cannot be made, although there is a display.
pub fn no_window(problem: &impl std::fmt::Display) -> String {
    fill(
        "The window cannot be opened: {problem}. Install Telecast again.",
        &[("problem", &problem.to_string())],
    )
}
