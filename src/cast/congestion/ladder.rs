// SPDX-License-Identifier: GPL-3.0-or-later
//! A bitrate for pictures and how much they move in; the frame rate and the size that it is worth out.
//!
//! ```text
//!             moving (a film)                 still or slow (text)
//!   rung      size    frame rate              size    frame rate
//!    0         1          1                    1          1
//!    1         1         2/3                   1         2/3        a film on fewer, smaller pictures stays a film;
//!    2        3/4        2/3                   1         1/2        text on small pictures cannot be read,
//!    3        1/2        2/3                   1         1/3        on fewer ones it can
//!    4        1/2        1/2                  3/4        1/3
//!    5        3/8        1/2                  1/2        1/3
//! ```
//! The bitrate falls first, within what a rung needs. A rung is left downwards when its need has not been met for a
//! second, or not by half; upwards when the need of the next one has been exceeded for some seconds, one at a time. A new
//! size costs a key frame, so it comes seldom.

use std::time::{Duration, Instant};

/// Bits that a pixel needs at least to look decent: moving, and still or slow, where most of it is repeated.
const MOVING_BITS: f64 = 0.04;
const SLOW_BITS: f64 = 0.02;

/// Size and frame rate of each rung, as parts of the largest.
const MOVING: [(f64, f64); 6] = [
    (1.0, 1.0),
    (1.0, 2.0 / 3.0),
    (0.75, 2.0 / 3.0),
    (0.5, 2.0 / 3.0),
    (0.5, 0.5),
    (0.375, 0.5),
];
const SLOW: [(f64, f64); 6] = [
    (1.0, 1.0),
    (1.0, 2.0 / 3.0),
    (1.0, 0.5),
    (1.0, 1.0 / 3.0),
    (0.75, 1.0 / 3.0),
    (0.5, 1.0 / 3.0),
];

/// For how long a need must not be met, or be exceeded by this factor.
const DOWN_AFTER: Duration = Duration::from_secs(1);
const UP_AFTER: Duration = Duration::from_secs(3);
const UP_FACTOR: f64 = 1.3;

/// A bitrate below this part of the need changes the rung at once.
const DIRE: f64 = 0.5;

/// Motion is judged over this time: a film draws in most of the slots, somebody who types does not.
const WATCH: Duration = Duration::from_secs(2);
const MOVING_PART: f64 = 0.6;

/// The content is taken for another one after so many judgements in a row.
const JUDGEMENTS: u32 = 2;

/// What pictures may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Largest {
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// Pictures a second.
    pub frame_rate: u32,
}

/// Chooses frame rate and size.
#[derive(Debug)]
pub struct Ladder {
    largest: Largest,
    /// As it was settled, before any limit.
    settled: (u32, u32),
    /// Of the pictures on a rung of full size: those of a window are smaller than the largest.
    natural: (u32, u32),
    rung: usize,
    is_moving: bool,
    /// Since when the present rung has been too high, and the next one affordable.
    too_high: Option<Instant>,
    affordable: Option<Instant>,
    watched: Instant,
    drawn: u32,
    /// Judgements in a row against what is believed.
    against: u32,
}

impl Ladder {
    /// On the highest rung, for content that moves.
    pub fn new(now: Instant, largest: Largest) -> Ladder {
        Ladder {
            largest,
            settled: largest.size,
            natural: largest.size,
            rung: 0,
            is_moving: true,
            too_high: None,
            affordable: None,
            watched: now,
            drawn: 0,
            against: 0,
        }
    }

    /// No picture is to be larger than this any more; as before with a size that is not below what was settled.
    pub fn limit(&mut self, size: (u32, u32)) {
        let limited = (size.0.min(self.settled.0), size.1.min(self.settled.1));
        let was = std::mem::replace(&mut self.largest.size, limited);
        // Until the first picture of the new size tells, it is as large as it may be.
        self.natural = if limited.0 > was.0 || limited.1 > was.1 {
            limited
        } else {
            (self.natural.0.min(limited.0), self.natural.1.min(limited.1))
        };
    }

    /// A picture was drawn: encoded in this size, or left out.
    pub fn on_picture(&mut self, now: Instant, size: Option<(u32, u32)>) {
        if let Some(size) = size
            && self.parts(self.rung).0 >= 1.0
        {
            let (width, height) = self.largest.size;
            self.natural = (size.0.min(width), size.1.min(height));
        }
        self.drawn += 1;
        let passed = now.saturating_duration_since(self.watched);
        if passed < WATCH {
            return;
        }
        let slots = self.frame_rate_of(self.rung) * passed.as_secs_f64();
        let is_moving = f64::from(self.drawn) > MOVING_PART * slots;
        (self.watched, self.drawn) = (now, 0);
        self.against = if is_moving == self.is_moving {
            0
        } else {
            self.against + 1
        };
        if self.against >= JUDGEMENTS {
            (self.is_moving, self.against) = (is_moving, 0);
        }
    }

    /// What pictures may be from now on, with this many bits a second for them.
    pub fn choose(&mut self, now: Instant, bitrate: u32) -> Largest {
        let bitrate = f64::from(bitrate);
        let lasted = |since: &mut Option<Instant>, holds: bool| {
            if !holds {
                *since = None;
                return Duration::ZERO;
            }
            now.saturating_duration_since(*since.get_or_insert(now))
        };
        let need = self.need(self.rung);
        let short = lasted(&mut self.too_high, bitrate < need);
        if short >= DOWN_AFTER || bitrate < DIRE * need {
            let rungs = self.rung..MOVING.len();
            let affordable = rungs.into_iter().find(|rung| self.need(*rung) <= bitrate);
            self.move_to(affordable.unwrap_or(MOVING.len() - 1));
        }
        if let Some(higher) = self.rung.checked_sub(1) {
            let holds = bitrate > UP_FACTOR * self.need(higher);
            if lasted(&mut self.affordable, holds) >= UP_AFTER {
                self.move_to(higher);
            }
        }
        self.present()
    }

    /// What pictures may be at most: those of the highest rung.
    pub fn largest(&self) -> Largest {
        self.largest
    }

    /// What pictures may be now.
    pub fn present(&self) -> Largest {
        let (size, _) = self.parts(self.rung);
        // Whole macroblocks of 8, so that a length is even at half the size too.
        let scaled = |length: u32| {
            let scaled = (f64::from(length) * size / 8.0).round() as u32;
            scaled.saturating_mul(8).max(16).min(length)
        };
        let (width, height) = self.natural;
        Largest {
            size: if size < 1.0 {
                (scaled(width), scaled(height))
            } else {
                self.largest.size
            },
            frame_rate: (self.frame_rate_of(self.rung).round() as u32).max(1),
        }
    }

    fn move_to(&mut self, rung: usize) {
        self.rung = rung;
        (self.too_high, self.affordable) = (None, None);
    }

    fn parts(&self, rung: usize) -> (f64, f64) {
        let rungs = if self.is_moving { MOVING } else { SLOW };
        rungs.get(rung).copied().unwrap_or((1.0, 1.0))
    }

    fn frame_rate_of(&self, rung: usize) -> f64 {
        f64::from(self.largest.frame_rate) * self.parts(rung).1
    }

    /// Bits per second that a rung needs.
    fn need(&self, rung: usize) -> f64 {
        let (width, height) = self.natural;
        let (size, _) = self.parts(rung);
        let pixels = f64::from(width) * f64::from(height) * size * size;
        let bits = if self.is_moving {
            MOVING_BITS
        } else {
            SLOW_BITS
        };
        pixels * bits * self.frame_rate_of(rung)
    }
}

#[cfg(test)]
mod tests;
