// SPDX-License-Identifier: GPL-3.0-or-later
//! The protocol core from outside: vectors, recorded sessions, simulated links. No sockets, no clock, no GStreamer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the exemption for tests does not reach the functions beside them"
)]

mod answers;
mod auth;
mod bitstream;
mod cast_message;
#[path = "../support/certificates.rs"]
mod certificates;
mod channel_client;
mod channel_pair;
mod channel_parsers;
mod channel_platform;
mod channel_properties;
mod channel_recordings;
mod clocks;
mod connection;
mod deviations;
mod expansion;
mod frame_crypto;
mod long_run;
#[path = "../netsim/netsim.rs"]
mod netsim;
mod netsim_metrics;
mod netsim_models;
mod networks;
mod ntp;
mod offers;
mod over_a_link;
mod receiver;
#[path = "../support/recording.rs"]
mod recording;
mod recordings;
mod repair;
mod rtcp;
mod rtp;
mod sender_properties;
mod sender_replay;
#[path = "../support/skipping.rs"]
mod skipping;
mod support;
mod wraps;
