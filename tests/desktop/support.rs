// SPDX-License-Identifier: GPL-3.0-or-later
//! What the desktop tests stand on: sessions, hosts, running programs. Everything a test starts ends with its values.

pub mod accessible;
pub mod cast;
pub mod chromium;
pub mod folder;
pub mod home;
pub mod likeness;
pub mod network;
pub mod notices;
pub mod peer;
pub mod picture;
pub mod program;
pub mod session;
mod steps;
mod window;

pub use steps::{script, wait_until};
pub use window::moving_window;
