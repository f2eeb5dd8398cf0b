// SPDX-License-Identifier: GPL-3.0-or-later
//! The protocol core from outside: vectors, recorded sessions, simulated links. No sockets, no clock, no GStreamer.

mod frame_crypto;
mod rtp;
mod support;
