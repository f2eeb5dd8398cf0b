// SPDX-License-Identifier: GPL-3.0-or-later
//! What a session is doing, in a few words.

use gettextrs::gettext;

use super::kind::for_kind;
use super::{fill, reconnecting};
use crate::engine::{DeviceKind, SessionState, Trouble};

/// The state of a session with a device of this kind in a few words, for a status line.
pub fn describe(state: &SessionState, kind: DeviceKind) -> String {
    let by_kind = |texts| gettext(for_kind(kind, texts));
    match state {
        SessionState::Connecting => gettext("Connecting"),
        SessionState::Authenticating => gettext("Checking the device"),
        SessionState::Preparing => gettext("Preparing what is cast"),
        SessionState::Launching => by_kind([
            "Starting the app on the TV",
            "Starting the app on the display",
            "Starting the app on the speaker",
            "Starting the app on the speakers",
        ]),
        SessionState::ConfirmOnTv => by_kind([
            "Confirm on the TV",
            "Confirm on the display",
            "Confirm on the speaker",
            "Confirm on the speakers",
        ]),
        SessionState::Negotiating => gettext("Agreeing on picture and sound"),
        SessionState::Streaming(_) => gettext("Casting"),
        SessionState::Recovering(_, Trouble::NoFeedback) => by_kind([
            "Waiting for the TV to answer",
            "Waiting for the display to answer",
            "Waiting for the speaker to answer",
            "Waiting for the speakers to answer",
        ]),
        SessionState::Recovering(_, Trouble::NextCodec) => gettext("Trying another video format"),
        SessionState::Recovering(_, Trouble::SmallerPackets) => {
            gettext("Trying smaller packets, because the network loses large ones")
        }
        SessionState::Reconnecting(absence) => reconnecting::describe(absence.why, kind),
        SessionState::Stopping(_) => gettext("Stopping"),
        SessionState::Ended(_) => gettext("Ended"),
    }
}

/// What the list of devices says when it is empty.
pub fn no_devices() -> String {
    gettext("No Cast devices found. Are the device and this computer in the same network?")
}

/// What the receiver's window says while nobody casts.
pub fn ready_to_receive() -> String {
    gettext("Ready. Choose this name in the list of Cast devices on another computer or phone.")
}

/// What the receiver's picture is, for those who do not see it.
pub fn picture_of(receiver: &str) -> String {
    fill("What is cast to {name}", &[("name", receiver)])
}

/// The title of the test card's window.
pub fn test_card_title() -> String {
    gettext("Telecast Test Card")
}

/// What the test card is, for those who do not see it.
pub fn test_card() -> String {
    gettext("Test card")
}
