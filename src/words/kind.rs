// SPDX-License-Identifier: GPL-3.0-or-later
//! Sentences that name the device by what it is: one of four, by its [`DeviceKind`].

use crate::engine::DeviceKind;

/// The text for this kind of device, not translated yet: of those for a TV, a smart display, a speaker, and several
/// speakers that play together.
pub(super) fn for_kind(kind: DeviceKind, [tv, display, speaker, group]: [&str; 4]) -> &str {
    match kind {
        DeviceKind::Tv => tv,
        DeviceKind::Display => display,
        DeviceKind::Speaker => speaker,
        DeviceKind::Group => group,
    }
}
