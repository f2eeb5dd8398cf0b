// SPDX-License-Identifier: GPL-3.0-or-later
//! The encodes of one capture and the sessions that they feed: raw pictures and wishes in, frames out to each session's
//! channel. Carries out what [`Sharing`](super::super::sharing::Sharing) decides.
//!
//! ```text
//! capture ──RawFrame──▶ push ──▶ VideoEncoder ──EncoderEvent──▶ Tap ──▶ deliver ──▶ channel of each session
//!                        ▲ one picture for each encode            (on the encoder's thread)
//!                        └ Valve of each session
//! ```
//! One lock, held for moments: nothing is encoded, freed or waited for under it.

mod deliver;
mod frame;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use async_channel::Receiver;
use tokio::runtime::Handle;

use super::super::sharing::{Member, Shape};
use super::super::{Missing, Reason};
use super::FEED_DEPTH;
use super::memory::MemoryChoice;
use crate::capture::frame::RawFrame;
use crate::cast::control::EncoderControl;
use crate::encode::config::Encoders;
use crate::encode::output::EncoderEvent;
use crate::encode::video::VideoEncoder;
use crate::session::source::{EncoderPort, Feed, VideoSetup};
use state::{Running, Session, State};

/// Asks the capture for its newest picture once more.
type Redraw = Box<dyn Fn() + Send + Sync>;

/// A running encoder. Its calls never block, so neither does the lock.
type Encoder = Arc<Mutex<VideoEncoder>>;

/// See the module.
pub(super) struct Encodes {
    me: Weak<Encodes>,
    runtime: Handle,
    memory: Arc<MemoryChoice>,
    redraw: Redraw,
    state: Mutex<State>,
}

impl std::fmt::Debug for Encodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encodes").finish_non_exhaustive()
    }
}

/// What is to be done when the lock is released.
enum Later {
    Push(Encoder, RawFrame),
    Redraw,
    /// Takes time: it joins a thread.
    End(Running),
}

impl Encodes {
    /// Without sessions. Encoders that are not needed any more are ended on `runtime`.
    pub(super) fn new(runtime: Handle, memory: Arc<MemoryChoice>, redraw: Redraw) -> Arc<Encodes> {
        Arc::new_cyclic(|me| Encodes {
            me: me.clone(),
            runtime,
            memory,
            redraw,
            state: Mutex::new(State::default()),
        })
    }

    /// Starts to feed a session, as `setup` says, with a frozen picture if it is `paused`. Which encoder does it is told
    /// by the frames.
    pub(super) fn join(
        self: &Arc<Self>,
        setup: &VideoSetup,
        encoders: Encoders,
        paused: bool,
    ) -> Result<(Member, Feed), Reason> {
        if matches!(&encoders, Encoders::Candidates(profiles) if profiles.is_empty()) {
            return Err(Reason::Missing(Missing::VideoEncoder));
        }
        let shape = Shape {
            codec: setup.codec,
            size: setup.canvas.unwrap_or(setup.max_size),
            borders: setup.canvas.is_some(),
            overscan_pct: setup.overscan_pct,
            frame_rate: setup.frame_rate,
        };
        let (sender, events) = async_channel::bounded(FEED_DEPTH);
        let session = Session::new(setup, encoders, sender);
        let (member, later) = {
            let mut state = self.lock();
            let member = state.sharing.join(shape, setup.bitrate);
            state.sessions.push((member, session));
            if paused {
                state.sharing.pause(member, true);
            }
            let mut later = self.carry_out(&mut state);
            if !state.has_encode(member) {
                state.remove(member);
                later.extend(state.unused().map(Later::End));
                drop(state);
                self.finish(later);
                return Err(Reason::Missing(Missing::VideoEncoder));
            }
            (member, later)
        };
        self.finish(later);
        // The last change before the screen stands still must not be the one that the valve refused.
        let me = self.me.clone();
        setup.valve.when_reopened(move || {
            if let Some(encodes) = me.upgrade() {
                encodes.push_last_to(member);
            }
        });
        Ok((member, self.feed(member, events)))
    }

    fn feed(self: &Arc<Self>, member: Member, events: Receiver<EncoderEvent>) -> Feed {
        Feed {
            events,
            port: Box::new(Port {
                encodes: Arc::clone(self),
                member,
            }),
        }
    }

    /// Takes a new raw picture.
    pub(super) fn push(&self, frame: RawFrame) {
        let (older, later) = {
            let mut state = self.lock();
            let older = state.last.replace(frame);
            let now = Instant::now();
            let wanting = state.admit(now);
            (older, state.hand_out(&wanting))
        };
        // Outside the lock: giving a buffer back calls into the capture.
        drop(older);
        self.finish(later);
    }

    /// Freezes a session's picture, or lets it run again.
    pub(super) fn pause(&self, member: Member, paused: bool) {
        let later = {
            let mut state = self.lock();
            state.sharing.pause(member, paused);
            let mut later = self.carry_out(&mut state);
            if !paused {
                let encode = state.encode_of(member);
                later.extend(state.hand_out_or_redraw(encode));
            }
            later
        };
        self.finish(later);
    }

    /// Passes the last picture on to a session's encode, if it is still here.
    fn push_last_to(&self, member: Member) {
        let later = {
            let mut state = self.lock();
            let encode = state.encode_of(member);
            let moving = encode.filter(|encode| !state.sharing.is_frozen(*encode));
            state.hand_out(moving.as_slice())
        };
        self.finish(later);
    }

    fn wish(&self, member: Member, wish: EncoderControl) {
        let later = {
            let mut state = self.lock();
            state.sharing.wish(Instant::now(), member, wish);
            self.carry_out(&mut state)
        };
        self.finish(later);
    }

    /// Ends what only this session needed, and waits for it.
    fn leave(&self, member: Member) {
        let (session, unused, later) = {
            let mut state = self.lock();
            let session = state.remove(member);
            let later = self.carry_out(&mut state);
            let unused: Vec<Running> = state.unused().collect();
            self.choose_memory(&mut state);
            (session, unused, later)
        };
        self.finish(later);
        drop((session, unused));
    }

    /// Does what was decided; the rest is for [`Encodes::finish`].
    fn carry_out(&self, state: &mut State) -> Vec<Later> {
        let mut later = Vec::new();
        while let Some(next) = state.sharing.next_move() {
            later.extend(state.carry_out(next, &self.me));
        }
        self.choose_memory(state);
        later
    }

    /// The capture delivers what every encoder can take.
    fn choose_memory(&self, state: &mut State) {
        if let Some(formats) = state.other_memory() {
            self.memory.want(formats);
        }
    }

    fn finish(&self, later: Vec<Later>) {
        for job in later {
            match job {
                Later::Push(encoder, frame) => lock(&encoder).push(frame),
                Later::Redraw => (self.redraw)(),
                Later::End(running) => {
                    self.runtime.spawn_blocking(move || drop(running));
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lock(encoder: &Mutex<VideoEncoder>) -> MutexGuard<'_, VideoEncoder> {
    encoder.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One session's way back to its encode. Keeps the encoders, but not the capture.
struct Port {
    encodes: Arc<Encodes>,
    member: Member,
}

impl EncoderPort for Port {
    fn control(&mut self, wish: EncoderControl) {
        self.encodes.wish(self.member, wish);
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.encodes.leave(self.member);
    }
}

#[cfg(test)]
mod tests;
