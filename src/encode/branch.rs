// SPDX-License-Identifier: GPL-3.0-or-later
//! One running encoder on a thread of its own: a [`Picture`] in, its coded frame out, or an error after a bounded time.
//!
//! The thread is what makes a hang harmless: an element that never returns keeps its thread, and whoever drives the
//! branch goes on with another one.
//!
//! ```text
//! picture ─▶ [elements that convert on the GPU] ─▶ encoder ─▶ coded frame        (thread "encode-NAME")
//! ```

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;

use super::convert::{Picture, colorimetry};
use super::error::EncodeError;
use super::profile::{Profile, threads};
use crate::cast::bitstream::{colour, is_key_frame};
use crate::chain::{self, Chain, ChainError, LastInput, Output};

/// How long the first frame may take: drivers load firmware, compile shaders, and the machine may be busy.
pub const START_TIMEOUT: Duration = Duration::from_secs(4);

/// How long any other frame may take.
pub const FRAME_TIMEOUT: Duration = Duration::from_secs(2);

/// How long to wait for the encoder's thread when it is stopped.
const STOP_TIMEOUT: Duration = Duration::from_millis(500);

/// A coded frame.
#[derive(Debug, Clone)]
pub struct Coded {
    /// Its bytes.
    pub data: Bytes,
    /// Whether it is a key frame.
    pub key: bool,
}

/// When a picture is to be shown, for the encoder's rate control.
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    /// Since the stream's epoch.
    pub at: Duration,
    /// Until the next picture, as far as known.
    pub lasts: Duration,
}

enum Command {
    Encode {
        picture: Picture,
        stamp: Stamp,
        key: bool,
    },
    /// The last picture again, which is only kept where it was converted on the GPU.
    Repeat {
        stamp: Stamp,
        key: bool,
    },
    Bitrate(u32),
}

enum Reply {
    Frame(Vec<u8>),
    Failed(ChainError),
}

/// The encoder, started; its first frame is a key frame.
pub struct Branch {
    profile: Arc<Profile>,
    bitrate: u32,
    size: (u32, u32),
    on_gpu: bool,
    fresh: bool,
    delivered: bool,
    commands: Option<SyncSender<Command>>,
    replies: Receiver<Reply>,
}

impl Branch {
    /// Starts the profile's encoder for pictures like `first`. Errors of the element show at the first frame.
    pub fn start(
        profile: &Arc<Profile>,
        first: &Picture,
        bitrate: u32,
    ) -> Result<Branch, EncodeError> {
        // One picture is inside at a time; the rest of the room takes bitrate changes and frames that come too late.
        let (commands, inbox) = sync_channel::<Command>(4);
        let (outbox, replies) = sync_channel::<Reply>(8);
        let of = Arc::clone(profile);
        let (caps, size) = (first.caps.clone(), first.size);
        thread::Builder::new()
            .name(format!("encode-{}", profile.element))
            .spawn(move || run(&of, caps, size, bitrate, &inbox, &outbox))
            .map_err(|_| EncodeError::NoThread)?;
        Ok(Branch {
            profile: Arc::clone(profile),
            bitrate,
            size: first.size,
            on_gpu: first.layout.is_none(),
            fresh: true,
            delivered: false,
            commands: Some(commands),
            replies,
        })
    }

    /// The profile in use.
    pub fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// The bitrate aimed at, in bits per second.
    pub fn bitrate(&self) -> u32 {
        self.bitrate
    }

    /// Whether a picture can be encoded here: in the same kind of memory, and of the same size or another that this
    /// encoder can change to. What converts on the GPU makes one size.
    pub fn takes(&self, picture: &Picture) -> bool {
        let resizable = self.profile.live.size && !self.on_gpu;
        self.on_gpu == picture.layout.is_none() && (self.size == picture.size || resizable)
    }

    /// Whether it takes DMA-BUFs, and nothing else.
    pub fn on_gpu(&self) -> bool {
        self.on_gpu
    }

    /// Whether a frame has come out.
    pub fn has_delivered(&self) -> bool {
        self.delivered
    }

    /// Aims at another bitrate from the next frame on. For encoders that can ([`super::profile::Live::bitrate`]).
    pub fn set_bitrate(&mut self, bits: u32) -> Result<(), EncodeError> {
        if self.bitrate == bits {
            return Ok(());
        }
        self.bitrate = bits;
        self.send(Command::Bitrate(bits))
    }

