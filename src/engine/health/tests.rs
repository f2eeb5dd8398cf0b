// SPDX-License-Identifier: GPL-3.0-or-later

mod busy;
mod causes;

use super::*;
use crate::session::link::Link;
use crate::session::reason::Reason;
use crate::session::state::Streams;
use crate::session::stats::{
    AudioStats, Bitrates, FrameRates, Lowered, SessionStats, StageLatencies,
};

const SECOND: Duration = Duration::from_secs(1);
const CHOSEN: Duration = Duration::from_millis(200);
const STREAMING: SessionState = SessionState::Streaming(Streams {
    video: None,
    audio: None,
});

/// A good second at 30 pictures a second; its counters are those after `number` such seconds.
fn good(number: u64) -> SessionStats {
    SessionStats {
        codec: Some("vp8"),
        fps: FrameRates {
            captured: 30.0,
            encoded: 30.0,
            sent: 30.0,
            acknowledged: 30.0,
            limit: Some(30),
        },
        bitrate: Bitrates {
            target: 4_000_000,
            actual: 3_000_000,
            estimate: Some(9_000_000),
            max: 5_000_000,
        },
        packets: 400 * number,
        latency_ms: StageLatencies {
            convert: Some(4.0),
            encode: Some(10.0),
            pace: Some(12.0),
            network: Some(3.0),
            playout: Some(160.0),
            ..StageLatencies::default()
        },
        target_delay_ms: Some(200.0),
        link: Some(Link::Cable),
        audio: Some(AudioStats::default()),
        ..SessionStats::default()
    }
}

/// A cast in simulated time.
struct Cast {
    monitor: HealthMonitor,
    before: SessionStats,
    now: Instant,
    second: u64,
    paused: bool,
    pictures: bool,
    sound: bool,
    state: SessionState,
}

impl Cast {
    fn new() -> Cast {
        Cast {
            monitor: HealthMonitor::default(),
            before: SessionStats::default(),
            now: Instant::now(),
            second: 0,
            paused: false,
            pictures: true,
            sound: true,
            state: STREAMING,
        }
    }

    fn judge(&mut self) -> Option<Health> {
        let around = Circumstances {
            state: &self.state,
            paused: self.paused,
            pictures: self.pictures,
            sound: self.sound,
            target_delay: CHOSEN,
        };
        self.monitor.judge(self.now, around)
    }

    /// So many seconds that differ from good ones by `change`, which is told the number of the second; what was shown at
    /// the end of each of them in which anything was.
    fn run(&mut self, seconds: u64, change: impl Fn(u64, &mut SessionStats)) -> Vec<Health> {
        let shown = self.seconds(seconds, change);
        shown.into_iter().flatten().collect()
    }

    /// The same with those in which nothing was.
    fn seconds(
        &mut self,
        seconds: u64,
        change: impl Fn(u64, &mut SessionStats),
    ) -> Vec<Option<Health>> {
        let second = |_| {
            self.second += 1;
            self.now += SECOND;
            let mut stats = good(self.second);
            change(self.second, &mut stats);
            self.monitor.note(Second::between(&self.before, &stats));
            self.before = stats;
            self.judge()
        };
        (0..seconds).map(second).collect()
    }

    /// What stands after eight such seconds.
    fn after(change: impl Fn(u64, &mut SessionStats)) -> Health {
        let shown = Cast::new().run(8, change);
        *shown.last().expect("eight")
    }
}

fn well() -> Verdict {
    Verdict::Well {
        behind: CHOSEN,
        pictures: true,
    }
}

fn network(loss_pct: u8) -> Cause {
    let wifi = false;
    Cause::Network { wifi, loss_pct }
}

/// All that is sent stays here.
fn firewall(second: u64, stats: &mut SessionStats) {
    (stats.fps.acknowledged, stats.bitrate.actual) = (0.0, 0);
    stats.unsent.add(SendFault::NotPermitted, 405 * second);
}

/// 8 % stay here, and 16 pictures a second arrive.
fn leaky_firewall(second: u64, stats: &mut SessionStats) {
    stats.fps.acknowledged = 16.0;
    stats.unsent.add(SendFault::NotPermitted, 32 * second);
}

