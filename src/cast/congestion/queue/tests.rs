// SPDX-License-Identifier: GPL-3.0-or-later
//! The control against a path of one queue, with pictures of exactly the size it asks for.

use super::*;
use crate::cast::congestion::DECISION_INTERVAL;

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const PACKET: usize = 1472;
const IP_UDP: usize = 28;

const BOUNDS: Bounds = Bounds {
    min: 300_000,
    start: 5_000_000,
    max: 10_000_000,
};

/// Something that will be answered.
#[derive(Debug)]
struct Answer {
    at: Instant,
    bytes: usize,
    first_sent: Instant,
    all_sent: Instant,
}

/// A path that carries `rate` bits per second and a source of pictures and sound.
struct World {
    start: Instant,
    now: Instant,
    control: QueueControl,
    decision: Decision,
    rate: f64,
    length: Duration,
    /// Up to this much more for each answer, by the answer's number.
    jitter: Duration,
    /// Every so many pictures one is lost and repeated.
    lose: Option<u32>,
    /// Nothing passes.
    blocked: bool,
    /// What the sender says that waits for the pacer, in bytes.
    unsent: usize,
    free: Instant,
    answers: Vec<Answer>,
    pictures: u32,
    longest_queue: Duration,
    delivered: usize,
}

impl World {
    fn new(rate: f64) -> World {
        let start = Instant::now();
        let mut control = QueueControl::new(start, BOUNDS);
        let decision = control.decide(start, 0);
        World {
            start,
            now: start,
            control,
            decision,
            rate,
            length: 5 * MS,
            jitter: Duration::ZERO,
            lose: None,
            blocked: false,
            unsent: 0,
            free: start,
            answers: Vec::new(),
            pictures: 0,
            longest_queue: Duration::ZERO,
            delivered: 0,
        }
    }

    /// Sends one thing at the pacing rate; its answer comes when the last of it has passed the queue.
    fn send(&mut self, bytes: usize) {
        let first_sent = self.now;
        let mut at = self.now;
        let mut left = bytes;
        while left > 0 {
            let size = left.min(PACKET);
            left -= size;
            self.control.observe(
                at,
                Signal::Sent {
                    bytes: size,
                    new: true,
                },
            );
            let wire = ((size + IP_UDP) * 8) as f64;
            let waited = self.free.saturating_duration_since(at);
            self.longest_queue = self.longest_queue.max(waited);
            self.free = self.free.max(at) + Duration::from_secs_f64(wire / self.rate);
            if left > 0 {
                at += Duration::from_secs_f64(wire / f64::from(self.decision.pacing_rate));
            }
        }
        let (report, lost) = (false, 0.0);
        self.control.observe(at, Signal::Asked { report, lost });
        if self.blocked {
            self.free = self.now;
            return;
        }
        let number = self.answers.len() as u32 + self.pictures * 7;
        let late = self.jitter * (number * 37 % 100) / 100;
        self.answers.push(Answer {
            at: self.free + self.length + late,
            bytes,
            first_sent,
            all_sent: at,
        });
    }

    fn take_answers(&mut self) {
        self.answers.sort_by_key(|answer| answer.at);
        while self
            .answers
            .first()
            .is_some_and(|answer| answer.at <= self.now)
        {
            let answer = self.answers.remove(0);
            self.delivered += answer.bytes;
            let is_repeated = answer.bytes > 1000
                && self
                    .lose
                    .is_some_and(|every| self.pictures.is_multiple_of(every));
            if is_repeated {
                self.control
                    .observe(self.now, Signal::Lost { bytes: PACKET });
            }
            let signal = Signal::Acknowledged {
                bytes: answer.bytes,
                first_sent: answer.first_sent,
                all_sent: (!is_repeated).then_some(answer.all_sent),
                round_trip: self.length,
            };
            self.control.observe(self.now, signal);
            self.decision = self.control.decide(self.now, self.unsent);
        }
    }

    fn run(&mut self, span: Duration) -> Decision {
        let end = self.now + span;
        self.longest_queue = Duration::ZERO;
        self.delivered = 0;
        while self.now < end {
            self.now += MS;
            self.take_answers();
            let ms = (self.now - self.start).as_millis();
            if ms.is_multiple_of(20) {
                self.send(240);
            }
            if ms.is_multiple_of(33) {
                self.pictures += 1;
                self.send(self.decision.media_bitrate as usize * 33 / 8000);
            }
            let review = self.control.review_at();
            if ms.is_multiple_of(DECISION_INTERVAL.as_millis())
                || review.is_some_and(|at| at <= self.now)
            {
                self.decision = self.control.decide(self.now, self.unsent);
            }
        }
        self.decision
    }
}

#[test]
fn it_starts_where_told_and_waits_for_answers() {
    let start = Instant::now();
    let mut control = QueueControl::new(start, BOUNDS);
    for step in 0..10 {
        let decision = control.decide(start + DECISION_INTERVAL * step, 0);
        assert_eq!(decision.media_bitrate, BOUNDS.start);
        assert_eq!(decision.estimate, None);
        assert!(decision.pacing_rate >= 24_000_000);
    }
}

#[test]
fn a_path_without_a_limit_is_used_up_to_the_maximum_within_a_second() {
    let mut world = World::new(100e6);
    let decision = world.run(SECOND);
    assert_eq!(decision.media_bitrate, BOUNDS.max);
    assert!(decision.pacing_rate > 2 * BOUNDS.max, "{decision:?}");
}

