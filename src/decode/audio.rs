// SPDX-License-Identifier: GPL-3.0-or-later
//! `AudioDecoder`: Opus packets or ADTS frames in, interleaved 32-bit floats out, in the caller's thread.
//!
//! A frame takes a tenth of a millisecond, so there is no thread and no queue.
//!
//! ```no_run
//! use telecast::cast::codec::AudioCodec;
//! use telecast::decode::audio::AudioDecoder;
//! # let packet = &[0_u8][..];
//!
//! let mut decoder = AudioDecoder::new(AudioCodec::Opus, 48_000, 2)?;
//! let sound = decoder.decode(packet)?;
//! println!("{} samples of {} channels", sound.frames(), sound.channels);
//! # Ok::<(), telecast::decode::error::DecodeError>(())
//! ```

use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use gstreamer as gst;
use gstreamer_audio as gst_audio;

use super::adts;
use super::error::DecodeError;
use crate::cast::codec::AudioCodec;
use crate::chain::{self, Chain, Output};

/// Decoded sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    /// Samples per second.
    pub rate: u32,
    /// Channels.
    pub channels: u32,
    /// Interleaved samples, −1 to 1.
    pub samples: Vec<f32>,
}

impl Sound {
    /// Samples of each channel.
    pub fn frames(&self) -> usize {
        self.samples.len() / self.channels.max(1) as usize
    }

    /// How long it sounds.
    pub fn duration(&self) -> Duration {
        let rate = u64::from(self.rate.max(1));
        Duration::from_nanos(self.frames() as u64 * 1_000_000_000 / rate)
    }
}

/// Decodes the sound of one stream.
pub struct AudioDecoder {
    codec: AudioCodec,
    rate: u32,
    channels: u32,
    running: Option<Running>,
}

struct Running {
    chain: Chain,
    output: Receiver<Output>,
    at: gst::ClockTime,
}

/// Whether sound of this codec can be decoded on this machine.
pub fn can_decode(codec: AudioCodec) -> bool {
    chain::init().is_ok()
        && elements(codec)
            .iter()
            .any(|element| gst::ElementFactory::find(element).is_some())
}

fn elements(codec: AudioCodec) -> &'static [&'static str] {
    match codec {
        AudioCodec::Opus => &["opusdec", "avdec_opus"],
        AudioCodec::Aac => &["fdkaacdec", "avdec_aac", "faad"],
    }
}

impl AudioDecoder {
    /// A decoder for a stream that was announced with this rate (samples per second) and so many channels.
    pub fn new(codec: AudioCodec, rate: u32, channels: u32) -> Result<AudioDecoder, DecodeError> {
        chain::init()?;
        if !can_decode(codec) {
            return Err(DecodeError::NoAudioDecoder(codec));
        }
        Ok(AudioDecoder {
            codec,
            rate,
            channels,
            running: None,
        })
    }

    /// Decodes one frame. An AAC decoder may give nothing for the very first one. After an error the next frame is
    /// decoded afresh.
    pub fn decode(&mut self, frame: &[u8]) -> Result<Sound, DecodeError> {
        let sound = self.try_decode(frame);
        if sound.is_err() {
            self.running = None;
        }
        sound
    }

    /// Forgets what was decoded before, at a gap.
    pub fn reset(&mut self) {
        self.running = None;
    }

    fn try_decode(&mut self, frame: &[u8]) -> Result<Sound, DecodeError> {
        let header = match self.codec {
            AudioCodec::Opus => None,
            AudioCodec::Aac => Some(adts::parse(frame).ok_or(DecodeError::BadFrame)?),
        };
        if frame.is_empty() {
            return Err(DecodeError::BadFrame);
        }
        if let Some(header) = header
            && (header.rate, header.channels) != (self.rate, self.channels)
        {
            (self.rate, self.channels) = (header.rate, header.channels);
            self.running = None;
        }
        let (rate, channels) = (self.rate, self.channels);
        let running = match &mut self.running {
            Some(running) => running,
            None => self
                .running
                .insert(Running::start(self.codec, rate, channels)?),
        };
        let mut sound = Sound {
            rate,
            channels,
            samples: Vec::new(),
        };
        running.decode(frame, &mut sound)?;
        // One frame of encoder delay is all that a decoder may keep back.
        if sound.samples.is_empty() && self.codec == AudioCodec::Opus {
            return Err(DecodeError::BadFrame);
        }
        Ok(sound)
    }
}