    /// Encodes one picture and waits for its frame, at most [`START_TIMEOUT`] or [`FRAME_TIMEOUT`].
    pub fn encode(
        &mut self,
        picture: &Picture,
        stamp: Stamp,
        key: bool,
    ) -> Result<Coded, EncodeError> {
        let patience = if self.fresh {
            START_TIMEOUT
        } else {
            FRAME_TIMEOUT
        };
        let key = std::mem::take(&mut self.fresh) || (key && self.profile.live.key_frame);
        self.size = picture.size;
        let picture = picture.clone();
        self.request(
            Command::Encode {
                picture,
                stamp,
                key,
            },
            key,
            patience,
        )
    }

    /// Encodes the last DMA-BUF picture again, from the encoder's own copy. Only after [`Branch::encode`] of one.
    pub fn repeat(&mut self, stamp: Stamp, key: bool) -> Result<Coded, EncodeError> {
        let key = key && self.profile.live.key_frame;
        self.request(Command::Repeat { stamp, key }, key, FRAME_TIMEOUT)
    }

    fn request(
        &mut self,
        command: Command,
        must_be_key: bool,
        patience: Duration,
    ) -> Result<Coded, EncodeError> {
        match self.replies.try_recv() {
            Ok(Reply::Failed(error)) => return Err(error.into()),
            Ok(Reply::Frame(_)) => return Err(self.not_one_for_one()),
            Err(_) => {}
        }
        self.send(command)?;
        let data = match self.replies.recv_timeout(patience) {
            Ok(Reply::Frame(data)) => data,
            Ok(Reply::Failed(error)) => return Err(error.into()),
            Err(RecvTimeoutError::Timeout) => {
                return Err(EncodeError::Hang {
                    element: self.profile.element.to_string(),
                    after: patience,
                });
            }
            Err(RecvTimeoutError::Disconnected) => return Err(self.not_one_for_one()),
        };
        let is_key = is_key_frame(self.profile.codec, &data);
        if data.is_empty() || (must_be_key && !is_key) {
            return Err(self.not_one_for_one());
        }
        self.delivered = true;
        let data = if is_key {
            colour::signal(self.profile.codec, data)
        } else {
            data
        };
        Ok(Coded {
            data: data.into(),
            key: is_key,
        })
    }

    fn not_one_for_one(&self) -> EncodeError {
        EncodeError::NotOneForOne {
            element: self.profile.element.to_string(),
        }
    }

    fn send(&self, command: Command) -> Result<(), EncodeError> {
        self.commands
            .as_ref()
            .and_then(|commands| commands.try_send(command).ok())
            .ok_or_else(|| self.not_one_for_one())
    }
}

impl Drop for Branch {
    fn drop(&mut self) {
        self.commands = None;
        // The thread ends its side of the channel as its last act. One that hangs is left behind.
        let deadline = Instant::now() + STOP_TIMEOUT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.replies.recv_timeout(left) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    tracing::warn!(element = %self.profile.element, "an encoder does not stop; left behind");
                    return;
                }
            }
        }
    }
}

/// The thread: makes the elements, then serves commands until the branch is dropped.
fn run(
    profile: &Profile,
    mut caps: gst::Caps,
    size: (u32, u32),
    bitrate: u32,
    inbox: &Receiver<Command>,
    outbox: &SyncSender<Reply>,
) {
    let chain = match build(profile, &caps, size, bitrate, outbox) {
        Ok(chain) => chain,
        Err(error) => return fail(outbox, error),
    };
    let last = on_gpu(&caps).then(|| chain.keep_last_input()).flatten();
    let mut fresh = true;
    while let Ok(command) = inbox.recv() {
        let done = match command {
            Command::Bitrate(bits) => set_rates(&chain, profile, bits),
            Command::Encode {
                picture,
                stamp,
                key,
            } => {
                let renegotiated = if picture.caps == caps {
                    Ok(())
                } else {
                    caps.clone_from(&picture.caps);
                    chain.set_caps(&caps)
                };
                if key && !std::mem::take(&mut fresh) {
                    request_key_frame(&chain, profile);
                }
                renegotiated.and_then(|()| chain.push(stamped(picture.buffer, stamp)))
            }
            Command::Repeat { stamp, key } => {
                if key {
                    request_key_frame(&chain, profile);
                }
                match last.as_ref().and_then(LastInput::get) {
                    Some(buffer) => chain.push_last(stamped(buffer, stamp)),
                    None => Err(ChainError::Refused),
                }
            }
        };
        if let Err(error) = done {
            return fail(outbox, error);
        }
    }
}

