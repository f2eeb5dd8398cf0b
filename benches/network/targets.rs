// SPDX-License-Identifier: GPL-3.0-or-later
//! What the sender is to reach on each network.

use crate::netsim::link::Loss;
use crate::netsim::run::Figures;
use crate::plan::{FILM, SenderKind};
use crate::rows::{Bad, Row};

/// How far below a percentage the worst seed may be.
const WORST_BELOW: f64 = 1.0;

/// A figure and its bound.
pub struct Target {
    pub name: &'static str,
    bound: f64,
    kind: Kind,
    figure: fn(&Figures) -> f64,
}

/// Which of the seeds must keep the bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A percentage: the median at least this, the worst at most a point below.
    AtLeast,
    /// The worst is less than this.
    WorstBelow,
    /// The worst is this at most.
    WorstAtMost,
    /// The median is less than this.
    Below,
    /// The median is this at most.
    AtMost,
}

/// What came of it.
pub struct Verdict {
    pub passed: bool,
    /// For example `on_time_pct 99.2 < 99.9`.
    pub text: String,
}

impl Target {
    pub fn check(&self, row: &Row) -> Verdict {
        let median = row.median(self.figure);
        let high = row.worst(Bad::High, self.figure);
        let low = row.worst(Bad::Low, self.figure);
        let (passed, sign, shown) = match self.kind {
            Kind::AtLeast => (
                median >= self.bound && low >= self.bound - WORST_BELOW,
                "≥",
                format!("{median:.2} ({low:.2})"),
            ),
            Kind::WorstBelow => (high < self.bound, "worst <", format!("{high:.1}")),
            Kind::WorstAtMost => (high <= self.bound, "worst ≤", format!("{high:.1}")),
            Kind::Below => (median < self.bound, "<", format!("{median:.2}")),
            Kind::AtMost => (median <= self.bound, "≤", format!("{median:.2}")),
        };
        let mark = if passed { "ok  " } else { "MISS" };
        Verdict {
            passed,
            text: format!("{mark} {} {shown}, {sign} {:.1}", self.name, self.bound),
        }
    }
}

/// The targets of a row; none for what is only reported.
pub fn of(row: &Row) -> Vec<Target> {
    let case = &row.case;
    let is_required = case.receiver.answers_sr || case.receiver.feedback_ms < 100;
    if case.sender != SenderKind::Telecast || !is_required || case.traffic != FILM {
        return Vec::new();
    }
    let on_time = |bound| target("on_time_pct", Kind::AtLeast, bound, |it| it.on_time_pct);
    let freeze = |bound| {
        target("longest_freeze_ms", Kind::WorstBelow, bound, |it| {
            it.longest_freeze_ms
        })
    };
    let gap = |kind, bound| target("audio_gap_ms", kind, bound, |it| it.audio_gap_ms);
    let queue = || target("queue_ms", Kind::Below, 40.0, |it| it.queue_ms);
    let overhead = |bound| target("overhead_pct", Kind::AtMost, bound, |it| it.overhead_pct);
    let mut targets = match case.profile.slug {
        "lan" => vec![
            on_time(100.0),
            target("p99_ms", Kind::WorstBelow, 15.0, |it| it.p99_ms),
            target("key_frame_ms", Kind::WorstBelow, 40.0, |it| {
                it.more.key_frame_ms
            }),
        ],
        "loss2_rtt5" => vec![on_time(99.9), freeze(100.0), gap(Kind::WorstAtMost, 0.0)],
        "loss5_rtt5" => vec![on_time(99.9), freeze(100.0)],
        "loss10_rtt5" => vec![on_time(99.8), freeze(150.0), gap(Kind::WorstAtMost, 20.0)],
        "loss10_rtt40" => vec![on_time(99.5), freeze(250.0)],
        "loss20_rtt5" => vec![on_time(98.0), gap(Kind::WorstBelow, 60.0)],
        "wifi_good" => vec![on_time(99.9)],
        "wifi_busy" => vec![on_time(99.5)],
        "steps_8_2_6" => vec![
            freeze(400.0),
            target("utilisation_pct", Kind::AtLeast, 85.0, |it| {
                it.utilisation_pct
            }),
            queue(),
            target("rise_s", Kind::WorstAtMost, 5.0, |it| it.more.rise_s),
        ],
        "steady_1500k" => vec![on_time(99.5), queue(), overhead(10.0)],
        "microwave" => vec![
            target("resume_ms", Kind::WorstAtMost, 150.0, |it| {
                it.more.resume_ms
            }),
            target("kept_estimate_pct", Kind::AtLeast, 50.0, |it| {
                it.more.kept_estimate_pct
            }),
        ],
        _ => Vec::new(),
    };
    if let Loss::Random(lost) = case.profile.conditions.loss
        && lost > 0.0
    {
        let bound = 1.5 * 100.0 * lost / (1.0 - lost) + 3.0;
        let repeated = target("repeated_pct", Kind::AtMost, bound, |it| it.repeated_pct);
        targets.extend([repeated, overhead(5.0)]);
    }
    targets
}

fn target(name: &'static str, kind: Kind, bound: f64, figure: fn(&Figures) -> f64) -> Target {
    Target {
        name,
        bound,
        kind,
        figure,
    }
}
