// SPDX-License-Identifier: GPL-3.0-or-later
//! What [`Encodes`](super::Encodes) keeps under its lock: the sessions, the running encoders, the newest raw picture.

use std::sync::{Arc, Mutex, Weak};
use std::time::Instant;

use async_channel::Sender;

use super::super::super::sharing::{Encode, Member, Move, Shape, Sharing};
use super::deliver::Tap;
use super::frame::TimeLine;
use super::{Encoder, Encodes, Later, lock};
use crate::capture::frame::{DmaBufFormat, Memory, RawFrame};
use crate::cast::control::EncoderControl;
use crate::encode::config::{Encoders, VideoConfig};
use crate::encode::error::EncodeError;
use crate::encode::import;
use crate::encode::layout::Fit;
use crate::encode::output::EncoderEvent;
use crate::encode::profile::Profile;
use crate::encode::video::VideoEncoder;
use crate::session::source::{Valve, VideoSetup};

/// A session that is fed.
pub(super) struct Session {
    pub(super) valve: Arc<Valve>,
    pub(super) events: Sender<EncoderEvent>,
    pub(super) line: TimeLine,
    /// What may encode for it.
    encoders: Encoders,
    setup: VideoSetup,
    /// Whose frames it gets.
    pub(super) fed_by: Option<Encode>,
    /// Who takes over with the next key frame.
    pub(super) next: Option<Encode>,
}

impl Session {
    pub(super) fn new(
        setup: &VideoSetup,
        encoders: Encoders,
        events: Sender<EncoderEvent>,
    ) -> Session {
        Session {
            valve: Arc::clone(&setup.valve),
            events,
            line: TimeLine::new(setup.epoch),
            encoders,
            setup: setup.clone(),
            fed_by: None,
            next: None,
        }
    }

    /// The encode that it is in, or on the way to.
    fn encode(&self) -> Option<Encode> {
        self.next.or(self.fed_by)
    }

    /// `next` takes over: with its next key frame, unless it feeds the session already.
    fn take(&mut self, next: Encode, at_once: bool) {
        if at_once {
            self.fed_by = None;
        }
        self.next = Some(next).filter(|next| self.fed_by != Some(*next));
    }

    pub(super) fn uses(&self, encode: Encode) -> bool {
        self.next == Some(encode) || self.fed_by == Some(encode)
    }
}

/// An encoder at work.
pub(super) struct Running {
    pub(super) encode: Encode,
    encoder: Encoder,
    /// Where its media time begins.
    pub(super) epoch: Instant,
    profiles: Vec<Arc<Profile>>,
    /// What it takes without a copy.
    memory: Vec<DmaBufFormat>,
    /// What it last said about itself; for sessions that come later.
    pub(super) using: Option<EncoderEvent>,
    pub(super) path: Option<EncoderEvent>,
}

impl Running {
    /// Another encoder is in use for it.
    pub(super) fn note_use(&mut self, element: &str, dma_buf: bool) {
        let mut profiles = self.profiles.iter();
        let profile = profiles.find(|profile| dma_buf && profile.element == element);
        self.memory = profile.map_or_else(Vec::new, |profile| import::accepted(profile));
    }
}

/// Everything under the lock.
#[derive(Default)]
pub(super) struct State {
    pub(super) sharing: Sharing,
    pub(super) sessions: Vec<(Member, Session)>,
    pub(super) running: Vec<Running>,
    /// The newest raw picture: the next encode begins with it, and so does the end of a pause. One in a DMA-BUF is kept
    /// only until an encoder has it, because the compositor has few of them.
    pub(super) last: Option<RawFrame>,
    /// A picture has come.
    seen: bool,
    /// What was asked of the capture's memory last.
    memory: Option<Vec<DmaBufFormat>>,
}

impl State {
    /// The encodes that are to get the newest picture: one of their sessions wants it, and it is not frozen.
    pub(super) fn admit(&mut self, now: Instant) -> Vec<Encode> {
        self.seen = true;
        let mut wanting = Vec::new();
        for running in &self.running {
            let encode = running.encode;
            let own = || {
                self.sessions
                    .iter()
                    .filter(move |(_, it)| it.encode() == Some(encode))
            };
            if self.sharing.is_frozen(encode) {
                for (_, session) in own() {
                    // It was captured, and nobody is to see it.
                    session.valve.pass();
                }
                continue;
            }
            // Those that are about to leave have no say, unless nobody else is there.
            let leaving = self.sessions.iter().filter(|(_, it)| it.uses(encode));
            let wanted = match own().count() {
                0 => leaving.into_iter().any(|(_, it)| it.valve.is_open()),
                1 => own().all(|(_, it)| it.valve.admit()),
                _ if own().any(|(_, it)| it.valve.is_open()) => {
                    for (member, session) in own() {
                        if !session.valve.pass() {
                            self.sharing.held_back(now, *member);
                        }
                    }
                    true
                }
                // All of them are asked: each has to know that it was refused.
                _ => own().fold(false, |any, (_, it)| it.valve.admit() || any),
            };
            if wanted {
                wanting.push(encode);
            }
        }
        wanting
    }

