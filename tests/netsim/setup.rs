// SPDX-License-Identifier: GPL-3.0-or-later
//! What a simulated run is made of. No behaviour.

use std::time::Duration;

use super::link::Conditions;
use super::traffic::Content;

/// What a run is made of.
#[derive(Debug, Clone)]
pub struct Setup {
    pub seed: u64,
    pub there: Conditions,
    pub back: Conditions,
    pub target_delay: Duration,
    pub max_packet_size: usize,
    pub frame_rate: u32,
    pub max_bitrate: u32,
    pub event_log: bool,
    /// What the pictures are like.
    pub pictures: Content,
    pub sound: Content,
    /// A block of sound.
    pub sound_interval: Duration,
    pub feedback: FeedbackHabits,
    /// The link there changes its rate at these times since the start.
    pub rates: Vec<(Duration, u32)>,
    /// The receiver's clock runs so many millionths faster than the sender's.
    pub drift_ppm: i32,
    /// The contents of frames are compared and memory is watched.
    pub check: bool,
    pub begin: Begin,
}

/// What numbers on the wire begin with.
#[derive(Debug, Clone, Copy)]
pub struct Begin {
    /// The sender's wall clock.
    pub unix_time: Duration,
    /// The media time of each stream, in its own ticks.
    pub media_time: i64,
    /// Of each stream; `None`: by the seed.
    pub sequence_number: Option<u16>,
}

/// What receivers differ in.
#[derive(Debug, Clone, Copy)]
pub struct FeedbackHabits {
    /// Between two reports while packets are missing.
    pub nack_interval: Duration,
    /// Sender reports are answered at once.
    pub answers_reports: bool,
    /// A key frame is asked for when a picture has come too late.
    pub proactive_picture_loss: bool,
}

impl Setup {
    /// A clean link of this round trip, 30 pictures a second of up to 5 Mbit/s, Chromium's 200 ms.
    pub fn clean(round_trip: Duration) -> Setup {
        Setup {
            seed: 1,
            there: Conditions::clean(round_trip / 2),
            back: Conditions::clean(round_trip / 2),
            target_delay: Duration::from_millis(200),
            max_packet_size: 1472,
            frame_rate: 30,
            max_bitrate: 5_000_000,
            event_log: false,
            pictures: Content::Even,
            sound: Content::Even,
            sound_interval: Duration::from_millis(20),
            feedback: FeedbackHabits {
                nack_interval: Duration::from_millis(30),
                answers_reports: true,
                proactive_picture_loss: true,
            },
            rates: Vec::new(),
            drift_ppm: 0,
            check: true,
            begin: Begin {
                unix_time: Duration::from_secs(1_700_000_000),
                media_time: 0,
                sequence_number: None,
            },
        }
    }
}
