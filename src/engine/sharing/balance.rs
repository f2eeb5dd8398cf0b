// SPDX-License-Identifier: GPL-3.0-or-later
//! What is decided by the passing of time: sessions part whose bitrates have been apart, encodes unite that have agreed
//! for long enough. In: the time; out: [`Move`](super::Move)s. Never answers a session's wish: that is
//! [`wishes`](super::wishes).

use std::time::{Duration, Instant};

use super::group::{fits, largest_cluster};
use super::{Encode, Member, STAY_PERCENT, Sharer, Sharing};

/// Bitrates that come together again are within this many percent of the lowest.
const JOIN_PERCENT: u64 = 15;

/// Targets move together when the picture changes, not all in the same moment: a session leaves when its own has been
/// apart for this long.
const LEAVE_AFTER: Duration = Duration::from_secs(1);

/// How long encodes must agree before they become one. Each change costs a key frame.
const JOIN_AFTER: Duration = Duration::from_secs(10);

/// What lies back less than this counts as going on; longer than between two ticks.
const JUST_NOW: Duration = Duration::from_secs(2);

impl Sharing {
    /// Decides by the passing of time. To be called about once a second, or more often.
    pub fn tick(&mut self, now: Instant) {
        self.part(now);
        self.unite(now);
    }

    /// Sessions leave whose bitrates have been apart for long enough.
    fn part(&mut self, now: Instant) {
        let mut leaving = Vec::new();
        for shared in &self.encodes {
            let rates: Vec<u32> = self.of(shared.id).map(|sharer| sharer.bitrate).collect();
            let stay = largest_cluster(&rates, STAY_PERCENT);
            for sharer in &mut self.sharers {
                if sharer.encode != shared.id {
                    continue;
                }
                if stay.contains(&sharer.bitrate) {
                    sharer.apart = None;
                } else {
                    let since = *sharer.apart.get_or_insert(now);
                    if now.saturating_duration_since(since) >= LEAVE_AFTER {
                        leaving.push(sharer.id);
                    }
                }
            }
        }
        for member in leaving {
            self.separate(member);
        }
    }

    /// Encodes become one that have agreed for long enough: all that have, in the same moment, so that one key frame
    /// serves them all.
    fn unite(&mut self, now: Instant) {
        let mut order: Vec<(usize, Encode)> = self
            .encodes
            .iter()
            .map(|shared| (self.of(shared.id).count(), shared.id))
            .collect();
        order.sort_by_key(|(count, id)| (std::cmp::Reverse(*count), *id));
        let is_calm = |(_, id): &&(usize, Encode)| self.of(*id).all(|sharer| sharer.is_calm(now));
        let calm: Vec<Encode> = order.iter().filter(is_calm).map(|(_, id)| *id).collect();
        for (index, (_, smaller)) in order.iter().enumerate() {
            let larger = order
                .iter()
                .take(index)
                .map(|(_, larger)| *larger)
                .find(|larger| calm.contains(smaller) && self.agree(*larger, *smaller));
            let Some(shared) = self.encodes.iter_mut().find(|shared| shared.id == *smaller) else {
                continue;
            };
            let Some(larger) = larger else {
                shared.near = None;
                continue;
            };
            let since = *shared.near.get_or_insert(now);
            // What troubles one of the larger encode for a moment puts the others off, but they have not disagreed.
            let may_enter = calm.contains(&larger);
            if may_enter && now.saturating_duration_since(since) >= JOIN_AFTER {
                self.merge(*smaller, larger);
            }
        }
    }

    /// Whether two encodes that run could be one: alike, and their bitrates close together.
    fn agree(&self, a: Encode, b: Encode) -> bool {
        let of = |id| self.encodes.iter().find(move |shared| shared.id == id);
        let both = || self.of(a).chain(self.of(b));
        of(a)
            .zip(of(b))
            .is_some_and(|(a, b)| a.shape == b.shape && !a.failed && !b.failed)
            && both().all(|sharer| !sharer.paused)
            && fits(both().map(|sharer| sharer.bitrate), JOIN_PERCENT)
    }

    fn merge(&mut self, from: Encode, into: Encode) {
        tracing::debug!(?from, ?into, "encodes become one");
        let moving: Vec<Member> = self.members(from).collect();
        for member in moving {
            self.enter(member, into);
        }
    }
}

impl Sharer {
    /// It has its key frame, and nothing has troubled it just now.
    fn is_calm(&self, now: Instant) -> bool {
        let just_now =
            |at: Option<Instant>| at.is_some_and(|at| now.saturating_duration_since(at) < JUST_NOW);
        !self.waits && !just_now(self.asked) && !just_now(self.held_back)
    }
}