#[test]
fn a_limit_is_found_and_used_without_a_queue() {
    for rate in [1_000_000.0, 2_000_000.0, 8_000_000.0] {
        let mut world = World::new(rate);
        world.run(3 * SECOND);
        world.run(10 * SECOND);
        let delivered = world.delivered as f64 * 8.0 / 10.0;
        assert!(delivered > 0.85 * rate, "{delivered} of {rate}");
        assert!(
            world.longest_queue < 100 * MS,
            "{rate}: {:?}",
            world.longest_queue
        );
        let estimate = f64::from(world.decision.estimate.unwrap());
        assert!(
            (0.9..1.15).contains(&(estimate / rate)),
            "{estimate} of {rate}"
        );
    }
}

#[test]
fn a_step_down_is_followed_within_a_second_and_a_step_up_within_three() {
    let mut world = World::new(8e6);
    world.run(5 * SECOND);
    world.rate = 2e6;
    let decision = world.run(SECOND);
    assert!(decision.media_bitrate < 2_000_000, "{decision:?}");
    world.run(4 * SECOND);
    world.run(SECOND);
    assert!(world.longest_queue < 60 * MS, "{:?}", world.longest_queue);
    world.rate = 6e6;
    let decision = world.run(3 * SECOND);
    assert!(decision.media_bitrate > 4_800_000, "{decision:?}");
}

#[test]
fn on_a_path_that_loses_much_a_few_missing_answers_say_nothing() {
    let start = Instant::now();
    let mut control = QueueControl::new(start, BOUNDS);
    for step in 0..3 {
        let now = start + 20 * MS * step;
        control.observe(
            now,
            Signal::Sent {
                bytes: PACKET,
                new: true,
            },
        );
        let (report, lost) = (false, 0.2);
        control.observe(now, Signal::Asked { report, lost });
    }
    assert_eq!(control.review_at(), None);
}

#[test]
fn loss_without_a_queue_changes_nothing() {
    let mut world = World::new(20e6);
    world.lose = Some(3);
    world.run(3 * SECOND);
    assert_eq!(world.run(5 * SECOND).media_bitrate, BOUNDS.max);
}

#[test]
fn a_restless_radio_is_no_queue() {
    let mut world = World::new(50e6);
    world.jitter = 20 * MS;
    world.run(5 * SECOND);
    assert_eq!(world.run(10 * SECOND).media_bitrate, BOUNDS.max);
}

#[test]
fn an_outage_leaves_the_estimate_and_makes_less_until_it_is_over() {
    let mut world = World::new(8e6);
    let before = world.run(5 * SECOND);
    world.blocked = true;
    let meanwhile = world.run(400 * MS);
    assert!(
        meanwhile.media_bitrate < before.media_bitrate / 2,
        "{meanwhile:?}"
    );
    world.blocked = false;
    let after = world.run(SECOND);
    for decision in [meanwhile, after] {
        let kept = f64::from(decision.estimate.unwrap()) / f64::from(before.estimate.unwrap());
        assert!(kept > 0.8, "{kept}");
    }
    assert!(
        after.media_bitrate > before.media_bitrate * 9 / 10,
        "{after:?}"
    );
}

#[test]
fn large_pictures_find_out_that_a_limit_is_gone_although_all_is_made_that_is_wanted() {
    let mut world = World::new(100e6);
    world.jitter = 20 * MS;
    world.run(3 * SECOND);
    world.rate = 4e6;
    world.run(3 * SECOND);
    world.rate = 100e6;
    let decision = world.run(15 * SECOND);
    assert_eq!(decision.media_bitrate, BOUNDS.max);
    assert!(
        decision.pacing_rate < 2 * BOUNDS.max,
        "even pictures need no more: {decision:?}"
    );
    world.unsent = 110_000;
    let decision = world.run(10 * SECOND);
    assert!(decision.pacing_rate >= 24_000_000, "{decision:?}");
}

#[test]
fn a_path_that_becomes_longer_is_not_taken_for_a_queue_for_ever() {
    let mut world = World::new(50e6);
    world.run(3 * SECOND);
    // As after roaming to another network.
    world.length = 65 * MS;
    world.run(15 * SECOND);
    assert_eq!(world.run(5 * SECOND).media_bitrate, BOUNDS.max);
}

#[test]
fn what_waits_for_the_pacer_makes_less_be_made() {
    let mut world = World::new(4e6);
    world.run(5 * SECOND);
    // Without a queue, behind which packets leave gently too.
    let mut moments = (0..1000).map(|_| world.run(MS));
    let is_brisk = |it: &Decision| f64::from(it.pacing_rate) > 1.1 * 4e6;
    let before = moments.find(is_brisk).unwrap();
    let unsent = (f64::from(before.estimate.unwrap()) / 8.0 * 0.2) as usize;
    let after = world.control.decide(world.now, unsent);
    assert!(after.media_bitrate < before.media_bitrate * 9 / 10);
    assert!(
        after.pacing_rate < before.pacing_rate,
        "and a heap leaves gently"
    );
}

#[test]
fn a_clock_that_jumps_changes_little() {
    let mut world = World::new(4e6);
    let before = world.run(5 * SECOND);
    world.now += Duration::from_hours(8);
    world.free = world.now;
    world.answers.clear();
    world.start = world.now;
    let decision = world.control.decide(world.now, 0);
    assert_eq!(decision.estimate, before.estimate);
    let after = world.run(2 * SECOND);
    assert!(after.media_bitrate > before.media_bitrate / 2, "{after:?}");
    assert!(after.media_bitrate < 4_500_000, "{after:?}");
}
