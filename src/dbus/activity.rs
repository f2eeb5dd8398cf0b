// SPDX-License-Identifier: GPL-3.0-or-later
//! `Activity`: whether anybody still uses the engine. Calls on the bus and the engine's casts in; the moment at which
//! nobody has for a while out. Reads the clock of tokio, which tests may stop.

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
        let mut since = Instant::now();
        loop {
            let running = casts.borrow_and_update().iter().any(is_running);
            if running {
                since = Instant::now();
            }
            let last = (*used.borrow_and_update()).max(since);
            let over = last + limit;
            if !running && over <= Instant::now() {
                return;
            }
            tokio::select! {
                changed = casts.changed() => if changed.is_err() { return },
                changed = used.changed() => if changed.is_err() { return },
                () = tokio::time::sleep_until(over), if !running => {}
            }
            if running {
                // Its end counts, not its beginning.
                since = Instant::now();
            }
        }
    }
}

fn is_running(cast: &CastStatus) -> bool {
    cast.state.ended().is_none()
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, timeout};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(180);

    #[tokio::test(start_paused = true)]
    async fn it_is_idle_when_nobody_has_called_for_the_whole_time() {
        let activity = Activity::default();
        let casts = watch::Sender::new(Arc::from([]));
        let idle = activity.idle_with(casts.subscribe(), LIMIT);
        tokio::pin!(idle);
        assert!(timeout(LIMIT / 2, &mut idle).await.is_err());
        activity.note();
        assert!(
            timeout(LIMIT * 3 / 4, &mut idle).await.is_err(),
            "used since"
        );
        let begun = Instant::now();
        idle.await;
        assert!(begun.elapsed() <= LIMIT / 4 + Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_long_ago_does_not_shorten_the_time() {
        let activity = Activity::default();
        advance(LIMIT * 2).await;
        let casts = watch::Sender::new(Arc::from([]));
        let begun = Instant::now();
        activity.idle_with(casts.subscribe(), LIMIT).await;
        assert!(begun.elapsed() >= LIMIT);
    }
}
