// SPDX-License-Identifier: GPL-3.0-or-later
//! `RawFrame` in, `EncodedFrame` out (GStreamer): encoders that were proven to work, steered by `EncoderControl`.
//!
//! ```text
//! RawFrame ─▶ slot (newest wins) ─▶ convert ─▶ failover ─▶ branch (one encoder) ─▶ EncoderEvent::Frame
//! EncoderControl ─▶ slot ──────────────────────────┘
//! ```
//! Knows nothing about sockets or the portal.

pub mod audio;
pub mod branch;
pub mod config;
pub mod convert;
pub mod error;
pub mod failover;
pub mod import;
pub mod layout;
pub mod null;
pub mod output;
pub mod probe;
pub mod profile;
pub mod slot;
pub mod video;
