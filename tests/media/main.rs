// SPDX-License-Identifier: GPL-3.0-or-later
//! Tests that need GStreamer or PipeWire, but no desktop.
#![cfg(not(cast_alone))]
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "this is all test code, also outside of functions marked as tests"
)]

mod audio;
mod capture_audio;
mod capture_dma_buf;
mod capture_video;
mod consumer;
mod convert;
mod failover;
mod faulty;
mod gpu;
mod playback;
mod pointer;
mod probe;
mod producer;
#[path = "../support/recording.rs"]
mod recording;
mod recordings;
mod round_trip;
mod scene;
mod steering;
mod video;
mod zero_copy;

#[path = "../support/pipewire.rs"]
mod pipewire_daemon;
