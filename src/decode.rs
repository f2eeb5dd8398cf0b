// SPDX-License-Identifier: GPL-3.0-or-later
//! Encoded frames to pictures and sound, for the receiver (GStreamer). Knows nothing about sockets.
//!
//! ```text
//! Coded ─▶ video::VideoDecoder ─▶ DecoderEvent::Picture ─▶ (rgb::RgbConverter) ─▶ window, snapshot
//! bytes ─▶ audio::AudioDecoder ─▶ Sound ─▶ player::Player ─▶ PipeWire
//! ```

pub mod adts;
pub mod audio;
pub mod error;
pub mod picture;
pub mod player;
pub mod rgb;
pub mod video;
