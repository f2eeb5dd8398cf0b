// SPDX-License-Identifier: GPL-3.0-or-later
//! What a session is doing, in a few words.

use gettextrs::gettext;

use super::fill;
use crate::engine::{SessionState, Trouble};

/// The state in a few words, for a status line.
pub fn describe(state: &SessionState) -> String {
    match state {
        SessionState::Connecting => gettext("Connecting"),
        SessionState::Authenticating => gettext("Checking the device"),
        SessionState::Launching => gettext("Starting the app on the TV"),
        SessionState::ConfirmOnTv => gettext("Confirm on the TV"),
        SessionState::Negotiating => gettext("Agreeing on picture and sound"),
        SessionState::Streaming(_) => gettext("Casting"),
        SessionState::Recovering(_, Trouble::NoFeedback) => gettext("Waiting for the TV to answer"),
        SessionState::Recovering(_, Trouble::NextCodec) => gettext("Trying another video format"),
        SessionState::Recovering(_, Trouble::SmallerPackets) => {
            gettext("Trying smaller packets, because the network loses large ones")
        }
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
