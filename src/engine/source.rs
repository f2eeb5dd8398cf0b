// SPDX-License-Identifier: GPL-3.0-or-later
//! `CastSource`: what a session streams, made of the capture and the encode rooms. Permission and capture when it is
//! opened; encoders when the device has answered.
//!
//! ```text
//! VideoSource ──RawFrame──▶ pictures ──▶ encodes (valve, pause) ──▶ VideoEncoder ──EncoderEvent──▶ sessions
//! AudioSource ──AudioBlock──▶ sound ────────────────────────────▶ AudioEncoder ──EncoderEvent──▶ session
//! ```
//! Sources are shared by all sessions of the same kind and permission, encodes by those that want the same
//! ([`sharing`](super::sharing)).

mod encodes;
mod memory;
pub(super) mod pictures;
mod reasons;
pub(super) mod sound;

use std::sync::Arc;

use tokio::sync::watch;

use super::captures::{Captures, PictureKey};
use super::preview::Place;
use super::tokens::Tokens;
use super::{MirrorRequest, Missing, Reason, Recording};
use crate::capture::frame::DmaBufFormat;
use crate::capture::source::{SourceKind, TokenKeeper, VideoRequest};
use crate::cast::codec::{AudioCodec, VideoCodec};
use crate::encode::config::Encoders;
use crate::encode::profile::Profile;
use crate::encode::{import, probe};
use crate::session::options::{CodecChoice, Target};
use crate::session::source::{AudioSetup, BoxFuture, Codecs, Ended, Feed, MediaSource, VideoSetup};
use pictures::{Pictures, Seat};
use sound::Sound;

/// Encoded frames that wait for the media thread: a quarter of a second of sound, half a second of pictures. A full
/// queue holds the encoder back, so that raw frames are dropped before it.
const FEED_DEPTH: usize = 16;

/// See the module.
#[derive(Debug)]
pub struct CastSource {
    request: MirrorRequest,
    tokens: Tokens,
    captures: Arc<Captures>,
    pictures: Option<Arc<Seat>>,
    /// For those who look at what is sent.
    place: Arc<Place>,
    /// `None` when no sound was asked for at all.
    sound: Option<Arc<Sound>>,
    /// Of a cast without pictures: told when its sound has ended.
    end_of_sound: watch::Sender<Option<Reason>>,
    /// Whether the person is being asked what to share.
    choosing: watch::Sender<bool>,
    /// What is sent instead of encoded pictures.
    recording: Option<Arc<Recording>>,
}

impl CastSource {
    /// A source for a cast to `target`, which shares `captures` with others; nothing happens before it is opened. Frames
    /// of a `recording` are sent instead of encoded pictures.
    pub fn new(
        mut request: MirrorRequest,
        target: &Target,
        tokens: Tokens,
        captures: Arc<Captures>,
        recording: Option<Arc<Recording>>,
    ) -> CastSource {
        request.options.video &= target.has_screen;
        let (end_of_sound, _) = watch::channel(None);
        let sound = request.options.audio.then(|| {
            let alone = !request.options.video;
            let end = alone.then(|| end_of_sound.clone());
            let (device, choice) = (target.name.clone(), request.audio.clone());
            Arc::new(Sound::new(Arc::clone(&captures), device, choice, end))
        });
        CastSource {
            request,
            tokens,
            captures,
            pictures: None,
            place: Arc::default(),
            sound,
            end_of_sound,
            choosing: watch::Sender::new(false),
            recording,
        }
    }

    /// Where it will sit at its capture.
    pub fn place(&self) -> &Arc<Place> {
        &self.place
    }

    /// Whether the person is being asked what to share, in the desktop's dialog.
    pub fn choosing(&self) -> watch::Receiver<bool> {
        self.choosing.subscribe()
    }

    /// The sound, which can be changed while the session runs.
    pub fn sound(&self) -> Option<&Arc<Sound>> {
        self.sound.as_ref()
    }