#[test]
fn nothing_is_said_before_the_first_numbers_and_when_frames_do_not_flow() {
    let mut cast = Cast::new();
    assert_eq!(cast.judge(), None);
    cast.run(1, |_, _| {});
    cast.state = SessionState::Stopping(Reason::UserStopped);
    assert_eq!(cast.judge(), None);
}

#[test]
fn a_good_cast_goes_well_and_says_how_far_the_tv_is_behind() {
    let health = Cast::after(|_, _| {});
    assert_eq!((health.verdict, health.advice), (well(), None));
    assert_eq!(health.tone(), Tone::Good);
    let raised = Cast::after(|_, stats| stats.target_delay_ms = Some(338.0));
    let behind = Duration::from_millis(300);
    let pictures = true;
    assert_eq!(raised.verdict, Verdict::Well { behind, pictures });
}

#[test]
fn all_is_well_only_after_some_seconds_and_what_is_behind_is_what_is_cast() {
    for pictures in [true, false] {
        let mut cast = Cast::new();
        cast.pictures = pictures;
        // Of what began a moment ago, one stream may be there before the other.
        let shown = cast.seconds(5, |second, stats| {
            stats.codec = Some("vp8").filter(|_| pictures && second > 1);
        });
        let behind = CHOSEN;
        let well = Some(Verdict::Well { behind, pictures });
        let verdicts = shown.iter().map(|health| health.map(|it| it.verdict));
        assert_eq!(
            verdicts.collect::<Vec<_>>(),
            [None, None, well, well, well],
            "pictures: {pictures}"
        );
    }
}

#[test]
fn a_screen_on_which_little_happens_goes_well() {
    let still = Cast::after(|_, stats| {
        stats.fps = FrameRates {
            captured: 2.0,
            encoded: 1.0,
            sent: 1.0,
            acknowledged: 0.0,
            limit: Some(30),
        };
        stats.latency_ms = StageLatencies::default();
    });
    assert_eq!(still.verdict, well());
}

#[test]
fn a_picture_that_is_on_its_way_is_not_missing() {
    let slow = Cast::after(|_, stats| {
        stats.fps.captured = 4.0;
        (stats.fps.encoded, stats.fps.acknowledged) = (4.0, 3.0);
    });
    assert_eq!(slow.verdict, well());
}

#[test]
fn pictures_that_are_thinned_out_on_purpose_are_no_trouble_by_themselves() {
    let fast_screen = Cast::after(|second, stats| {
        stats.fps.captured = 60.0;
        stats.dropped.insert("encoder_busy", 30 * second);
    });
    assert_eq!(fast_screen.verdict, well());
}

#[test]
fn a_verdict_holds_for_five_seconds_and_one_bad_second_is_none() {
    let mut cast = Cast::new();
    cast.run(10, |_, _| {});
    let once = cast.run(3, |second, stats| stats.lowered.size = second == 11);
    assert!(once.iter().all(|health| health.verdict == well()));
    let bad = cast.run(6, |_, stats| stats.lowered.size = true);
    let soft = Verdict::Softened(network(0));
    let from = bad.iter().position(|health| health.verdict == soft);
    assert_eq!(from, Some(2), "when the whole window is bad");
    // It stands since the third of six seconds; good again from the next one.
    let good = cast.run(6, |_, _| {});
    let shown: Vec<bool> = good.iter().map(|health| health.verdict == soft).collect();
    assert_eq!(shown, [true, false, false, false, false, false]);
}

#[test]
fn numbers_in_a_verdict_do_not_flicker() {
    let mut cast = Cast::new();
    let lossy = cast.run(30, |second, stats| {
        stats.lowered.size = true;
        stats.loss_pct = 3.0 + (second * 7 % 10) as f64;
    });
    let mut changes = 0;
    for pair in lossy.windows(2) {
        changes += usize::from(pair[0] != pair[1]);
    }
    assert!((2..=6).contains(&changes), "{changes}");
}

