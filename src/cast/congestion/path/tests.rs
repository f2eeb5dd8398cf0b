// SPDX-License-Identifier: GPL-3.0-or-later
//! The path by what is sent and answered, without a network.

use super::*;

const MS: Duration = Duration::from_millis(1);
const RATE: f64 = 100e6;

/// A picture of three packets leaves, and is answered after so many ms; in between it is looked after overdue answers.
fn picture(path: &mut Path, now: Instant, answered_after: u32) {
    for _ in 0..3 {
        path.on_sent(now, 1000, true);
    }
    path.on_asked(now, false, 0.0);
    let answered = now + MS * answered_after;
    if let Some(overdue) = path.overdue_at(RATE).filter(|at| *at < answered) {
        path.check(overdue, RATE);
    }
    let frame = Acknowledged {
        bytes: 3000,
        first_sent: now,
        all_sent: Some(now),
        round_trip: 5 * MS,
    };
    path.on_acknowledged(answered, frame);
    path.check(answered, RATE);
}

/// The noise after pictures that are answered after so many ms each.
fn noise(answered_after: &[u32]) -> Duration {
    let mut now = Instant::now();
    let mut path = Path::new(now);
    for after in answered_after {
        picture(&mut path, now, *after);
        now += 60 * MS;
    }
    path.noise()
}

#[test]
fn an_answer_that_is_late_without_a_queue_behind_it_is_noise() {
    let noise = noise(&[5, 5, 5, 5, 50, 5, 5]);
    assert!(noise > 30 * MS && noise < 40 * MS, "{noise:?}");
}

#[test]
fn an_answer_that_is_hardly_late_or_waits_in_a_queue_is_not() {
    assert_eq!(noise(&[5, 5, 5, 5, 20, 5, 5]), Duration::ZERO);
    assert_eq!(noise(&[5, 5, 5, 5, 50, 50, 50, 50]), Duration::ZERO);
}
