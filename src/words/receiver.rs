// SPDX-License-Identifier: GPL-3.0-or-later
//! Why this computer cannot be a receiver, and what to do about it.

use gettextrs::gettext;

use super::fill;
use crate::engine::{ListenError, ReceiverError};

/// Why the receiver does not start and what to do, in one line.
pub fn receiver_failed(error: &ReceiverError) -> String {
    match error {
        ReceiverError::Listen(ListenError::PortInUse(port)) => fill(
            "Another program uses the port {port}. End it, or choose another port with --port (0 takes any free one).",
            &[("port", &port.to_string())],
        ),
        ReceiverError::Listen(ListenError::NotPermitted(port)) => fill(
            "The port {port} needs a privilege. Choose one above 1023 with --port.",
            &[("port", &port.to_string())],
        ),
        ReceiverError::Listen(ListenError::NotLocal(address)) => fill(
            "{address} is not an address of this computer. See “ip address” for those that are.",
            &[("address", &address.to_string())],
        ),
        ReceiverError::NoDecoder => gettext(
            "No video decoder is installed. Install GStreamer's “good” plug-ins or its plug-in for libav.",
        ),
        ReceiverError::Unnamed => gettext("The receiver needs a name. Give one with --name."),
        other => fill(
            "The receiver cannot start: {problem}. See --log for details.",
            &[("problem", &other.to_string())],
        ),
    }
}