    async fn open_all(&mut self) -> Result<Ended, Reason> {
        let mut ended = self.end_of_sound.subscribe();
        if self.request.options.video {
            self.choosing.send_replace(self.may_ask());
            let pictures = self.shared_pictures().await;
            // Without an answer the portal has failed; or somebody else has opened them.
            self.choosing.send_replace(false);
            let pictures = pictures?;
            ended = pictures.ended();
            let seat = Arc::new(Seat::new(pictures));
            self.place.take(&seat);
            self.pictures = Some(seat);
        }
        if let Some(sound) = &self.sound {
            sound.open().await?;
        }
        Ok(ended)
    }

    async fn shared_pictures(&self) -> Result<Arc<Pictures>, Reason> {
        let open = self.open_pictures();
        match PictureKey::of(&self.request) {
            Some(key) => {
                let pictures = &self.captures.pictures;
                let pictures = pictures.get(key, is_running, open).await?;
                pictures.at_least(self.request.options.frame_rate);
                Ok(pictures)
            }
            None => open.await.map(Arc::new),
        }
    }

    async fn open_pictures(&self) -> Result<Pictures, Reason> {
        let kind = self.request.source;
        let request = VideoRequest {
            size: size_to_make(&self.request),
            pointer: self.request.options.pointer,
            max_fps: self.request.options.frame_rate,
            restore_token: if self.request.restore {
                self.tokens.get(kind)
            } else {
                None
            },
            token_keeper: Some(token_keeper(
                kind,
                self.tokens.clone(),
                self.choosing.clone(),
            )),
            parent_window: self.request.parent_window.clone(),
            ..VideoRequest::new(kind)
        };
        // Only what a GPU draws can be in its memory, and only an encoder can take it from there.
        let drawn = kind != SourceKind::TestCard && self.recording.is_none();
        let (choice, hardware) = self.codec_choice();
        let expected = move || drawn.then(|| first_import(choice, hardware));
        Pictures::open(request, expected).await
    }

    /// The codecs that may be offered, and whether hardware may encode them.
    fn codec_choice(&self) -> (CodecChoice, bool) {
        (self.request.options.codec, self.request.options.hardware)
    }

    /// Whether somebody shows the same already.
    fn joins(&self) -> bool {
        let pictures = &self.captures.pictures;
        PictureKey::of(&self.request).is_some_and(|key| pictures.has(&key, is_running))
    }
}

/// Keeps the portal's token. When that comes, nobody is `choosing` any more.
fn token_keeper(kind: SourceKind, tokens: Tokens, choosing: watch::Sender<bool>) -> TokenKeeper {
    TokenKeeper::new(move |token| {
        choosing.send_replace(false);
        tokens.keep(kind, token);
    })
}

/// The size of what does not exist before it is cast: a virtual monitor, the test card.
fn size_to_make(request: &MirrorRequest) -> (u32, u32) {
    let of_monitor = request
        .options
        .monitor_size
        .filter(|_| request.source == SourceKind::Virtual);
    of_monitor.unwrap_or(request.options.max_size)
}

fn is_running(pictures: &Pictures) -> bool {
    !pictures.has_ended()
}

impl MediaSource for CastSource {
    fn may_ask(&self) -> bool {
        let asks = self.request.options.video && self.request.source != SourceKind::TestCard;
        let restores = || self.request.restore && self.tokens.get(self.request.source).is_some();
        asks && !self.joins() && !restores()
    }

    fn codecs(&self) -> BoxFuture<'static, Result<Codecs, Reason>> {
        let options = &self.request.options;
        Box::pin(proven_codecs(
            options.video.then(|| self.codec_choice()),
            options.audio,
        ))
    }

    fn open(&mut self) -> BoxFuture<'_, Result<Ended, Reason>> {
        Box::pin(self.open_all())
    }

    fn start_video(&mut self, setup: VideoSetup) -> Result<Feed, Reason> {
        let pictures = self
            .pictures
            .as_ref()
            .ok_or(Reason::Missing(Missing::VideoEncoder))?;
        let encoders = match &self.recording {
            Some(recording) => Encoders::Null(Arc::clone(recording)),
            None => Encoders::Candidates(proven(setup.codec, self.request.options.hardware)),
        };
        pictures.encode(&setup, encoders)
    }

    fn start_audio(&mut self, setup: AudioSetup) -> Result<Feed, Reason> {
        let sound = self
            .sound
            .as_ref()
            .ok_or(Reason::Missing(Missing::AudioEncoder))?;
        sound.encode(setup)
    }

    fn pause(&mut self, paused: bool) {
        if let Some(pictures) = &self.pictures {
            pictures.pause(paused);
        }
    }
}