#[test]
fn a_pause_shows_at_once_and_so_does_its_end() {
    let mut cast = Cast::new();
    cast.run(1, |_, _| {});
    cast.paused = true;
    let sound = true;
    assert_eq!(cast.judge().unwrap().verdict, Verdict::Paused { sound });
    cast.run(20, |_, stats| stats.fps = FrameRates::default());
    cast.paused = false;
    assert_eq!(cast.judge().unwrap().verdict, well());
}

#[test]
fn what_the_session_deals_with_goes_before_the_numbers() {
    let mut cast = Cast::new();
    cast.run(6, |_, _| {});
    let streams = Streams::default();
    cast.state = SessionState::Recovering(streams, Trouble::NoFeedback);
    let health = cast.judge().unwrap();
    let (trouble, pictures) = (Trouble::NoFeedback, false);
    assert_eq!(health.verdict, Verdict::Waiting { trouble, pictures });
    assert_eq!(health.advice, Some(Advice::CheckDevice));
}

#[test]
fn nothing_is_said_to_get_through_only_while_that_is_so() {
    let blocked = Verdict::Blocked(SendFault::NotPermitted);
    let mut cast = Cast::new();
    // From the first packet on.
    let closed = cast.seconds(4, firewall);
    let said = closed
        .iter()
        .map(|health| health.map(|it| it.verdict == blocked));
    let yes = Some(true);
    assert_eq!(said.collect::<Vec<_>>(), [None, yes, yes, yes]);
    let stayed = 405 * cast.second;
    let open = cast.run(4, |_, stats| {
        stats.unsent.add(SendFault::NotPermitted, stayed);
    });
    assert!(
        open.iter().all(|health| health.verdict == well()),
        "{open:?}"
    );

    let mut cast = Cast::new();
    let leaky = cast.run(30, leaky_firewall);
    for health in leaky {
        assert!(!matches!(health.verdict, Verdict::Blocked(_)));
    }
}

#[test]
fn packets_that_stay_here_and_are_replaced_in_time_are_no_trouble() {
    let health = Cast::after(|second, stats| stats.unsent.add(SendFault::NoRoom, 32 * second));
    assert_eq!(health.verdict, well());
}

#[test]
fn nothing_goes_well_while_no_picture_arrives() {
    let mut cast = Cast::new();
    cast.run(3, |_, _| {});
    let silent = cast.run(4, |_, stats| stats.fps.acknowledged = 0.0);
    assert_eq!(silent[0].verdict, well(), "one bad second is none");
    for health in &silent[1..] {
        assert_eq!(health.verdict, Verdict::Stuttering(network(0)));
    }
}

#[test]
fn sound_is_not_said_to_go_on_when_there_is_none() {
    let mut cast = Cast::new();
    cast.run(1, |_, _| {});
    (cast.paused, cast.sound) = (true, false);
    let sound = false;
    assert_eq!(cast.judge().unwrap().verdict, Verdict::Paused { sound });
}

#[test]
fn the_loss_of_sound_alone_is_that_of_its_own_packets() {
    let health = Cast::after(|second, stats| {
        (stats.codec, stats.loss_pct) = (None, 0.0);
        stats.audio = Some(AudioStats {
            gaps: second,
            loss_pct: 12.0,
            ..AudioStats::default()
        });
    });
    assert_eq!(health.verdict, Verdict::SoundGaps(network(12)));
}

#[test]
fn a_trouble_of_the_session_ends_when_the_session_says_so() {
    let mut cast = Cast::new();
    cast.run(6, |_, _| {});
    cast.state = SessionState::Recovering(Streams::default(), Trouble::NoFeedback);
    cast.run(6, |_, stats| stats.fps.acknowledged = 0.0);
    cast.state = STREAMING;
    assert_eq!(cast.judge(), None, "no numbers of the time since");
    let after = cast.run(3, |_, _| {});
    assert!(after.iter().all(|health| health.verdict == well()));
}

#[test]
fn counters_that_begin_anew_are_no_flood() {
    let mut cast = Cast::new();
    cast.run(20, |_, _| {});
    cast.second = 0;
    let renegotiated = cast.run(3, |_, _| {});
    assert!(renegotiated.iter().all(|health| health.verdict == well()));
}