    /// Hands the last picture to these encodes, if it is still here.
    pub(super) fn hand_out(&mut self, to: &[Encode]) -> Vec<Later> {
        let encoders: Vec<Encoder> = self
            .running
            .iter()
            .filter(|running| to.contains(&running.encode))
            .map(|running| Arc::clone(&running.encoder))
            .collect();
        if encoders.is_empty() {
            return Vec::new();
        }
        let frame = match &self.last {
            Some(last) if matches!(last.memory, Memory::DmaBuf(_)) => self.last.take(),
            last => last.clone(),
        };
        let Some(frame) = frame else {
            return Vec::new();
        };
        let to_each = encoders.into_iter();
        to_each
            .map(|encoder| Later::Push(encoder, frame.clone()))
            .collect()
    }

    /// The same for one encode, which needs the picture: the capture is asked for one that has gone.
    pub(super) fn hand_out_or_redraw(&mut self, encode: Option<Encode>) -> Vec<Later> {
        let handed = self.hand_out(encode.as_slice());
        if handed.is_empty() && self.seen && encode.is_some() {
            return vec![Later::Redraw];
        }
        handed
    }

    /// Does one thing.
    pub(super) fn carry_out(&mut self, next: Move, me: &Weak<Encodes>) -> Vec<Later> {
        match next {
            Move::Start {
                encode,
                member,
                shape,
                bitrate,
            } => match self.start(encode, member, shape, bitrate, me) {
                Ok(()) => self.hand_out_or_redraw(Some(encode)),
                Err(error) => {
                    tracing::warn!(%error, "no encoder");
                    self.sharing.failed(encode);
                    self.tell(member, EncoderEvent::Failed(error));
                    Vec::new()
                }
            },
            Move::Take {
                member,
                encode,
                at_once,
            } => {
                if let Some(session) = self.session(member) {
                    session.take(encode, at_once);
                    if session.next.is_none() {
                        self.sharing.started(member);
                    }
                }
                self.unused().map(Later::End).collect()
            }
            Move::Steer { encode, control } => {
                self.steer(encode, control);
                Vec::new()
            }
        }
    }

    fn start(
        &mut self,
        encode: Encode,
        member: Member,
        shape: Shape,
        bitrate: u32,
        me: &Weak<Encodes>,
    ) -> Result<(), EncodeError> {
        let Some(session) = self.session(member) else {
            return Ok(());
        };
        let encoders = session.encoders.clone();
        let epoch = session.setup.epoch;
        let profiles = match &encoders {
            Encoders::Candidates(profiles) => profiles.clone(),
            Encoders::Null(_) => Vec::new(),
        };
        // Before the first picture: fewer are drawn for nothing.
        let first = profiles.first().filter(|_| shape.overscan_pct == 0);
        let memory = first.map_or_else(Vec::new, |profile| import::accepted(profile));
        let config = VideoConfig {
            max_size: shape.size,
            fit: if shape.borders {
                Fit::Borders
            } else {
                Fit::Picture
            },
            overscan_pct: shape.overscan_pct,
            max_frame_rate: shape.frame_rate,
            bitrate,
            epoch,
            ..VideoConfig::new(shape.codec, encoders)
        };
        let tap = Tap::new(me.clone(), encode);
        let encoder = VideoEncoder::start(config, tap)?;
        self.running.push(Running {
            encode,
            encoder: Arc::new(Mutex::new(encoder)),
            epoch,
            profiles,
            memory,
            using: None,
            path: None,
        });
        Ok(())
    }

    fn steer(&self, encode: Encode, control: EncoderControl) {
        if let Some(running) = self.running.iter().find(|it| it.encode == encode) {
            lock(&running.encoder).control(control);
        }
    }

    fn tell(&mut self, member: Member, event: EncoderEvent) {
        if let Some(session) = self.session(member)
            && let Err(error) = session.events.try_send(event)
        {
            tracing::warn!(%error, "news of an encoder are lost");
        }
    }

    /// Takes a session out.
    pub(super) fn remove(&mut self, member: Member) -> Option<Session> {
        self.sharing.leave(member);
        let at = self.sessions.iter().position(|(it, _)| *it == member)?;
        Some(self.sessions.swap_remove(at).1)
    }

    /// The encoders that nobody needs any more, taken out.
    pub(super) fn unused(&mut self) -> std::vec::IntoIter<Running> {
        let sessions = &self.sessions;
        let used = |running: &Running| sessions.iter().any(|(_, it)| it.uses(running.encode));
        let (used, unused) = std::mem::take(&mut self.running)
            .into_iter()
            .partition(used);
        self.running = used;
        let unused: Vec<Running> = unused;
        unused.into_iter()
    }

    /// What all running encoders take without a copy, when that has changed; empty: shared memory only.
    pub(super) fn other_memory(&mut self) -> Option<Vec<DmaBufFormat>> {
        let (first, others) = self.running.split_first()?;
        let common = others.iter().all(|other| other.memory == first.memory);
        let memory = if common {
            first.memory.clone()
        } else {
            Vec::new()
        };
        if self.memory.as_ref() == Some(&memory) {
            return None;
        }
        self.memory = Some(memory.clone());
        Some(memory)
    }

    /// The encode of a session.
    pub(super) fn encode_of(&mut self, member: Member) -> Option<Encode> {
        self.session(member).and_then(|session| session.encode())
    }

    /// Whether the encode of a session runs.
    pub(super) fn has_encode(&mut self, member: Member) -> bool {
        let encode = self.encode_of(member);
        self.running
            .iter()
            .any(|running| Some(running.encode) == encode)
    }

    fn session(&mut self, member: Member) -> Option<&mut Session> {
        let mut sessions = self.sessions.iter_mut();
        sessions
            .find(|(it, _)| *it == member)
            .map(|(_, session)| session)
    }
}
