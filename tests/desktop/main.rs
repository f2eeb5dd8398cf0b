// SPDX-License-Identifier: GPL-3.0-or-later
//! Tests on a real desktop: GNOME Shell without a display, its portal and its dialog, PipeWire, two hosts.
//!
//! `make test` runs the module `whole`, `make test-desktop` each other one, in this order.
#![cfg(not(cast_alone))]
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "this is all test code, also outside of functions marked as tests"
)]

#[path = "../support/skipping.rs"]
mod skipping;
mod support;

mod background;
mod capture_portal;
mod chromium;
mod dialog;
mod ground;
mod permission;
mod quick_settings;
mod sources;
mod whole;
mod window;
