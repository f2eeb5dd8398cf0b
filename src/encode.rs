// SPDX-License-Identifier: GPL-3.0-or-later
//! `RawFrame` in, `EncodedFrame` out (GStreamer): encoders that were proven to work, steered by `EncoderControl`.
//!
//! Knows nothing about sockets or the portal.

pub mod output;
