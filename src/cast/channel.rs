// SPDX-License-Identifier: GPL-3.0-or-later
//! The control channel: everything that travels over the TLS connection, both sides.
//!
//! [`framing`] cuts bytes into [`message`]s, [`messages`] gives their payloads types. Never opens a connection and never
//! reads a clock.

pub mod client;
pub mod framing;
pub mod message;
pub mod messages;
pub mod namespace;
pub mod platform;
pub mod proto;
