// SPDX-License-Identifier: GPL-3.0-or-later
use super::*;
use crate::cast::frame::Ssrc;
use crate::cast::ntp::NtpTime;

const UNIX: Duration = Duration::from_secs(1_700_000_000);

/// A sender whose wall clock differs from ours by `skew`, seen by a receiver that started at `start`.
struct Peer {
    start: Instant,
    clock: PlayoutClock,
    skew: i64,
}

impl Peer {
    fn new(skew: i64) -> Peer {
        let start = Instant::now();
        Peer {
            start,
            clock: PlayoutClock::new(NtpClock::new(start, UNIX), 90_000),
            skew,
        }
    }

    fn at(&self, ms: u64) -> Instant {
        self.start + Duration::from_millis(ms)
    }

    /// A report made `sent` ms after the start, that arrives `transit` ms later. Media time runs from the start.
    fn report(&mut self, sent: u64, transit: u64) {
        let wall = UNIX.checked_add_signed(self.skew) + Duration::from_millis(sent);
        let report = SenderReport {
            sender: Ssrc(1),
            reference_time: NtpTime::from_unix(wall),
            rtp_timestamp: (sent * 90) as u32,
            packet_count: 0,
            octet_count: 0,
            block: None,
        };
        let arrival = self.at(sent + transit);
        self.clock.on_report(arrival, &report);
    }

    /// Milliseconds from the start to the capture of what has this media time, rounded.
    fn captured_ms(&self, media_ms: u64) -> u128 {
        let captured = self
            .clock
            .capture_time(MediaTime((media_ms * 90) as i64))
            .unwrap();
        (captured.duration_since(self.start) + Duration::from_micros(500)).as_millis()
    }
}

trait AddSigned {
    fn checked_add_signed(self, seconds: i64) -> Duration;
}

impl AddSigned for Duration {
    fn checked_add_signed(self, seconds: i64) -> Duration {
        Duration::from_secs(self.as_secs().checked_add_signed(seconds).unwrap())
    }
}

#[test]
fn nothing_is_known_before_the_first_report() {
    assert_eq!(Peer::new(0).clock.capture_time(MediaTime(0)), None);
}

#[test]
fn the_first_report_ties_the_clocks_however_wrong_the_senders_is() {
    for skew in [0, 5, -5, 86_400, -1_600_000_000, 380_000_000] {
        let mut peer = Peer::new(skew);
        peer.report(100, 7);
        // The network's delay counts as difference of the clocks.
        assert_eq!(peer.captured_ms(100), 107, "{skew}");
        assert_eq!(peer.captured_ms(200), 207, "{skew}");
        assert_eq!(peer.captured_ms(60), 67, "{skew}");
    }
}

#[test]
fn a_report_that_was_held_up_moves_the_clock_only_a_little() {
    let mut peer = Peer::new(3);
    peer.report(0, 10);
    peer.report(500, 310);
    // 1 − exp(−0.8 s / 30 s) of 300 ms is 7.9 ms.
    assert_eq!(peer.captured_ms(1000), 1018);
}

#[test]
fn the_clock_follows_a_lasting_change_within_the_time_constant() {
    let mut peer = Peer::new(0);
    peer.report(0, 10);
    for k in 1..=60 {
        peer.report(k * 500, 110);
    }
    // After 30 s about 63 % of the change of 100 ms is adopted.
    let adopted = peer.captured_ms(30_000) - 30_010;
    assert!((62..=65).contains(&adopted), "{adopted}");
}

#[test]
fn media_time_runs_on_over_the_wrap_of_the_timestamp() {
    let mut peer = Peer::new(0);
    let days = 20 * 86_400_000;
    let mut sent = 0;
    while sent < days {
        peer.report(sent, 5);
        let media = peer.clock.expand((sent * 90) as u32);
        assert_eq!(media, MediaTime((sent * 90) as i64));
        sent += 6 * 3_600_000;
    }
    assert_eq!(peer.captured_ms(sent), u128::from(sent) + 5);
}

#[test]
fn a_delay_change_is_in_force_from_its_frame_on_and_not_before() {
    let ms = Duration::from_millis;
    let mut delays = DelayTable::new(ms(400));
    assert!(delays.record(FrameId(10), ms(200)));
    assert!(delays.record(FrameId(20), ms(300)));
    assert!(!delays.record(FrameId(25), ms(300)), "says nothing new");
    assert!(
        delays.record(FrameId(15), ms(250)),
        "a lost packet 0 that came later"
    );
    let at = |delays: &DelayTable| {
        [9, 10, 14, 15, 19, 20, 99].map(|id| delays.at(FrameId(id)).as_millis())
    };
    assert_eq!(at(&delays), [400, 200, 200, 250, 250, 300, 300]);
    assert_eq!(delays.newest(), ms(300));
    delays.forget_before(FrameId(15));
    assert_eq!(at(&delays)[3..], [250, 250, 300, 300]);
}

#[test]
fn a_jump_of_a_clock_is_followed_when_the_next_report_says_the_same() {
    for jump in [-3_600_000, -1000, 700, 20_000, 86_400_000] {
        let mut peer = Peer::new(100_000);
        peer.report(0, 10);
        let wall = UNIX.as_millis() as i64 + 100_000_000;
        for (sent, captured) in [(500, 10), (1000, 10 - jump)] {
            let report = SenderReport {
                sender: Ssrc(1),
                reference_time: NtpTime::from_unix(Duration::from_millis(
                    (wall + sent + jump) as u64,
                )),
                rtp_timestamp: (sent * 90) as u32,
                packet_count: 0,
                octet_count: 0,
                block: None,
            };
            let arrival = peer.at(sent as u64 + 10);
            peer.clock.on_report(arrival, &report);
            let nanos = peer.clock.drift.unwrap().nanos + 500_000;
            let drift = nanos.div_euclid(1_000_000) + 100_000_000;
            assert_eq!(drift, captured, "{jump} after {sent}");
        }
        assert_eq!(peer.captured_ms(2000), 2010, "{jump}");
    }
}

#[test]
fn one_report_that_lay_in_a_queue_for_seconds_moves_nothing() {
    let mut peer = Peer::new(0);
    peer.report(0, 10);
    peer.report(500, 3000);
    assert_eq!(peer.clock.drift.unwrap().nanos, 10_000_000);
    peer.report(3500, 10);
    assert_eq!(peer.captured_ms(4000), 4010);
}
