// SPDX-License-Identifier: GPL-3.0-or-later
//! A finished run in, its course over time out: what the plots show.

use std::time::Duration;

use super::profiles::Profile;
use super::sending_end::SendingEnd;
use super::world::{AUDIO, VIDEO, World};

/// One point for each of these.
const STEP: Duration = Duration::from_millis(500);

/// Half a second of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// From the start to the end of it.
    pub seconds: f64,
    /// What the link carries.
    pub capacity_kbps: f64,
    /// Media that became complete at the receiver.
    pub delivered_kbps: f64,
    /// The longest that a packet waited for the link's rate.
    pub queue_ms: f64,
}

/// The points of the first `length` of a run.
pub fn of<S: SendingEnd>(world: &World<S>, profile: &Profile, length: Duration) -> Vec<Point> {
    let steps = (length.as_millis() / STEP.as_millis()) as u32;
    let mut points: Vec<Point> = (0..steps)
        .map(|step| Point {
            seconds: (STEP * (step + 1)).as_secs_f64(),
            capacity_kbps: f64::from(profile.rate_at(STEP * step)) / 1000.0,
            delivered_kbps: 0.0,
            queue_ms: 0.0,
        })
        .collect();
    let index = |at: Duration| (at.as_millis() / STEP.as_millis()) as usize;
    for fate in [AUDIO, VIDEO].iter().flat_map(|id| world.fates(*id)) {
        let point = fate.completed.and_then(|at| points.get_mut(index(at)));
        if let Some(point) = point {
            point.delivered_kbps += fate.bytes as f64 * 8.0 / STEP.as_secs_f64() / 1000.0;
        }
    }
    for (at, wait) in &world.there.waits {
        let at = at.saturating_duration_since(world.start);
        if let Some(point) = points.get_mut(index(at)) {
            point.queue_ms = point.queue_ms.max(wait.as_secs_f64() * 1000.0);
        }
    }
    points
}
