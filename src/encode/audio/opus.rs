// SPDX-License-Identifier: GPL-3.0-or-later
//! Opus: a frame's worth of interleaved floats in, one packet out.

use std::sync::mpsc::{Receiver, sync_channel};

use bytes::Bytes;
use gstreamer as gst;

use crate::capture::frame::{AUDIO_CHANNELS, AUDIO_RATE};
use crate::chain::{self, Chain, Output};
use crate::encode::error::EncodeError;

/// GStreamer's name of the element.
pub(super) const ELEMENT: &str = "opusenc";

/// By how many samples the decoded sound is later than what went in: what libopus looks ahead in restricted low-delay mode
/// at 48 kHz (`OPUS_GET_LOOKAHEAD`), 2.5 ms.
pub(super) const LOOK_AHEAD: u64 = 120;

/// A running Opus encoder.
pub(super) struct Opus {
    chain: Chain,
    packets: Receiver<Output>,
    frame_samples: usize,
    count: u64,
}

impl Opus {
    /// An encoder of frames of so many milliseconds at so many bits per second.
    pub(super) fn start(bitrate: u32, milliseconds: u32) -> Result<Opus, EncodeError> {
        chain::init()?;
        let element = chain::make(ELEMENT)?;
        for (property, value) in [
            ("bitrate", bitrate.clamp(6_000, 510_000).to_string()),
            ("frame-size", milliseconds.to_string()),
            // Without speech modes: less delay, less work, and at these bitrates the same quality.
            ("audio-type", "restricted-lowdelay".to_owned()),
            ("bitrate-type", "cbr".to_owned()),
            ("complexity", "5".to_owned()),
            ("dtx", "false".to_owned()),
            ("inband-fec", "false".to_owned()),
        ] {
            chain::set(&element, property, &value)?;
        }
        let caps = gst::Caps::builder("audio/x-raw")
            .field("format", "S16LE")
            .field("layout", "interleaved")
            .field("rate", AUDIO_RATE as i32)
            .field("channels", AUDIO_CHANNELS as i32)
            .build();
        let wanted = gst::Caps::builder("audio/x-opus").build();
        let (outbox, packets) = sync_channel(8);
        let chain = Chain::start(vec![element], &caps, &wanted, move |output| {
            if outbox.try_send(output).is_err() {
                tracing::debug!("more packets than frames of sound");
            }
        })?;
        Ok(Opus {
            chain,
            packets,
            frame_samples: milliseconds as usize * AUDIO_RATE as usize / 1000,
            count: 0,
        })
    }

    /// Encodes one frame; exactly one packet comes out.
    pub(super) fn encode(&mut self, samples: &[f32]) -> Result<Bytes, EncodeError> {
        let mut bytes = Vec::with_capacity(samples.len() * 2);
        for sample in samples {
            let value = (sample * 32_767.0).round().clamp(-32_768.0, 32_767.0) as i16;
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        if let Some(writable) = buffer.get_mut() {
            let nanoseconds =
                self.count * self.frame_samples as u64 * 1_000_000_000 / u64::from(AUDIO_RATE);
            writable.set_pts(gst::ClockTime::from_nseconds(nanoseconds));
            self.count += 1;
        }
        self.chain.push(buffer)?;
        let not_one = || EncodeError::NotOneForOne {
            element: ELEMENT.to_owned(),
        };
        let packet = self.packets.try_recv().map_err(|_| not_one())?;
        if self.packets.try_recv().is_ok() {
            return Err(not_one());
        }
        let map = packet.buffer.map_readable().map_err(|_| not_one())?;
        Ok(Bytes::copy_from_slice(&map))
    }
}
