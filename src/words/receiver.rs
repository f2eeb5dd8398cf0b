// SPDX-License-Identifier: GPL-3.0-or-later
//! Why this computer cannot be a receiver, and what to do about it.

use gettextrs::gettext;

use std::net::SocketAddr;

use super::fill;
use crate::engine::{CredentialsError, ListenError, ReceiverError};

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
        ReceiverError::Credentials(error) => credentials_failed(error),
        ReceiverError::Unnamed => gettext("The receiver needs a name. Give one with --name."),
        ReceiverError::Advertise(error) => fill(
            "The receiver cannot be announced: {problem}. Check that this computer is connected to a network.",
            &[("problem", &error.to_string())],
        ),
        other => fill(
            "The receiver cannot start: {problem}. Try again; if it happens again, report it with what “telecast -v” says.",
            &[("problem", &other.to_string())],
        ),
    }
}

fn credentials_failed(error: &CredentialsError) -> String {
    match error {
        CredentialsError::Read { file, problem } => fill(
            "{file} cannot be read: {problem}. Choose another folder with --credentials.",
            &[
                ("file", &file.display().to_string()),
                ("problem", &problem.to_string()),
            ],
        ),
        CredentialsError::Write { file, problem } => fill(
            "{file} cannot be written: {problem}. Choose another folder with --credentials.",
            &[
                ("file", &file.display().to_string()),
                ("problem", &problem.to_string()),
            ],
        ),
        CredentialsError::NotAKey(file) => fill(
            "{file} is not an RSA key in PEM. Put the right file there, or remove it: then a new key is made.",
            &[("file", &file.display().to_string())],
        ),
        CredentialsError::RootWithoutKey(file) => fill(
            "{file} has no key, or another one. Put the right root.key beside it, or remove both: then a new root is made.",
            &[("file", &file.display().to_string())],
        ),
        CredentialsError::NotARoot { file, problem } => fill(
            "{file} cannot issue certificates: {problem}. Remove it and root.key: then a new root is made.",
            &[
                ("file", &file.display().to_string()),
                ("problem", &problem.to_string()),
            ],
        ),
        other => fill(
            "The credentials cannot be made: {problem}. Choose an empty folder with --credentials.",
            &[("problem", &other.to_string())],
        ),
    }
}

/// Under which name and address the receiver waits. The port is the last word: scripts read it.
pub fn listening(name: &str, address: SocketAddr) -> String {
    fill(
        "“{name}” is ready. Listening on {address}",
        &[("name", name), ("address", &address.to_string())],
    )
}

/// The receiver is over although nobody ended it.
pub fn receiver_ended() -> String {
    gettext("The receiver has ended by itself. Start it again; “telecast -v” shows what happens.")
}
