// SPDX-License-Identifier: GPL-3.0-or-later
//! `NodeSource`: what a session streams when its pictures come from a PipeWire node that the program knows already, and
//! not from the portal. Pictures only, no sound.
//!
//! ```no_run
//! # fn session(_source: Box<dyn telecast::session::source::MediaSource>) {}
//! use telecast::capture::pipewire::Remote;
//! use telecast::capture::pipewire::video::Target;
//! use telecast::cast::codec::VideoCodec;
//! use telecast::encode::probe;
//! use telecast::engine::NodeSource;
//!
//! let node = Target { remote: Remote::Default, node: 42 };
//! session(Box::new(NodeSource::new(node, 30, probe::proven(VideoCodec::Vp8))));
//! ```

use std::sync::Arc;

use super::source::pictures::{Pictures, Seat};
use super::{Missing, Reason};
use crate::capture::error::CaptureEnd;
use crate::capture::pipewire::video::{StreamRequest, Target};
use crate::cast::codec::VideoCodec;
use crate::encode::config::Encoders;
use crate::encode::import;
use crate::encode::profile::Profile;
use crate::session::source::{AudioSetup, BoxFuture, Codecs, Ended, Feed, MediaSource, VideoSetup};

/// See the module.
#[derive(Debug)]
pub struct NodeSource {
    node: Option<Target>,
    max_fps: u32,
    encoders: Vec<Arc<Profile>>,
    pictures: Option<Seat>,
}

impl NodeSource {
    /// Pictures of `node`, at most `max_fps` a second (1 to 240), encoded by the first of `encoders` that works for the
    /// codec that the device accepts.
    pub fn new(node: Target, max_fps: u32, encoders: Vec<Arc<Profile>>) -> NodeSource {
        NodeSource {
            node: Some(node),
            max_fps,
            encoders,
            pictures: None,
        }
    }

    async fn open_node(&mut self) -> Result<Ended, Reason> {
        let node = self.node.take().ok_or(Reason::UserStopped)?;
        let request = StreamRequest {
            size: None,
            max_fps: self.max_fps,
            dma_buf: Vec::new(),
            trim_margin: false,
            cursor: false,
            when_gone: CaptureEnd::SourceGone,
        };
        let first = self.encoders.first().cloned();
        let expected = move || first.map(|profile| import::accepted(&profile));
        let pictures = Pictures::open_node(node, request, expected).await?;
        let ended = pictures.ended();
        self.pictures = Some(Seat::new(Arc::new(pictures)));
        Ok(ended)
    }
}

impl MediaSource for NodeSource {
    fn may_ask(&self) -> bool {
        false
    }

    fn codecs(&self) -> BoxFuture<'static, Result<Codecs, Reason>> {
        let mut video: Vec<VideoCodec> = Vec::new();
        for profile in &self.encoders {
            if !video.contains(&profile.codec) {
                video.push(profile.codec);
            }
        }
        Box::pin(async {
            Ok(Codecs {
                video,
                audio: Vec::new(),
            })
        })
    }

    fn open(&mut self) -> BoxFuture<'_, Result<Ended, Reason>> {
        Box::pin(self.open_node())
    }

    fn start_video(&mut self, setup: VideoSetup) -> Result<Feed, Reason> {
        let pictures = self
            .pictures
            .as_ref()
            .ok_or(Reason::Missing(Missing::VideoEncoder))?;
        let of_codec = self
            .encoders
            .iter()
            .filter(|profile| profile.codec == setup.codec);
        pictures.encode(&setup, Encoders::Candidates(of_codec.cloned().collect()))
    }

    fn start_audio(&mut self, _setup: AudioSetup) -> Result<Feed, Reason> {
        Err(Reason::Missing(Missing::AudioEncoder))
    }

    fn pause(&mut self, paused: bool) {
        if let Some(pictures) = &self.pictures {
            pictures.pause(paused);
        }
    }
}
