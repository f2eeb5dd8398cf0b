// SPDX-License-Identifier: GPL-3.0-or-later
//! What is cast: the test card with a strip of film grain below its time code, and its tone; encoded as VP8 and Opus.
//!
//! The card alone fits into one packet a picture and would tell little about a network. No picture's grain can be predicted
//! from the one before, so the encoder makes as many bits of it as it is allowed.

use std::sync::{Arc, Mutex};

use telecast::capture::frame::{Memory, RawFrame};
use telecast::capture::slot::Next;
use telecast::capture::source::{AudioMode, AudioSource, SourceKind, VideoRequest, VideoSource};
use telecast::cast::codec::{AudioCodec, VideoCodec};
use telecast::cast::control::EncoderControl;
use telecast::encode::audio::{AudioConfig, AudioEncoder};
use telecast::encode::config::{Encoders, VideoConfig};
use telecast::encode::profile::Profile;
use telecast::encode::video::VideoEncoder;
use telecast::session::reason::{Missing, Reason};
use telecast::session::source::{
    AudioSetup, BoxFuture, Codecs, EncoderPort, Ended, Feed, MediaSource, VideoSetup,
};
use tokio::sync::watch;

use super::random::Random;

/// Width and height of the picture.
pub const SIZE: (u32, u32) = (640, 360);
/// The grain begins below this part of the picture: under time code and flash.
const GRAIN_FROM: (usize, usize) = (22, 36);
/// How far grains are from grey, at most.
const CONTRAST: u64 = 40;
/// Frames and news that may wait for the session.
const QUEUE: usize = 8;

/// The source.
pub struct Film {
    running: Option<(VideoSource, AudioSource)>,
    /// Held: it would say when the source has ended, which it never does.
    ended: watch::Sender<Option<Reason>>,
}

impl Film {
    pub fn new() -> Film {
        Film {
            running: None,
            ended: watch::channel(None).0,
        }
    }

    fn running(&self) -> &(VideoSource, AudioSource) {
        self.running.as_ref().expect("opened before it is encoded")
    }
}

/// The test card of this size.
pub async fn card(size: (u32, u32)) -> VideoSource {
    let request = VideoRequest {
        size,
        ..VideoRequest::new(SourceKind::TestCard)
    };
    VideoSource::start(request).await.expect("a card")
}

/// What a session wishes, of encoders that every machine has.
pub fn in_software(setup: &VideoSetup) -> VideoConfig {
    let software = Profile::candidates(setup.codec)
        .into_iter()
        .filter(|profile| !profile.hardware)
        .collect();
    VideoConfig {
        max_size: setup.max_size,
        bitrate: setup.bitrate,
        max_frame_rate: setup.frame_rate,
        epoch: setup.epoch,
        ..VideoConfig::new(setup.codec, Encoders::Candidates(software))
    }
}

/// Hands the session's wishes on to the encoder.
pub struct VideoPort(pub Arc<Mutex<VideoEncoder>>);

impl EncoderPort for VideoPort {
    fn control(&mut self, wish: EncoderControl) {
        self.0.lock().expect("nobody panics with it").control(wish);
    }
}

struct AudioPort(#[expect(dead_code, reason = "held for its drop")] Arc<Mutex<AudioEncoder>>);

impl EncoderPort for AudioPort {
    fn control(&mut self, _: EncoderControl) {}
}

impl MediaSource for Film {
    fn may_ask(&self) -> bool {
        false
    }

    fn codecs(&self) -> BoxFuture<'static, Result<Codecs, Reason>> {
        Box::pin(async {
            Ok(Codecs {
                video: vec![VideoCodec::Vp8],
                audio: vec![AudioCodec::Opus],
            })
        })
    }

    fn open(&mut self) -> BoxFuture<'_, Result<Ended, Reason>> {
        Box::pin(async {
            let card = card(SIZE).await;
            let tone = AudioSource::start(AudioMode::Tone).await.expect("a tone");
            self.running = Some((card, tone.expect("one was asked for")));
            Ok(self.ended.subscribe())
        })
    }

    fn start_video(&mut self, setup: VideoSetup) -> Result<Feed, Reason> {
        let (sender, events) = async_channel::bounded(QUEUE);
        let encoder = VideoEncoder::start(in_software(&setup), sender)
            .map_err(|_| Reason::Missing(Missing::VideoEncoder))?;
        let encoder = Arc::new(Mutex::new(encoder));
        let frames = self.running().0.frames();
        let weak = Arc::downgrade(&encoder);
        std::thread::spawn(move || {
            let mut grain = Grain::new();
            while let Next::Item(frame) = frames.take_until(None) {
                let Some(encoder) = weak.upgrade() else {
                    return;
                };
                if setup.valve.admit() {
                    let frame = grain.on(frame);
                    encoder.lock().expect("nobody panics with it").push(frame);
                }
            }
        });
        Ok(Feed {
            events,
            port: Box::new(VideoPort(encoder)),
        })
    }

    fn start_audio(&mut self, setup: AudioSetup) -> Result<Feed, Reason> {
        let config = AudioConfig {
            bitrate: setup.bitrate,
            frame: setup.frame,
            epoch: setup.epoch,
        };
        let (sender, events) = async_channel::bounded(QUEUE);
        let encoder = AudioEncoder::start(config, sender)
            .map_err(|_| Reason::Missing(Missing::AudioEncoder))?;
        let encoder = Arc::new(Mutex::new(encoder));
        let blocks = self.running().1.blocks();
        let weak = Arc::downgrade(&encoder);
        std::thread::spawn(move || {
            while let Next::Item(block) = blocks.take_until(None) {
                let Some(encoder) = weak.upgrade() else {
                    return;
                };
                encoder.lock().expect("nobody panics with it").push(block);
            }
        });
        Ok(Feed {
            events,
            port: Box::new(AudioPort(encoder)),
        })
    }

    fn pause(&mut self, _paused: bool) {}
}

/// A long row of grey pixels, of which each picture shows another part.
struct Grain {
    pixels: Vec<u8>,
    random: Random,
}

impl Grain {
    fn new() -> Grain {
        let mut random = Random(1);
        let pixels = (0..2 * SIZE.0 * SIZE.1)
            .flat_map(|_| [(128 - CONTRAST + random.next() % (2 * CONTRAST)) as u8; 4])
            .collect();
        Grain { pixels, random }
    }

    /// The picture with grain on it.
    fn on(&mut self, frame: RawFrame) -> RawFrame {
        let Memory::Bytes(bytes) = &frame.memory else {
            panic!("the card is drawn in memory");
        };
        let mut bytes = bytes.bytes().to_vec();
        let rows = frame.size.1 as usize * GRAIN_FROM.0 / GRAIN_FROM.1;
        let strip = &mut bytes[frame.planes[0].offset + rows * frame.planes[0].stride..];
        let room = (self.pixels.len() - strip.len()) / 4;
        let from = self.random.next() as usize % room * 4;
        strip.copy_from_slice(&self.pixels[from..from + strip.len()]);
        RawFrame {
            memory: Memory::Bytes(Arc::new(bytes)),
            ..frame
        }
    }
}
