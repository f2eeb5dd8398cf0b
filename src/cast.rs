// SPDX-License-Identifier: GPL-3.0-or-later
//! The Cast protocol, both directions, sans-IO: every byte and every rule of it.
//!
//! Nothing in here reads a clock, draws randomness, opens a socket, spawns, or logs a secret. Time is an argument
//! (`now: Instant`), and so is everything random. Each core has two verbs, `handle(now, Input)` and
//! `poll(now) -> Option<Output>`; after each `handle`, `poll` is drained until it returns `None`.

pub mod answer;
pub mod auth;
pub mod bitstream;
pub mod channel;
pub mod codec;
pub mod congestion;
pub mod control;
pub mod crypto;
pub mod error_code;
pub mod expand;
pub mod frame;
pub(crate) mod json;
pub mod keys;
pub mod latency;
pub mod ntp;
pub mod offer;
pub mod pacer;
pub mod picture;
pub mod receiver;
pub mod rtcp;
pub mod rtp;
pub mod sender;
pub mod stats;
