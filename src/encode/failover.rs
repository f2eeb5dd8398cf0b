// SPDX-License-Identifier: GPL-3.0-or-later
//! The encoder that does not fail as long as one candidate works: a [`Picture`] in, its frame out, whichever encoder
//! made it.
//!
//! A candidate that errs or hangs is given up for good, and the same picture goes to the next one, as a key frame. The last
//! one, if it has worked, is made anew instead, a bounded number of times: a driver may have been reset under it. What an
//! encoder cannot change while running is changed by starting another one, which takes over with its first frame, a
//! key frame; if that does not work out, the old one goes on. No picture is lost either way, except one in a DMA-BUF that
//! the next candidate cannot read: then the caller is told, and gets it again from its source.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::branch::{Branch, Coded, Stamp};
use super::convert::{Picture, relayout};
use super::error::EncodeError;
use super::profile::{Layout420, Profile};
use crate::cast::codec::VideoCodec;
use crate::chain::ChainError;

/// How often at most an encoder that cannot change its bitrate is replaced for it: each time costs a key frame.
const SWAP_INTERVAL: Duration = Duration::from_secs(3);

/// Bitrate difference in percent that is worth such a replacement.
const SWAP_PERCENT: u32 = 20;

/// How often the last candidate is made anew. One that hangs keeps a thread each time.
const RENEWALS: u32 = 3;

/// One that fails sooner than this after it was made anew does not work any more.
const WORTH_RENEWING: Duration = Duration::from_secs(30);

/// A frame, and the profile that made it when that is another one than before.
pub struct Encoded {
    /// The frame.
    pub frame: Coded,
    /// Set with the first frame of another encoder.
    pub switched: Option<Arc<Profile>>,
}

/// What became of a repetition.
pub enum Repeated {
    /// The frame.
    Frame(Coded),
    /// The encoder that had the picture is gone, or cannot do this with it. The picture is needed again.
    Lost,
    /// No candidate is left.
    Failed(EncodeError),
}

/// The candidates of one stream, the first of them running.
pub struct Failover {
    codec: VideoCodec,
    candidates: VecDeque<Arc<Profile>>,
    branch: Option<Branch>,
    bitrate: u32,
    announced: bool,
    swapped: Option<Instant>,
    /// How often the last candidate may still be made anew, and when it was.
    renewals: u32,
    renewed: Option<Instant>,
}

impl Failover {
    /// Nothing is started before the first picture.
    pub fn new(codec: VideoCodec, candidates: Vec<Arc<Profile>>, bitrate: u32) -> Failover {
        Failover {
            codec,
            candidates: candidates
                .into_iter()
                .filter(|p| p.codec == codec)
                .collect(),
            branch: None,
            bitrate,
            announced: false,
            swapped: None,
            renewals: RENEWALS,
            renewed: None,
        }
    }

    /// The profile whose turn it is.
    pub fn profile(&self) -> Option<&Arc<Profile>> {
        self.candidates.front()
    }

    /// The profile whose turn it is, unless it has been told already.
    pub fn announce(&mut self) -> Option<Arc<Profile>> {
        let profile = self.candidates.front().cloned();
        profile.filter(|_| !std::mem::replace(&mut self.announced, true))
    }

    /// Aims at another bitrate from the next picture on.
    pub fn set_bitrate(&mut self, bits: u32) {
        self.bitrate = bits;
    }

    /// Encodes a picture, with the next candidate if need be. Fails when none is left, or with
    /// [`EncodeError::BadPicture`] for a picture that cannot be read.
    pub fn encode(
        &mut self,
        picture: &Picture,
        stamp: Stamp,
        key: bool,
    ) -> Result<Encoded, EncodeError> {
        let mut last_error = EncodeError::NoEncoder(self.codec);
        while let Some(profile) = self.candidates.front().cloned() {
            // The capture has to be told first, and to deliver other memory.
            if picture.layout.is_none() && profile.from_dma_buf.is_none() {
                return Err(EncodeError::BadPicture);
            }
            // Before any encoder sees it: a picture that cannot be read is no encoder's fault.
            let converted = match picture.layout {
                Some(layout) if layout != profile.input => {
                    Some(relayout(picture, profile.input, self.codec)?)
                }
                _ => None,
            };
            let picture = converted.as_ref().unwrap_or(picture);
            match self.attempt(&profile, picture, stamp, key) {
                Ok(frame) => {
                    let switched = self.announce();
                    return Ok(Encoded { frame, switched });
                }
                Err(error) => {
                    // Most candidates are for hardware that is not there; only one that is there can fail.
                    if let EncodeError::Chain(ChainError::NoElement(_)) = error {
                        tracing::debug!(%error, "an encoder is not installed");
                    } else {
                        tracing::warn!(element = %profile.element, %error, "an encoder is given up");
                    }
                    last_error = error;
                    self.give_up(picture.layout.is_none());
                }
            }
        }
        Err(last_error)
    }

    /// Encodes the last DMA-BUF picture again, from the encoder's own copy.
    pub fn repeat(&mut self, stamp: Stamp, key: bool) -> Repeated {
        let bitrate = self.bitrate;
        let branch = match &mut self.branch {
            Some(branch) if branch.on_gpu() => branch,
            _ => return Repeated::Lost,
        };
        let live = branch.profile().live;
        if key && !live.key_frame {
            return Repeated::Lost;
        }
        let rate_set = if live.bitrate {
            branch.set_bitrate(bitrate)
        } else {
            Ok(())
        };
        match rate_set.and_then(|()| branch.repeat(stamp, key)) {
            Ok(frame) => Repeated::Frame(frame),
            Err(error) => {
                tracing::warn!(%error, "an encoder is given up");
                self.give_up(true);
                if self.candidates.is_empty() {
                    Repeated::Failed(error)
                } else {
                    Repeated::Lost
                }
            }
        }
    }

