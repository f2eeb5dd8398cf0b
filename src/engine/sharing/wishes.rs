// SPDX-License-Identifier: GPL-3.0-or-later
//! What a session tells of itself: its sender core's wishes, key frames that came or were missed, pauses. In: those; out:
//! [`Move`]s, at once. Never weighs bitrates against each other: that is [`balance`](super::balance).

use std::time::{Duration, Instant};

use super::{Member, Move, Sharing};
use crate::cast::control::EncoderControl;

/// A second key frame within this time is the session's own affair.
const KEY_FRAME_SPACING: Duration = Duration::from_secs(5);

/// A session whose valve was closed so recently asks for a key frame because its network is full.
const HELD_BACK: Duration = Duration::from_secs(1);

impl Sharing {
    /// A session's sender core wishes something of its encoder.
    pub fn wish(&mut self, now: Instant, member: Member, wish: EncoderControl) {
        let Some(sharer) = self.sharer(member) else {
            return;
        };
        let encode = sharer.encode;
        match wish {
            EncoderControl::Bitrate(bits) => {
                sharer.bitrate = bits;
                self.tell_bitrate(encode);
            }
            EncoderControl::KeyFrame => self.wish_key_frame(now, member),
            EncoderControl::MaxSize(width, height) => {
                sharer.shape.size = (width, height);
                self.reshape(member, wish);
            }
            EncoderControl::MaxFrameRate(rate) => {
                sharer.shape.frame_rate = rate;
                self.reshape(member, wish);
            }
        }
        self.tick(now);
    }

    /// A key frame of its encode has come to a session.
    pub fn started(&mut self, member: Member) {
        if let Some(sharer) = self.sharer(member) {
            sharer.waits = false;
        }
    }

    /// A picture was encoded for others while this session's valve was closed.
    pub fn held_back(&mut self, now: Instant, member: Member) {
        if let Some(sharer) = self.sharer(member) {
            sharer.held_back = Some(now);
        }
    }

    /// A session does not take its frames: it has missed one, and goes on with a key frame.
    pub fn fell_behind(&mut self, member: Member) {
        let Some(sharer) = self.sharer(member) else {
            return;
        };
        sharer.waits = true;
        let encode = sharer.encode;
        if self.is_shared(encode) {
            self.separate(member);
        } else {
            let control = EncoderControl::KeyFrame;
            self.moves.push_back(Move::Steer { encode, control });
        }
    }

    /// A session's picture is frozen, or runs again. A frozen one is alone, and gets nothing more of what others see.
    pub fn pause(&mut self, member: Member, paused: bool) {
        let Some(sharer) = self.sharer(member) else {
            return;
        };
        sharer.paused = paused;
        let (encode, waits) = (sharer.encode, sharer.waits);
        if !paused {
            return;
        }
        if self.is_shared(encode) {
            self.separate(member);
        }
        let encode = self.sharer(member).map_or(encode, |sharer| sharer.encode);
        // One that was about to move still gets frames of the encode before.
        if waits || self.moves_to(member) {
            self.take(member, encode, true);
        }
    }

    fn wish_key_frame(&mut self, now: Instant, member: Member) {
        let Some(sharer) = self.sharer(member) else {
            return;
        };
        let recently = |at: Option<Instant>, time| {
            at.is_some_and(|at| now.saturating_duration_since(at) < time)
        };
        let first = sharer.waits;
        let own_affair =
            recently(sharer.asked, KEY_FRAME_SPACING) || recently(sharer.held_back, HELD_BACK);
        if !first {
            sharer.asked = Some(now);
        }
        let encode = sharer.encode;
        if !first && own_affair && self.is_shared(encode) {
            self.separate(member);
        } else {
            let control = EncoderControl::KeyFrame;
            self.moves.push_back(Move::Steer { encode, control });
        }
    }

    /// The shape that a session wants has changed.
    fn reshape(&mut self, member: Member, control: EncoderControl) {
        let Some(sharer) = self.sharer(member) else {
            return;
        };
        let (encode, shape, bitrate) = (sharer.encode, sharer.shape, sharer.bitrate);
        let alone = !self.is_shared(encode);
        let Some(of) = self.encodes.iter_mut().find(|shared| shared.id == encode) else {
            return;
        };
        if of.shape == shape {
            return;
        }
        if alone {
            of.shape = shape;
            of.near = None;
            self.moves.push_back(Move::Steer { encode, control });
            return;
        }
        match self.open(shape, bitrate) {
            Some(open) => self.enter(member, open),
            None => self.separate(member),
        }
    }

    fn moves_to(&self, member: Member) -> bool {
        let mut moves = self.moves.iter();
        moves.any(|to| matches!(to, Move::Take { member: who, .. } if *who == member))
    }
}