fn request_key_frame(chain: &Chain, profile: &Profile) {
    if !chain.request_key_frame() {
        tracing::debug!(element = %profile.element, "does not take the wish for a key frame");
    }
}

fn on_gpu(caps: &gst::Caps) -> bool {
    caps.features(0)
        .is_some_and(|features| features.contains("memory:DMABuf"))
}

fn fail(outbox: &SyncSender<Reply>, error: ChainError) {
    if outbox.try_send(Reply::Failed(error)).is_err() {
        tracing::debug!("an encoder failed after it was given up");
    }
}

/// A copy of the picture's buffer that shares its pixels, with a timestamp.
fn stamped(mut buffer: gst::Buffer, stamp: Stamp) -> gst::Buffer {
    let writable = buffer.make_mut();
    let time = |duration: Duration| gst::ClockTime::from_nseconds(duration.as_nanos() as u64);
    writable.set_pts(time(stamp.at));
    writable.set_dts(gst::ClockTime::NONE);
    writable.set_duration(time(stamp.lasts));
    buffer
}

fn build(
    profile: &Profile,
    caps: &gst::Caps,
    size: (u32, u32),
    bitrate: u32,
    outbox: &SyncSender<Reply>,
) -> Result<Chain, ChainError> {
    chain::init()?;
    let encoder = chain::make(&profile.element)?;
    for setting in profile.settings.iter() {
        let value = setting.filled(bitrate, threads());
        if !chain::set(&encoder, &setting.property, &value)? {
            tracing::debug!(element = %profile.element, property = %setting.property, "property unknown here");
        }
    }
    set_rate_properties(&encoder, profile, bitrate)?;
    let mut elements = Vec::new();
    if let Some(converter) = &profile.from_dma_buf
        && on_gpu(caps)
    {
        elements.push(chain::make(converter)?);
        elements.push(gpu_format(profile, size)?);
    }
    elements.push(encoder);
    let wanted = profile
        .output_caps()
        .parse::<gst::Caps>()
        .map_err(|_| ChainError::NotNegotiated(profile.element.to_string()))?;
    let outbox = outbox.clone();
    Chain::start(elements, caps, &wanted, move |output| {
        deliver(&outbox, &output);
    })
}

/// What the GPU is to make of a DMA-BUF before it is encoded.
fn gpu_format(profile: &Profile, size: (u32, u32)) -> Result<gst::Element, ChainError> {
    let filter = chain::make("capsfilter")?;
    let caps = gst::Caps::builder("video/x-raw")
        .any_features()
        .field("format", "NV12")
        .field("width", size.0 as i32)
        .field("height", size.1 as i32)
        .field("colorimetry", colorimetry(profile.codec).to_string())
        .build();
    filter.set_property("caps", caps);
    Ok(filter)
}

fn deliver(outbox: &SyncSender<Reply>, output: &Output) {
    let frame = match output.buffer.map_readable() {
        Ok(map) => map.to_vec(),
        // An empty frame is refused where it arrives.
        Err(_) => Vec::new(),
    };
    if outbox.try_send(Reply::Frame(frame)).is_err() {
        tracing::debug!("a coded frame came after the encoder was given up");
    }
}

fn set_rates(chain: &Chain, profile: &Profile, bits: u32) -> Result<(), ChainError> {
    match chain.coder() {
        Some(encoder) => set_rate_properties(encoder, profile, bits),
        None => Ok(()),
    }
}

fn set_rate_properties(
    encoder: &gst::Element,
    profile: &Profile,
    bits: u32,
) -> Result<(), ChainError> {
    for rate in profile.rates.iter() {
        let value = (bits / rate.unit.max(1)).max(1).to_string();
        chain::set(encoder, &rate.property, &value)?;
    }
    Ok(())
}
