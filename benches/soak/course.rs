// SPDX-License-Identifier: GPL-3.0-or-later
//! How the cast went in settled weather: the newest numbers of both ends in, once a second; counts out. Pure.

use serde_json::{Value, json};

/// Of the settled seconds, so many percent may be without pictures or sound: the machine does other things, too.
const MOST_DEAD_PCT: f64 = 2.0;
/// And so many at least, however short the run is.
const SOME_DEAD: u32 = 2;
/// In so many looks in a row nothing came: that is no matter of when exactly the receiver prints its numbers.
const QUIET: u32 = 3;
/// Of the pictures in settled weather, so many percent may come late or never.
const MOST_LATE_PCT: f64 = 10.0;

/// A counter that begins anew with each connection.
#[derive(Debug, Default)]
struct Counter {
    last: u64,
    sum: u64,
}

impl Counter {
    /// Notes what it shows; it counts only what came in settled weather. How much that was.
    fn show(&mut self, now: u64, is_settled: bool) -> u64 {
        let more = now.checked_sub(self.last).unwrap_or(now);
        self.last = now;
        if is_settled {
            self.sum += more;
        }
        more
    }
}

/// What was seen until now.
#[derive(Debug, Default)]
pub struct Course {
    /// Seconds of settled weather.
    settled: u32,
    /// Of these, those without a picture or without sound.
    dead: u32,
    /// How often the device was lost and came back, as the sender counts.
    reconnected: u64,
    /// How often it had to be, of those times that were long enough ago.
    absences: u64,
    /// Those that were not.
    just_lost: u64,
    completed: Counter,
    late: Counter,
    skipped: Counter,
    heard: Counter,
    /// Looks in a row in which no picture came, or no sound.
    quiet: u32,
    /// Seconds that the sender has cast.
    uptime: f64,
    /// Objects in which that went backwards.
    backwards: u32,
}

impl Course {
    /// The way is such that the device will be lost.
    pub fn lose(&mut self) {
        self.just_lost += 1;
    }

    /// Notes what both ends say. True when the cast is as it should be in such weather.
    pub fn note(&mut self, is_settled: bool, sender: &Value, receiver: &Value) -> bool {
        let count = |value: &Value| value.as_u64().unwrap_or_default();
        let pictures = self
            .completed
            .show(count(&receiver["frames"]["completed"]), is_settled);
        self.late.show(count(&receiver["late"]), is_settled);
        self.skipped.show(count(&receiver["skipped"]), is_settled);
        let blocks = self
            .heard
            .show(count(&receiver["audio"]["decoded"]), is_settled);
        self.reconnected = count(&sender["reconnected"]);
        let uptime = sender["uptime_s"].as_f64().unwrap_or_default();
        self.backwards += u32::from(uptime < self.uptime);
        self.uptime = uptime;
        self.quiet = if pictures > 0 && blocks > 0 {
            0
        } else {
            self.quiet + 1
        };
        let is_alive = self.quiet < QUIET && sender["state"] == "streaming";
        if is_settled {
            self.absences += std::mem::take(&mut self.just_lost);
            self.settled += 1;
            self.dead += u32::from(!is_alive);
        }
        is_settled && is_alive
    }

    /// Pictures in settled weather that came late or never, in percent.
    fn late_pct(&self) -> f64 {
        let all = self.completed.sum + self.skipped.sum;
        (self.late.sum + self.skipped.sum) as f64 / all as f64 * 100.0
    }

    /// What was not as it should be.
    pub fn complaints(&self) -> Vec<String> {
        let may_be_dead = SOME_DEAD.max((f64::from(self.settled) * MOST_DEAD_PCT / 100.0) as u32);
        let mut complaints = Vec::new();
        if self.settled == 0 {
            complaints.push("there was no settled weather".to_owned());
        }
        if self.dead > may_be_dead {
            complaints.push(format!(
                "{} of {} seconds of settled weather without pictures or sound, may be {may_be_dead}",
                self.dead, self.settled
            ));
        }
        let late = self.late_pct();
        if late.is_nan() || late > MOST_LATE_PCT {
            complaints.push(format!(
                "{late:.1} % of the pictures in settled weather late or never, may be {MOST_LATE_PCT}"
            ));
        }
        if self.reconnected < self.absences {
            complaints.push(format!(
                "came back {} times after {} absences",
                self.reconnected, self.absences
            ));
        }
        if self.backwards > 0 {
            complaints.push(format!(
                "the time of the cast went back {} times",
                self.backwards
            ));
        }
        complaints
    }

    /// The row of the file.
    pub fn row(&self) -> Value {
        json!({
            "name": "course",
            "settled_s": self.settled,
            "dead_s": self.dead,
            "pictures": self.completed.sum,
            "late_or_never_pct": self.late_pct(),
            "sound_blocks": self.heard.sum,
            "absences": self.absences,
            "reconnected": self.reconnected,
            "flat": self.complaints().is_empty(),
        })
    }
}
