// SPDX-License-Identifier: GPL-3.0-or-later
//! The payloads of the control channel, one family per file: text in, typed message out, and back.
//!
//! Reading is tolerant where devices are known to vary (unknown keys, strange optional fields) and strict where the
//! protocol needs a value. `None` means: not a message of this family, to be ignored.

pub mod connection;
pub mod discovery;
pub mod heartbeat;
pub mod platform;
pub mod setup;
pub mod status;
pub mod streaming;
