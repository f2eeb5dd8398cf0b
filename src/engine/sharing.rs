// SPDX-License-Identifier: GPL-3.0-or-later
//! Which sessions of one capture share an encode: what they wish in, [`Move`]s out. Pure: reads no clock, starts nothing.
//!
//! ```text
//!             same shape, bitrates within 30 %                 bitrates apart for 1 s
//!  join ────────────────────────────────────▶ shared ────────────────────────────────────────▶ own encode
//!    └── otherwise: an encode of its own        ▲   another shape, a second key frame in 5 s,      │
//!                                               │   fallen behind, paused: at once                 │
//!                                               └─── bitrates within 15 % and no trouble for 10 s ──┘
//! ```
//! A shared encode runs at the lowest of its sessions' bitrates, so nobody is ever sent more than the network carries
//! while it is being decided who leaves. A session that moves goes on with the frames of the old encode until the new one
//! has a key frame for it: nothing is lost and nothing is repeated.
//!
//! A raw picture is encoded when one session of an encode wants it, and all of them get it: what is encoded is never
//! dropped for one of them. One whose valve is closed has some room left for that in its sender core. When that is used up
//! the core refuses frames and asks for a key frame, and gets it from an encode of its own, which its valve then rules.

mod balance;
mod group;
mod wishes;

use std::collections::VecDeque;
use std::time::Instant;

use crate::cast::codec::VideoCodec;
use crate::cast::control::EncoderControl;

use group::fits;

/// Bitrates that share are within this many percent of the lowest.
const STAY_PERCENT: u64 = 30;

/// A session that shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Member(pub u64);

/// An encode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Encode(pub u64);

/// What must be equal in all sessions of an encode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// The codec.
    pub codec: VideoCodec,
    /// Largest picture, or exactly this canvas with `borders` (width, height in pixels).
    pub size: (u32, u32),
    /// Whether borders are drawn here.
    pub borders: bool,
    /// Percent of each edge that stays free.
    pub overscan_pct: u32,
    /// Most pictures a second.
    pub frame_rate: u32,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Start this encode, for the session that it is named with.
    Start {
        /// The new encode.
        encode: Encode,
        /// Whose settings it gets.
        member: Member,
        /// What it is to make.
        shape: Shape,
        /// Bits per second to begin with.
        bitrate: u32,
    },
    /// From its next key frame on, this encode is the session's.
    Take {
        /// The session.
        member: Member,
        /// Its encode.
        encode: Encode,
        /// Nothing more is to come from the encode before.
        at_once: bool,
    },
    /// Pass this on.
    Steer {
        /// To this encode.
        encode: Encode,
        /// The wish.
        control: EncoderControl,
    },
}

#[derive(Debug)]
struct Sharer {
    id: Member,
    encode: Encode,
    shape: Shape,
    bitrate: u32,
    paused: bool,
    /// No key frame of its encode has come yet.
    waits: bool,
    /// When it last asked for a key frame, apart from the first.
    asked: Option<Instant>,
    held_back: Option<Instant>,
    /// Since when its bitrate does not fit those of the others.
    apart: Option<Instant>,
}

#[derive(Debug)]
struct Shared {
    id: Encode,
    shape: Shape,
    /// What the encoder was told, bits per second.
    bitrate: u32,
    /// Nobody may join any more.
    failed: bool,
    /// Since when it agrees with another one.
    near: Option<Instant>,
}

/// The sessions of one capture and their encodes.
#[derive(Debug, Default)]
pub struct Sharing {
    sharers: Vec<Sharer>,
    encodes: Vec<Shared>,
    moves: VecDeque<Move>,
    next: u64,
}

impl Sharing {
    /// The next thing to be done. To be drained after each call.
    pub fn next_move(&mut self) -> Option<Move> {
        self.moves.pop_front()
    }

    /// A session begins with pictures of this shape at this bitrate. Its sender core will ask for a key frame.
    pub fn join(&mut self, shape: Shape, bitrate: u32) -> Member {
        let member = Member(self.number());
        let (encode, is_new) = match self.open(shape, bitrate) {
            Some(open) => (open, false),
            None => (Encode(self.number()), true),
        };
        self.sharers.push(Sharer {
            id: member,
            encode,
            shape,
            bitrate,
            paused: false,
            waits: true,
            asked: None,
            held_back: None,
            apart: None,
        });
        if is_new {
            self.start(encode, member, shape, bitrate);
        }
        self.take(member, encode, true);
        self.tell_bitrate(encode);
        member
    }

