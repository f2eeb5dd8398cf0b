// SPDX-License-Identifier: GPL-3.0-or-later
//! Follows the numbers of one cast: `SessionStats` in, its [`History`] and its [`Health`] out. Ends with the session.

use std::sync::Weak;
use std::time::Instant;

use tokio::sync::watch;

use super::list::Shared;
use crate::engine::AudioChoice;
use crate::engine::health::{Circumstances, Health, HealthMonitor, Second};
use crate::engine::history::History;
use crate::session::stats::SessionStats;

/// What front ends see of it.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) history: History,
    pub(super) health: watch::Sender<Option<Health>>,
}

/// Watches cast `number` of `list` until its session drops its numbers.
pub(super) async fn observe(
    list: Weak<Shared>,
    number: u64,
    mut numbers: watch::Receiver<SessionStats>,
    shown: Shown,
) {
    // A pause or another state shows at once, not with the next numbers.
    let Some(mut casts) = list.upgrade().map(|shared| shared.list.subscribe()) else {
        return;
    };
    let mut monitor = HealthMonitor::default();
    let mut before = SessionStats::default();
    numbers.mark_unchanged();
    loop {
        let news = tokio::select! {
            changed = numbers.changed() => match changed {
                Ok(()) => true,
                Err(_) => return,
            },
            Ok(()) = casts.changed() => false,
        };
        let now = Instant::now();
        if news {
            let latest = numbers.borrow_and_update().clone();
            // A new state comes with the numbers of before, an end with the last counts.
            if latest.uptime_s > before.uptime_s {
                monitor.note(Second::between(&before, &latest));
                before = latest.clone();
                shown.history.push(now, latest);
            }
        }
        casts.mark_unchanged();
        let Some(shared) = list.upgrade() else {
            return;
        };
        let health = {
            let mut all = shared.lock();
            let Some(cast) = all.all.iter_mut().find(|cast| cast.number == number) else {
                return;
            };
            let status = &mut cast.status;
            status.note_sent();
            monitor.judge(
                now,
                Circumstances {
                    state: &status.state,
                    paused: status.paused,
                    pictures: status.has_picture,
                    sound: status.audio != AudioChoice::None,
                    target_delay: status.target_delay,
                },
            )
        };
        shown.health.send_if_modified(|shown| {
            let differs = *shown != health;
            *shown = health;
            differs
        });
    }
}
