// SPDX-License-Identifier: GPL-3.0-or-later
//! The control channel: everything that travels over the TLS connection, both sides.
//!
//! ```text
//!  sender                                                  receiver
//!  session ─Command─▶ client ─bytes─▶ TLS ─bytes─▶ framing ─CastMessage─▶ platform ─Event─▶ embedder
//!          ◀─Event──         ◀─bytes─     ◀─bytes─         ◀─CastMessage─          ◀─Command─
//! ```
//! [`client`] is one connection of a sender, [`platform`] all connections of a receiver. Both stand on [`framing`], which
//! cuts bytes into [`message`]s, and on [`messages`], which gives their payloads types. Never opens a connection, never
//! reads a clock, and shows no key: messages appear in `Debug` output by their size only.

pub mod client;
pub mod framing;
pub mod message;
pub mod messages;
pub mod namespace;
pub mod platform;
pub mod proto;
