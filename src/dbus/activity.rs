// SPDX-License-Identifier: GPL-3.0-or-later
//! `Activity`: whether anybody still uses the engine. Calls on the bus and the engine's casts in; the moment at which
//! nobody has for a while out. Decisions are [`Rest`]'s, which reads no clock.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::engine::{CastStatus, Engine};

/// When the bus was last used.
#[derive(Debug, Clone)]
pub struct Activity(watch::Sender<Instant>);

impl Default for Activity {
    fn default() -> Self {
        Activity(watch::Sender::new(Instant::now()))
    }
}

impl Activity {
    /// Somebody uses it now.
    pub fn note(&self) {
        self.0.send_replace(Instant::now());
    }

    /// Changes each time that somebody uses it.
    pub fn watch(&self) -> watch::Receiver<Instant> {
        self.0.subscribe()
    }

    /// Returns when nothing has been cast, and nobody has used the bus, for as long as `limit`.
    pub async fn idle(&self, engine: &Engine, limit: Duration) {
        self.idle_with(engine.sessions(), limit).await;
    }

    async fn idle_with(&self, mut casts: watch::Receiver<Arc<[CastStatus]>>, limit: Duration) {
        let mut used = self.watch();
        let mut rest = Rest::new(Instant::now(), limit);
        loop {
            let casting = casts.borrow_and_update().iter().any(is_running);
            let last_used = *used.borrow_and_update();
            let now = Instant::now();
            let over = rest.over(now, casting, last_used);
            if over.is_some_and(|over| over <= now) {
                return;
            }
            tokio::select! {
                changed = casts.changed() => if changed.is_err() { return },
                changed = used.changed() => if changed.is_err() { return },
                () = tokio::time::sleep_until(over.unwrap_or(now)), if over.is_some() => {}
            }
        }
    }
}

/// When a time without use is over.
#[derive(Debug)]
struct Rest {
    /// When it was last known that something was cast, or the beginning.
    cast: Instant,
    casting: bool,
    limit: Duration,
}

impl Rest {
    fn new(now: Instant, limit: Duration) -> Rest {
        Rest {
            cast: now,
            casting: false,
            limit,
        }
    }

    /// Takes over how it stands; when it is over unless that changes. `None` while something is cast.
    fn over(&mut self, now: Instant, casting: bool, used: Instant) -> Option<Instant> {
        let was_casting = std::mem::replace(&mut self.casting, casting);
        if casting || was_casting {
            self.cast = now;
        }
        (!casting).then(|| used.max(self.cast) + self.limit)
    }
}

fn is_running(cast: &CastStatus) -> bool {
    cast.state.ended().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_mins(3);
    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn it_is_over_when_nobody_has_called_for_the_whole_time() {
        let begun = Instant::now();
        let mut rest = Rest::new(begun, LIMIT);
        assert_eq!(rest.over(begun, false, begun), Some(begun + LIMIT));
        let used = begun + MINUTE;
        assert_eq!(rest.over(used, false, used), Some(used + LIMIT));
        let later = used + MINUTE;
        assert_eq!(rest.over(later, false, used), Some(used + LIMIT));
    }

    #[test]
    fn a_cast_keeps_it_and_the_end_of_the_cast_counts() {
        let begun = Instant::now();
        let mut rest = Rest::new(begun, LIMIT);
        assert_eq!(rest.over(begun + MINUTE, true, begun), None);
        let ended = begun + 100 * MINUTE;
        assert_eq!(rest.over(ended, false, begun), Some(ended + LIMIT));
        let later = ended + MINUTE;
        assert_eq!(rest.over(later, false, begun), Some(ended + LIMIT));
    }
}