impl Running {
    fn start(codec: AudioCodec, rate: u32, channels: u32) -> Result<Running, DecodeError> {
        let caps = match codec {
            AudioCodec::Opus => gst::Caps::builder("audio/x-opus")
                .field("channel-mapping-family", 0)
                .field("channels", channels as i32)
                .field("rate", rate as i32)
                .build(),
            AudioCodec::Aac => gst::Caps::builder("audio/mpeg")
                .field("mpegversion", 4)
                .field("stream-format", "adts")
                .field("framed", true)
                .field("channels", channels as i32)
                .field("rate", rate as i32)
                .build(),
        };
        let wanted = gst::Caps::builder("audio/x-raw")
            .field("format", gst::List::new(["F32LE", "S16LE"]))
            .build();
        let mut last = DecodeError::NoAudioDecoder(codec);
        for element in elements(codec) {
            let (outbox, output) = sync_channel(16);
            let started = chain::make(element).and_then(|element| {
                Chain::start(vec![element], &caps, &wanted, move |output| {
                    if outbox.try_send(output).is_err() {
                        tracing::debug!("a decoder gives out more sound than asked for");
                    }
                })
            });
            match started {
                Ok(chain) => {
                    return Ok(Running {
                        chain,
                        output,
                        at: gst::ClockTime::ZERO,
                    });
                }
                Err(error) => last = error.into(),
            }
        }
        Err(last)
    }

    fn decode(&mut self, frame: &[u8], sound: &mut Sound) -> Result<(), DecodeError> {
        let mut buffer = gst::Buffer::from_slice(frame.to_vec());
        if let Some(writable) = buffer.get_mut() {
            writable.set_pts(self.at);
        }
        self.chain.push(buffer)?;
        while let Ok(output) = self.output.try_recv() {
            append(&output, sound)?;
        }
        // Decoders conceal gaps in the timestamps; the caller knows better whether there is one.
        let step = sound.duration().max(Duration::from_millis(1));
        self.at += gst::ClockTime::from_nseconds(step.as_nanos() as u64);
        Ok(())
    }
}

/// Appends a decoder's output, as interleaved floats.
fn append(output: &Output, sound: &mut Sound) -> Result<(), DecodeError> {
    let info = output
        .caps
        .as_deref()
        .and_then(|caps| gst_audio::AudioInfo::from_caps(caps).ok())
        .ok_or(DecodeError::BadFrame)?;
    (sound.rate, sound.channels) = (info.rate(), info.channels());
    let map = output
        .buffer
        .map_readable()
        .map_err(|_| DecodeError::BadFrame)?;
    let samples: Vec<f32> = match info.format() {
        gst_audio::AudioFormat::F32le => map
            .as_chunks::<4>()
            .0
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect(),
        gst_audio::AudioFormat::S16le => map
            .as_chunks::<2>()
            .0
            .iter()
            .map(|bytes| f32::from(i16::from_le_bytes(*bytes)) / 32_768.0)
            .collect(),
        _ => return Err(DecodeError::BadFrame),
    };
    if info.layout() == gst_audio::AudioLayout::Interleaved {
        sound.samples.extend(samples);
        return Ok(());
    }
    let frames = samples.len() / info.channels().max(1) as usize;
    for index in 0..frames {
        sound
            .samples
            .extend(samples.iter().skip(index).step_by(frames.max(1)));
    }
    Ok(())
}