    /// A session has ended.
    pub fn leave(&mut self, member: Member) {
        let Some(encode) = self.sharer(member).map(|sharer| sharer.encode) else {
            return;
        };
        self.sharers.retain(|sharer| sharer.id != member);
        self.tell_bitrate(encode);
        self.forget_empty();
    }

    /// An encode has failed for good.
    pub fn failed(&mut self, encode: Encode) {
        if let Some(shared) = self.encodes.iter_mut().find(|shared| shared.id == encode) {
            shared.failed = true;
        }
    }

    /// Whether the picture of this encode is frozen.
    pub fn is_frozen(&self, encode: Encode) -> bool {
        let mut of = self.of(encode).peekable();
        of.peek().is_some() && of.all(|sharer| sharer.paused)
    }

    /// The sessions of an encode.
    pub fn members(&self, encode: Encode) -> impl Iterator<Item = Member> {
        self.of(encode).map(|sharer| sharer.id)
    }

    /// Gives a session an encode of its own, unless it has one.
    fn separate(&mut self, member: Member) {
        let encode = Encode(self.number());
        let Some(before) = self.sharer(member).map(|sharer| sharer.encode) else {
            return;
        };
        if !self.is_shared(before) {
            return;
        }
        let Some(sharer) = self.sharer(member) else {
            return;
        };
        sharer.enter(encode);
        let (shape, bitrate) = (sharer.shape, sharer.bitrate);
        tracing::debug!(?member, "gets an encode of its own");
        self.start(encode, member, shape, bitrate);
        self.take(member, encode, false);
        self.tell_bitrate(before);
    }

    /// An encode that a session may enter at once.
    fn open(&self, shape: Shape, bitrate: u32) -> Option<Encode> {
        let open = self.encodes.iter().find(|encode| {
            let rates = self.of(encode.id).map(|sharer| sharer.bitrate);
            encode.shape == shape
                && !encode.failed
                && self.of(encode.id).all(|sharer| !sharer.paused)
                && fits(rates.chain([bitrate]), STAY_PERCENT)
        });
        open.map(|open| open.id)
    }

    fn take(&mut self, member: Member, encode: Encode, at_once: bool) {
        self.moves.push_back(Move::Take {
            member,
            encode,
            at_once,
        });
    }

    /// Moves a session into an encode that runs. Its sender core does not ask for the key frame that this takes.
    fn enter(&mut self, member: Member, encode: Encode) {
        let Some(sharer) = self.sharer(member) else {
            return;
        };
        let before = std::mem::replace(&mut sharer.encode, encode);
        sharer.enter(encode);
        self.take(member, encode, false);
        let control = EncoderControl::KeyFrame;
        self.moves.push_back(Move::Steer { encode, control });
        self.tell_bitrate(encode);
        self.tell_bitrate(before);
        self.forget_empty();
    }

    fn start(&mut self, encode: Encode, member: Member, shape: Shape, bitrate: u32) {
        self.encodes.push(Shared {
            id: encode,
            shape,
            bitrate,
            failed: false,
            near: None,
        });
        self.moves.push_back(Move::Start {
            encode,
            member,
            shape,
            bitrate,
        });
    }

    /// An encode runs at the lowest bitrate of its sessions.
    fn tell_bitrate(&mut self, encode: Encode) {
        let Some(lowest) = self.of(encode).map(|sharer| sharer.bitrate).min() else {
            return;
        };
        let of = self.encodes.iter_mut().find(|shared| shared.id == encode);
        if let Some(shared) = of.filter(|shared| shared.bitrate != lowest) {
            shared.bitrate = lowest;
            let control = EncoderControl::Bitrate(lowest);
            self.moves.push_back(Move::Steer { encode, control });
        }
    }

    fn forget_empty(&mut self) {
        let sharers = &self.sharers;
        self.encodes
            .retain(|shared| sharers.iter().any(|sharer| sharer.encode == shared.id));
    }

    fn is_shared(&self, encode: Encode) -> bool {
        self.of(encode).nth(1).is_some()
    }

    fn of(&self, encode: Encode) -> impl Iterator<Item = &Sharer> {
        self.sharers
            .iter()
            .filter(move |sharer| sharer.encode == encode)
    }

    fn sharer(&mut self, member: Member) -> Option<&mut Sharer> {
        self.sharers.iter_mut().find(|sharer| sharer.id == member)
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

impl Sharer {
    fn enter(&mut self, encode: Encode) {
        self.encode = encode;
        self.waits = true;
        self.asked = None;
        self.held_back = None;
        self.apart = None;
    }
}

#[cfg(test)]
mod tests;