/// What can be encoded here, of what is wanted. Proving encoders blocks, so it happens on a thread of its own.
async fn proven_codecs(video: Option<(CodecChoice, bool)>, audio: bool) -> Result<Codecs, Reason> {
    let proofs = tokio::task::spawn_blocking(move || Codecs {
        video: video
            .map(|(choice, hardware)| video_codecs(choice, hardware))
            .unwrap_or_default(),
        audio: if audio { audio_codecs() } else { Vec::new() },
    });
    let codecs = proofs
        .await
        .map_err(|error| Reason::System(error.to_string()))?;
    if video.is_some() && codecs.video.is_empty() {
        return Err(Reason::Missing(Missing::VideoEncoder));
    }
    if audio && codecs.audio.is_empty() {
        return Err(Reason::Missing(Missing::AudioEncoder));
    }
    Ok(codecs)
}

/// What the encoder takes as DMA-BUF that will most likely be used. Blocks as [`probe::proven`] does.
fn first_import(choice: CodecChoice, hardware: bool) -> Vec<DmaBufFormat> {
    let codecs = preferred(choice).into_iter();
    let proven = codecs.map(|codec| proven(codec, hardware));
    let first = proven.flatten().next();
    first.map_or_else(Vec::new, |profile| import::accepted(&profile))
}

/// The codecs to offer whichever encoder they have, best first.
fn preferred(choice: CodecChoice) -> Vec<VideoCodec> {
    match choice {
        CodecChoice::Only(codec) => vec![codec],
        CodecChoice::Auto => vec![VideoCodec::H264, VideoCodec::Vp8],
    }
}

/// The video codecs to offer that have a working encoder, best first.
///
/// Left to itself, VP9 and AV1 are offered with a hardware encoder only: in software they take so much of a processor
/// that the desktop suffers, and the device, not we, chooses from what is offered.
fn video_codecs(choice: CodecChoice, hardware: bool) -> Vec<VideoCodec> {
    let mut codecs = preferred(choice);
    codecs.retain(|codec| !proven(*codec, hardware).is_empty());
    if choice == CodecChoice::Auto && hardware {
        let heavy = [VideoCodec::Av1, VideoCodec::Vp9];
        codecs.extend(
            heavy
                .into_iter()
                .filter(|codec| probe::proven_hardware(*codec)),
        );
    }
    codecs
}

/// The encoders that work, without those in hardware where it is not to be used.
fn proven(codec: VideoCodec, hardware: bool) -> Vec<Arc<Profile>> {
    let mut proven = probe::proven(codec);
    proven.retain(|profile| hardware || !profile.hardware);
    proven
}

fn audio_codecs() -> Vec<AudioCodec> {
    if probe::audio_works() {
        vec![AudioCodec::Opus]
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_choosing_any_more_when_the_portal_has_answered() {
        let folder = std::env::temp_dir().join(format!("telecast-source-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let tokens = Tokens::in_file(folder.join("tokens.json"));
        for token in [Some("a"), None] {
            let choosing = watch::Sender::new(true);
            let keeper = token_keeper(SourceKind::Window, tokens.clone(), choosing.clone());
            assert!(*choosing.borrow());
            keeper.keep(token);
            assert!(!*choosing.borrow());
            assert_eq!(tokens.get(SourceKind::Window).as_deref(), token);
        }
        std::fs::remove_dir_all(folder).expect("it was there");
    }
}
