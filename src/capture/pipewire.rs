// SPDX-License-Identifier: GPL-3.0-or-later
//! PipeWire without GStreamer: one thread with a loop of its own for each stream.
//!
//! [`video`] receives pictures, [`audio`] sound; [`players`] says who makes any. Nothing of PipeWire leaves its thread: what comes out are `RawFrame`s,
//! `AudioBlock`s and events; what goes in are messages through a `pipewire::channel`.

pub mod audio;
pub mod players;
pub mod video;

mod connection;
mod graph;
mod pod;
mod registry;
mod thread;

pub use connection::Remote;
