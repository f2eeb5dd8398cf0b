// SPDX-License-Identifier: GPL-3.0-or-later
//! Tests with real sockets: TLS, discovery, whole sessions. Loopback only, each bounded in time.
#![cfg(not(cast_alone))]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the exemption for tests does not reach the functions beside them"
)]

mod aac;
mod authentication;
mod cli;
mod connect;
mod discovery;
mod engine;
#[path = "../support/home.rs"]
mod home;
#[path = "../links/links.rs"]
mod links;
mod netns;
mod over_links;
mod permission;
#[path = "../support/pipewire.rs"]
mod pipewire;
mod receive;
#[path = "../support/recording.rs"]
mod recording;
mod sender;
mod session;
#[path = "../support/skipping.rs"]
mod skipping;
mod tls;
mod whole;
