// SPDX-License-Identifier: GPL-3.0-or-later
//! A simulated network around the two protocol cores: the same seed gives the same run, to the last packet.
//!
//! ```text
//!  Source ─frames─▶ Sender ─▶ Link (there) ─▶ Receiver ─▶ Delivered, compared with what was sent
//!     ▲   ◀─wishes──   ▲                         │
//!     may_encode       └──── Link (back) ◀───────┘
//! ```
//! Time is an `Instant` that jumps to the next thing that happens; nothing sleeps. Shared through `#[path]`.

#![allow(
    dead_code,
    reason = "not every binary that includes this uses all of it"
)]

pub mod clocks;
pub mod link;
pub mod metrics;
pub mod profiles;
pub mod random;
pub mod reference;
pub mod run;
pub mod sending_end;
pub mod setup;
pub mod source;
pub mod tally;
pub mod trace;
pub mod traffic;
pub mod world;