    /// From now on no candidate is given DMA-BUFs: what is wanted of the pictures cannot be done with them.
    pub fn give_up_import(&mut self) {
        for candidate in &mut self.candidates {
            if candidate.from_dma_buf.is_some() {
                *candidate = Arc::new(without_import(candidate));
            }
        }
        self.announced = false;
    }

    /// Gives up the candidate whose turn it is. One that never made a frame of a DMA-BUF may only have failed to import
    /// it: it goes on with plain memory.
    fn give_up(&mut self, on_gpu: bool) {
        let branch = self.branch.take();
        let delivered = branch.as_ref().is_some_and(Branch::has_delivered);
        let imports = delivered && branch.is_some_and(|branch| branch.on_gpu());
        self.announced = false;
        let renews = delivered && self.candidates.len() == 1 && self.is_worth_renewing();
        match self.candidates.front_mut() {
            Some(front) if on_gpu && !imports && front.from_dma_buf.is_some() => {
                *front = Arc::new(without_import(front));
            }
            Some(last) if renews => {
                tracing::info!(element = %last.element, "the last encoder is made anew");
                self.renewals -= 1;
                self.renewed = Some(Instant::now());
            }
            _ => {
                self.candidates.pop_front();
            }
        }
    }

    fn is_worth_renewing(&self) -> bool {
        let rested = |at: Instant| at.elapsed() >= WORTH_RENEWING;
        self.renewals > 0 && self.renewed.is_none_or(rested)
    }

    fn attempt(
        &mut self,
        profile: &Arc<Profile>,
        picture: &Picture,
        stamp: Stamp,
        key: bool,
    ) -> Result<Coded, EncodeError> {
        if let Some(branch) = &mut self.branch
            && profile.live.bitrate
        {
            branch.set_bitrate(self.bitrate)?;
        }
        if self.branch.is_some() && self.worth_replacing(profile, picture, key) {
            match self.replace(profile, picture, stamp) {
                Ok(frame) => return Ok(frame),
                Err(error) => {
                    tracing::warn!(element = %profile.element, %error, "a second encoder does not start");
                    // The first one cannot read the picture.
                    if self
                        .branch
                        .as_ref()
                        .is_some_and(|branch| branch.on_gpu() != picture.layout.is_none())
                    {
                        self.branch = None;
                        return Err(error);
                    }
                }
            }
        }
        let branch = match &mut self.branch {
            Some(branch) => branch,
            None => self
                .branch
                .insert(Branch::start(profile, picture, self.bitrate)?),
        };
        branch.encode(picture, stamp, key)
    }

    /// Whether what is wanted can only be had from a new encoder.
    fn worth_replacing(&self, profile: &Profile, picture: &Picture, key: bool) -> bool {
        let Some(branch) = &self.branch else {
            return false;
        };
        let difference = branch.bitrate().abs_diff(self.bitrate);
        let other_rate = u64::from(difference) * 100
            >= u64::from(branch.bitrate()) * u64::from(SWAP_PERCENT)
            && self.swapped.is_none_or(|at| at.elapsed() >= SWAP_INTERVAL);
        !branch.takes(picture)
            || (key && !profile.live.key_frame)
            || (other_rate && !profile.live.bitrate)
    }

    fn replace(
        &mut self,
        profile: &Arc<Profile>,
        picture: &Picture,
        stamp: Stamp,
    ) -> Result<Coded, EncodeError> {
        let mut branch = Branch::start(profile, picture, self.bitrate)?;
        let frame = branch.encode(picture, stamp, true)?;
        self.branch = Some(branch);
        self.swapped = Some(Instant::now());
        self.announced = false;
        Ok(frame)
    }
}

fn without_import(profile: &Profile) -> Profile {
    Profile {
        from_dma_buf: None,
        ..profile.clone()
    }
}

/// The plane layout that the current candidate wants.
pub fn wanted_layout(failover: &Failover) -> Layout420 {
    failover
        .profile()
        .map_or(Layout420::I420, |profile| profile.input)
}

#[cfg(test)]
mod tests {
    use gstreamer as gst;

    use super::*;

    #[test]
    fn a_picture_that_cannot_be_read_costs_no_candidate() {
        crate::chain::init().expect("GStreamer");
        let candidates = Profile::candidates(VideoCodec::H264);
        let other_layout: Vec<_> = candidates
            .into_iter()
            .filter(|profile| profile.input == Layout420::Nv12)
            .collect();
        assert!(other_layout.len() > 1);
        let mut failover = Failover::new(VideoCodec::H264, other_layout.clone(), 1_000_000);
        let picture = Picture {
            buffer: gst::Buffer::new(),
            caps: gst::Caps::new_empty_simple("video/x-raw"),
            size: (64, 64),
            layout: Some(Layout420::I420),
        };
        let stamp = Stamp {
            at: Duration::ZERO,
            lasts: Duration::from_millis(33),
        };
        let refused = failover.encode(&picture, stamp, false).map(|_| ());
        assert_eq!(refused, Err(EncodeError::BadPicture));
        assert_eq!(failover.candidates, other_layout);
    }
}
