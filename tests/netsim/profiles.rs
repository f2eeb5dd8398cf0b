// SPDX-License-Identifier: GPL-3.0-or-later
//! The networks and the receivers that a sender is measured on, by name.

use std::time::Duration;

use super::link::{Conditions, Loss, Outages};
use super::world::{FeedbackHabits, Setup};

/// Every link that no slower one is named for.
const LAN_RATE: u32 = 100_000_000;

/// What the pictures may take, unless a profile says otherwise.
const MAX_BITRATE: u32 = 5_000_000;

/// From capture to display, as the program's own choices name them.
pub const RESPONSIVE: Duration = Duration::from_millis(100);
pub const BALANCED: Duration = Duration::from_millis(200);
pub const ROBUST: Duration = Duration::from_millis(400);

/// Whether answers come at once, and how often losses are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiverKind {
    /// Between two reports while packets are missing.
    pub feedback_ms: u32,
    /// Sender reports are answered at once.
    pub answers_sr: bool,
}

impl ReceiverKind {
    const fn new(feedback_ms: u32, answers_sr: bool) -> ReceiverKind {
        ReceiverKind {
            feedback_ms,
            answers_sr,
        }
    }

    /// What the reference means, what it does, and two that leave sender reports waiting.
    pub const ALL: [ReceiverKind; 4] = [
        ReceiverKind::new(30, true),
        ReceiverKind::new(500, true),
        ReceiverKind::new(33, false),
        ReceiverKind::new(500, false),
    ];

    /// For command lines and tables: `30`, `500`, `33-`, `500-`; the minus says that sender reports wait.
    pub fn name(self) -> String {
        let ReceiverKind {
            feedback_ms,
            answers_sr,
        } = self;
        format!("{feedback_ms}{}", if answers_sr { "" } else { "-" })
    }
}

/// A network.
#[derive(Debug, Clone)]
pub struct Profile {
    pub slug: &'static str,
    /// Each direction is impaired like this, independently.
    pub conditions: Conditions,
    /// Changes of the rate, in both directions.
    pub rates: Vec<(Duration, u32)>,
    pub target_delay: Duration,
    pub max_bitrate: u32,
}

impl Profile {
    fn new(slug: &'static str, round_trip_ms: u64) -> Profile {
        let mut conditions = Conditions::clean(Duration::from_millis(round_trip_ms) / 2);
        conditions.rate = Some(LAN_RATE);
        Profile {
            slug,
            conditions,
            rates: Vec::new(),
            target_delay: BALANCED,
            max_bitrate: MAX_BITRATE,
        }
    }

    fn loss(slug: &'static str, percent: u32, round_trip_ms: u64) -> Profile {
        let mut profile = Profile::new(slug, round_trip_ms);
        profile.conditions.loss = Loss::Random(f64::from(percent) / 100.0);
        if round_trip_ms >= 40 {
            profile.target_delay = ROBUST;
        }
        profile
    }

    /// All of them.
    pub fn all() -> Vec<Profile> {
        let ms = Duration::from_millis;
        let mut lan = Profile::new("lan", 5);
        lan.target_delay = RESPONSIVE;

        let mut wifi_good = Profile::new("wifi_good", 8);
        wifi_good.conditions.jitter = ms(5);
        wifi_good.conditions.loss = Loss::Random(0.003);

        let mut wifi_busy = Profile::new("wifi_busy", 15);
        wifi_busy.conditions.jitter = ms(20);
        wifi_busy.conditions.loss = Loss::Bursts {
            bad: 0.02,
            length: 6.0,
            lost: 0.5,
        };

        let mut steps = Profile::new("steps_8_2_6", 5);
        steps.conditions.rate = Some(8_000_000);
        steps.rates = vec![(ms(20_000), 2_000_000), (ms(40_000), 6_000_000)];
        steps.max_bitrate = 10_000_000;

        let mut steady = Profile::new("steady_1500k", 5);
        steady.conditions.rate = Some(1_500_000);

        let mut microwave = Profile::new("microwave", 5);
        microwave.conditions.outages = Some(Outages {
            every: ms(3000),
            length: ms(400),
        });

        let mut reorder = Profile::new("reorder", 5);
        reorder.conditions.late = 0.02;
        reorder.conditions.late_at_least = ms(10);
        reorder.conditions.late_by = ms(30);

        vec![
            lan,
            wifi_good,
            wifi_busy,
            Profile::loss("loss1_rtt5", 1, 5),
            Profile::loss("loss2_rtt5", 2, 5),
            Profile::loss("loss5_rtt5", 5, 5),
            Profile::loss("loss10_rtt5", 10, 5),
            Profile::loss("loss20_rtt5", 20, 5),
            Profile::loss("loss1_rtt40", 1, 40),
            Profile::loss("loss2_rtt40", 2, 40),
            Profile::loss("loss5_rtt40", 5, 40),
            Profile::loss("loss10_rtt40", 10, 40),
            Profile::loss("loss20_rtt40", 20, 40),
            steps,
            steady,
            microwave,
            reorder,
        ]
    }

    /// The one of this name.
    pub fn named(slug: &str) -> Option<Profile> {
        Profile::all().into_iter().find(|it| it.slug == slug)
    }

    /// Bits per second that the link carries at this time since the start.
    pub fn rate_at(&self, at: Duration) -> u32 {
        let changes = self.rates.iter().take_while(|(from, _)| *from <= at);
        let rate = changes.last().map(|(_, rate)| *rate);
        rate.or(self.conditions.rate).unwrap_or(u32::MAX)
    }

    /// What of the run up to `end` counts for utilisation and queue: from 3 s after the start and each change of the rate.
    pub fn settled(&self, end: Duration) -> Vec<(Duration, Duration)> {
        let mut from = Duration::ZERO;
        let mut spans = Vec::new();
        for change in self.rates.iter().map(|(at, _)| *at).chain([end]) {
            let (begin, until) = (from + Duration::from_secs(3), change.min(end));
            if begin < until {
                spans.push((begin, until));
            }
            from = change;
        }
        spans
    }

    /// A world of this network with this receiver.
    pub fn setup(&self, receiver: ReceiverKind, seed: u64) -> Setup {
        Setup {
            // Neighbouring seeds must not make neighbouring links.
            seed: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15),
            there: self.conditions,
            back: self.conditions,
            rates: self.rates.clone(),
            target_delay: self.target_delay,
            max_bitrate: self.max_bitrate,
            feedback: FeedbackHabits {
                nack_interval: Duration::from_millis(receiver.feedback_ms.into()),
                answers_reports: receiver.answers_sr,
                proactive_picture_loss: true,
            },
            check: false,
            ..Setup::clean(Duration::ZERO)
        }
    }
}
