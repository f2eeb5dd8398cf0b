// SPDX-License-Identifier: GPL-3.0-or-later
//! The engine on a real session bus: each test has a `dbus-daemon` of its own, the program as a child, and where something
//! is cast a receiver of ours on loopback. Each is bounded in time.
#![cfg(not(cast_alone))]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the exemption for tests does not reach the functions beside them"
)]

mod casts;
mod commands;
mod desktop;
mod errors;
#[path = "../support/home.rs"]
mod home;
mod lines;
mod names;
mod objects;
mod portal;
mod support;
