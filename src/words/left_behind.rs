// SPDX-License-Identifier: GPL-3.0-or-later
//! Casts that were cut off and that their devices still show, in words.

use super::fill;

/// That there is one, above the list of devices.
pub fn left_behind(device: &str) -> String {
    fill(
        "A cast that was cut off is still on {device}",
        &[("device", device)],
    )
}

/// The same on a terminal, and what to do about it.
pub fn left_behind_line(device: &str) -> String {
    fill(
        "A cast that was cut off is still on {device}. To end it: telecast stop “{device}”",
        &[("device", device)],
    )
}

/// It was asked to end, and did not.
pub fn still_there(device: &str) -> String {
    fill(
        "{device} did not end the cast. Try again, or restart the device.",
        &[("device", device)],
    )
}
