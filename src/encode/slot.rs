// SPDX-License-Identifier: GPL-3.0-or-later
//! Where raw frames and wishes wait for the encoder's thread: one place, the newest wins.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::capture::frame::RawFrame;
use crate::cast::control::EncoderControl;

/// Wishes that have not been fulfilled yet; only the newest of each kind counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wishes {
    /// A key frame is wanted.
    pub key_frame: bool,
    /// Another bitrate, in bits per second.
    pub bitrate: Option<u32>,
    /// Another largest size.
    pub max_size: Option<(u32, u32)>,
    /// Another highest frame rate.
    pub max_frame_rate: Option<u32>,
}

impl Wishes {
    fn note(&mut self, control: EncoderControl) {
        match control {
            EncoderControl::KeyFrame => self.key_frame = true,
            EncoderControl::Bitrate(bits) => self.bitrate = Some(bits),
            EncoderControl::MaxSize(width, height) => self.max_size = Some((width, height)),
            EncoderControl::MaxFrameRate(rate) => self.max_frame_rate = Some(rate),
        }
    }
}

/// When the waiting frame came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// When it was put in.
    pub at: Instant,
    /// The time from the frame before it; zero for the first one.
    pub since_previous: Duration,
}

#[derive(Default)]
struct Content {
    frame: Option<RawFrame>,
    /// Of the newest frame, waiting or not.
    arrival: Option<Arrival>,
    replaced: u32,
    wishes: Wishes,
    stopped: bool,
}

/// What was found in the slot.
pub enum Found {
    /// Wishes alone, or with a frame that stays until it is due.
    Wishes(Wishes),
    /// The newest frame.
    Frame {
        /// The frame.
        frame: RawFrame,
        /// How many older ones it replaced.
        replaced: u32,
    },
    /// The deadline passed.
    Nothing,
    /// The handle is gone.
    Stopped,
}

/// One raw frame and the newest wishes. A frame that is put in replaces the one that waits there.
#[derive(Default)]
pub struct Slot {
    content: Mutex<Content>,
    changed: Condvar,
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a frame in; an older one that still waits is given back at once.
    pub fn put(&self, frame: RawFrame) {
        let older = {
            let mut content = self.lock();
            let at = Instant::now();
            let since_previous = content
                .arrival
                .map(|previous| at.saturating_duration_since(previous.at))
                .unwrap_or_default();
            content.arrival = Some(Arrival { at, since_previous });
            let older = content.frame.replace(frame);
            if older.is_some() {
                content.replaced = content.replaced.saturating_add(1);
            }
            older
        };
        self.changed.notify_one();
        // Outside the lock: dropping the last clone calls into the capture.
        drop(older);
    }

    /// Notes a wish.
    pub fn wish(&self, control: EncoderControl) {
        self.lock().wishes.note(control);
        self.changed.notify_one();
    }

    /// Says that nothing follows, and gives the waiting frame back.
    pub fn stop(&self) {
        let waiting = {
            let mut content = self.lock();
            content.stopped = true;
            content.frame.take()
        };
        self.changed.notify_all();
        drop(waiting);
    }

    /// Whether [`Slot::stop`] was called.
    pub fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Waits for something to do: wishes first, then a frame once it is due according to its arrival, then the
    /// `deadline`.
    pub fn take(&self, due: impl Fn(Arrival) -> Instant, deadline: Option<Instant>) -> Found {
        let mut content = self.lock();
        loop {
            if content.stopped {
                return Found::Stopped;
            }
            if content.wishes != Wishes::default() {
                return Found::Wishes(std::mem::take(&mut content.wishes));
            }
            let now = Instant::now();
            let due = content.arrival.map(&due);
            let ready = due.is_none_or(|due| due <= now);
            if ready && let Some(frame) = content.frame.take() {
                let replaced = std::mem::take(&mut content.replaced);
                return Found::Frame { frame, replaced };
            }
            if deadline.is_some_and(|deadline| deadline <= now) && content.frame.is_none() {
                return Found::Nothing;
            }
            let until = if content.frame.is_some() {
                due
            } else {
                deadline
            };
            content = match until {
                Some(until) => {
                    self.changed
                        .wait_timeout(content, until.saturating_duration_since(now))
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
                None => self
                    .changed
                    .wait(content)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}
