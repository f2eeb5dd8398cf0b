// SPDX-License-Identifier: GPL-3.0-or-later
//! The protobuf messages of `proto/`, as `prost` makes them. Everything else uses the typed wrappers beside this file.

#![allow(
    missing_docs,
    clippy::pedantic,
    reason = "generated code: what it lacks depends on the generator's version"
)]

/// `CastMessage`: one message of the control channel.
pub mod channel {
    include!(concat!(env!("OUT_DIR"), "/telecast.channel.rs"));
}

/// `DeviceAuthMessage` and its parts.
pub mod auth {
    include!(concat!(env!("OUT_DIR"), "/telecast.auth.rs"));
}

/// `CrlBundle` and its parts.
pub mod revocation {
    include!(concat!(env!("OUT_DIR"), "/telecast.revocation.rs"));
}
