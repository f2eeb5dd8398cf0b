// SPDX-License-Identifier: GPL-3.0-or-later

use std::time::Duration;

use super::*;

const SHAPE: Shape = Shape {
    codec: VideoCodec::Vp8,
    size: (1280, 720),
    borders: false,
    overscan_pct: 0,
    frame_rate: 30,
};
const SECOND: Duration = Duration::from_secs(1);
const M: u32 = 1_000_000;

/// A sharing whose encodes answer at once, and a clock.
struct Rig {
    sharing: Sharing,
    now: Instant,
    moves: Vec<Move>,
}

impl Rig {
    fn new() -> Rig {
        Rig {
            sharing: Sharing::default(),
            now: Instant::now(),
            moves: Vec::new(),
        }
    }

    /// Sessions at these bitrates that have had their key frames.
    fn with(rates: &[u32]) -> (Rig, Vec<Member>) {
        let mut rig = Rig::new();
        let members = rates.iter().map(|rate| rig.join(SHAPE, *rate)).collect();
        rig.settle();
        (rig, members)
    }

    fn join(&mut self, shape: Shape, bitrate: u32) -> Member {
        let member = self.sharing.join(shape, bitrate);
        self.sharing
            .wish(self.now, member, EncoderControl::KeyFrame);
        member
    }

    /// Everybody gets the key frame that was waited for; returns what was to be done before.
    fn settle(&mut self) -> Vec<Move> {
        while let Some(next) = self.sharing.next_move() {
            self.moves.push(next);
        }
        let all: Vec<Member> = self
            .sharing
            .sharers
            .iter()
            .map(|sharer| sharer.id)
            .collect();
        for member in all {
            self.sharing.started(member);
        }
        std::mem::take(&mut self.moves)
    }

    /// Time passes, second by second.
    fn pass(&mut self, seconds: u32) -> Vec<Move> {
        let mut moves = Vec::new();
        for _ in 0..seconds {
            self.now += SECOND;
            self.sharing.tick(self.now);
            moves.extend(self.settle());
        }
        moves
    }

    fn wish(&mut self, member: Member, wish: EncoderControl) -> Vec<Move> {
        self.sharing.wish(self.now, member, wish);
        self.settle()
    }

    fn encode(&mut self, member: Member) -> Encode {
        self.sharing.sharer(member).expect("it shares").encode
    }

    /// The sizes of the encodes, largest first.
    fn sizes(&self) -> Vec<usize> {
        let of = |encode: &Shared| self.sharing.of(encode.id).count();
        let mut sizes: Vec<usize> = self.sharing.encodes.iter().map(of).collect();
        sizes.sort_unstable();
        sizes.reverse();
        sizes
    }

    fn rate(&self, encode: Encode) -> u32 {
        let mut encodes = self.sharing.encodes.iter();
        encodes
            .find(|shared| shared.id == encode)
            .expect("it runs")
            .bitrate
    }
}

fn starts(moves: &[Move]) -> usize {
    let starts = moves
        .iter()
        .filter(|done| matches!(done, Move::Start { .. }));
    starts.count()
}

fn key_frames(moves: &[Move]) -> Vec<Encode> {
    let asked = moves.iter().filter_map(|done| match done {
        Move::Steer {
            encode,
            control: EncoderControl::KeyFrame,
        } => Some(*encode),
        _ => None,
    });
    asked.collect()
}

#[test]
fn equal_sessions_share_one_encode_and_others_do_not() {
    let other = |change: fn(&mut Shape)| {
        let mut shape = SHAPE;
        change(&mut shape);
        shape
    };
    let cases = [
        (SHAPE, 4 * M, 1),
        (SHAPE, 5 * M, 1),
        (SHAPE, 6 * M, 2),
        (SHAPE, 3 * M, 2),
        (other(|shape| shape.codec = VideoCodec::H264), 4 * M, 2),
        (other(|shape| shape.size = (640, 360)), 4 * M, 2),
        (other(|shape| shape.borders = true), 4 * M, 2),
        (other(|shape| shape.overscan_pct = 3), 4 * M, 2),
        (other(|shape| shape.frame_rate = 60), 4 * M, 2),
    ];
    for (shape, bitrate, encodes) in cases {
        let mut rig = Rig::new();
        rig.join(SHAPE, 4 * M);
        rig.join(shape, bitrate);
        assert_eq!(starts(&rig.settle()), encodes, "{shape:?} {bitrate}");
    }
}

#[test]
fn eight_sessions_that_begin_together_take_one_encoder() {
    let (rig, _) = Rig::with(&[3 * M; 8]);
    assert_eq!(rig.sizes(), [8]);
}

#[test]
fn the_encode_runs_at_the_lowest_bitrate() {
    let (mut rig, members) = Rig::with(&[4 * M, 4 * M]);
    let encode = rig.encode(members[0]);
    rig.wish(members[1], EncoderControl::Bitrate(3_500_000));
    assert_eq!(rig.rate(encode), 3_500_000);
    assert_eq!(rig.wish(members[0], EncoderControl::Bitrate(4_200_000)), []);
    rig.sharing.leave(members[1]);
    assert_eq!(rig.rate(encode), 4_200_000);
}

#[test]
fn a_session_whose_bitrate_falls_leaves_after_a_second_and_the_others_rise_again() {
    let (mut rig, members) = Rig::with(&[4 * M; 3]);
    let encode = rig.encode(members[0]);
    rig.wish(members[1], EncoderControl::Bitrate(M));
    assert_eq!(rig.rate(encode), M, "nobody gets more than it asked for");
    assert_eq!(rig.sizes(), [3]);
    let moves = rig.pass(1);
    assert_eq!(starts(&moves), 1);
    assert_eq!(rig.sizes(), [2, 1]);
    assert_eq!(rig.rate(encode), 4 * M);
    let own = rig.encode(members[1]);
    assert_eq!(rig.rate(own), M);
    assert!(
        !key_frames(&moves).contains(&encode),
        "the others notice nothing"
    );
}

#[test]
fn targets_that_move_together_stay_together() {
    let (mut rig, members) = Rig::with(&[4 * M; 4]);
    for member in &members {
        rig.wish(*member, EncoderControl::Bitrate(2 * M));
        rig.now += SECOND / 5;
    }
    assert_eq!(starts(&rig.pass(30)), 0);
    assert_eq!(rig.sizes(), [4]);
}

#[test]
fn a_session_comes_back_when_it_has_agreed_for_ten_seconds() {
    let (mut rig, members) = Rig::with(&[4 * M, 4 * M]);
    rig.wish(members[1], EncoderControl::Bitrate(2 * M));
    rig.pass(2);
    assert_eq!(rig.sizes(), [1, 1]);
    // Near enough to stay, but not to come back.
    rig.wish(members[1], EncoderControl::Bitrate(3_200_000));
    rig.pass(60);
    assert_eq!(rig.sizes(), [1, 1]);
    rig.wish(members[1], EncoderControl::Bitrate(3_700_000));
    rig.pass(9);
    assert_eq!(rig.sizes(), [1, 1]);
    let moves = rig.pass(3);
    assert_eq!(rig.sizes(), [2]);
    let encode = rig.encode(members[0]);
    assert_eq!(
        key_frames(&moves),
        [encode],
        "one key frame, for the one that comes"
    );
    assert_eq!(rig.rate(encode), 3_700_000);
}

#[test]
fn all_encodes_that_have_agreed_for_ten_seconds_become_one_in_the_same_moment() {
    let (mut rig, members) = Rig::with(&[M, 2 * M, 4 * M, 8 * M]);
    assert_eq!(rig.sizes(), [1; 4]);
    for member in &members {
        rig.wish(*member, EncoderControl::Bitrate(4 * M));
    }
    rig.pass(9);
    assert_eq!(rig.sizes(), [1; 4]);
    let moves = rig.pass(3);
    assert_eq!(rig.sizes(), [4]);
    let encode = rig.encode(members[0]);
    assert_eq!(key_frames(&moves), [encode; 3], "all from one encode");
}

#[test]
fn what_troubles_one_session_now_and_then_does_not_make_another_wait_anew() {
    let (mut rig, members) = Rig::with(&[4 * M; 3]);
    rig.wish(members[2], EncoderControl::Bitrate(2 * M));
    rig.pass(2);
    assert_eq!(rig.sizes(), [2, 1]);
    rig.wish(members[2], EncoderControl::Bitrate(4 * M));
    for _ in 0..3 {
        rig.sharing.held_back(rig.now, members[0]);
        rig.pass(4);
    }
    assert_eq!(rig.sizes(), [3]);
}

#[test]
fn nobody_enters_an_encode_that_is_in_trouble_and_one_in_trouble_waits_anew() {
    let (mut rig, members) = Rig::with(&[4 * M; 3]);
    rig.wish(members[2], EncoderControl::Bitrate(2 * M));
    rig.pass(2);
    rig.wish(members[2], EncoderControl::Bitrate(4 * M));
    for _ in 0..20 {
        rig.sharing.held_back(rig.now, members[0]);
        rig.pass(1);
    }
    assert_eq!(rig.sizes(), [2, 1]);
    rig.sharing.held_back(rig.now, members[2]);
    rig.pass(9);
    assert_eq!(rig.sizes(), [2, 1]);
    rig.pass(4);
    assert_eq!(rig.sizes(), [3]);
}

#[test]
fn bitrates_that_swing_do_not_make_encodes_come_and_go() {
    let (mut rig, members) = Rig::with(&[4 * M, 4 * M]);
    let mut started = 0;
    for round in 0..60 {
        let bitrate = if round % 2 == 0 { 2 * M } else { 4 * M };
        started += starts(&rig.wish(members[1], EncoderControl::Bitrate(bitrate)));
        started += starts(&rig.pass(4));
    }
    assert_eq!(started, 1);
}

#[test]
fn a_second_key_frame_within_five_seconds_comes_from_an_encode_of_its_own() {
    let (mut rig, members) = Rig::with(&[4 * M; 3]);
    let encode = rig.encode(members[0]);
    assert_eq!(
        key_frames(&rig.wish(members[0], EncoderControl::KeyFrame)),
        [encode]
    );
    rig.pass(6);
    assert_eq!(
        key_frames(&rig.wish(members[0], EncoderControl::KeyFrame)),
        [encode]
    );
    rig.pass(2);
    let moves = rig.wish(members[0], EncoderControl::KeyFrame);
    assert_eq!((starts(&moves), key_frames(&moves)), (1, Vec::new()));
    assert_eq!(rig.sizes(), [2, 1]);
    // There it may ask as often as it likes.
    let own = rig.encode(members[0]);
    for _ in 0..5 {
        assert_eq!(
            key_frames(&rig.wish(members[0], EncoderControl::KeyFrame)),
            [own]
        );
    }
}

#[test]
fn the_first_key_frame_is_asked_for_as_often_as_it_takes() {
    let mut rig = Rig::new();
    let members = [rig.join(SHAPE, M), rig.join(SHAPE, M)];
    for _ in 0..5 {
        rig.now += SECOND / 2;
        rig.sharing
            .wish(rig.now, members[1], EncoderControl::KeyFrame);
    }
    rig.settle();
    assert_eq!(rig.sizes(), [2]);
}

#[test]
fn a_key_frame_for_a_full_network_is_nobody_elses_business() {
    let (mut rig, members) = Rig::with(&[4 * M; 2]);
    rig.sharing.held_back(rig.now, members[1]);
    rig.pass(2);
    assert_eq!(
        starts(&rig.wish(members[1], EncoderControl::KeyFrame)),
        0,
        "long ago"
    );
    let (mut rig, members) = Rig::with(&[4 * M; 2]);
    rig.sharing.held_back(rig.now, members[1]);
    assert_eq!(starts(&rig.wish(members[1], EncoderControl::KeyFrame)), 1);
    assert_eq!(rig.sizes(), [1, 1]);
}

#[test]
fn a_session_that_does_not_take_its_frames_gets_an_encode_of_its_own() {
    let (mut rig, members) = Rig::with(&[4 * M; 2]);
    rig.sharing.fell_behind(members[0]);
    assert_eq!(starts(&rig.settle()), 1);
    rig.sharing.fell_behind(members[0]);
    let moves = rig.settle();
    assert_eq!(
        (starts(&moves), key_frames(&moves)),
        (0, vec![rig.encode(members[0])])
    );
}

#[test]
fn another_size_or_rate_leaves_at_once_and_alone_it_is_only_passed_on() {
    for wish in [
        EncoderControl::MaxSize(640, 360),
        EncoderControl::MaxFrameRate(15),
    ] {
        let (mut rig, members) = Rig::with(&[4 * M; 3]);
        let encode = rig.encode(members[0]);
        assert_eq!(starts(&rig.wish(members[2], wish)), 1);
        assert_eq!(rig.sizes(), [2, 1]);
        // The next one that wants the same goes there, and the last one changes its own.
        let moves = rig.wish(members[1], wish);
        assert_eq!((starts(&moves), rig.sizes()), (0, vec![2, 1]));
        let control = wish;
        assert_eq!(
            rig.wish(members[0], wish),
            [Move::Steer { encode, control }]
        );
        rig.pass(12);
        assert_eq!(rig.sizes(), [3], "they agree");
        assert_eq!(rig.wish(members[0], wish), [], "it is so already");
    }
}

#[test]
fn a_frozen_picture_is_nobody_elses_and_shows_nothing_more_at_once() {
    let (mut rig, members) = Rig::with(&[4 * M; 2]);
    rig.sharing.pause(members[0], true);
    let moves = rig.settle();
    let own = rig.encode(members[0]);
    assert_eq!(starts(&moves), 1);
    let last = Move::Take {
        member: members[0],
        encode: own,
        at_once: true,
    };
    assert_eq!(moves.last(), Some(&last));
    assert!(rig.sharing.is_frozen(own));
    assert_eq!(rig.pass(60), []);
    let newcomer = rig.join(SHAPE, 4 * M);
    assert_ne!(rig.encode(newcomer), own);
    rig.sharing.pause(members[0], false);
    assert!(!rig.sharing.is_frozen(own));
    rig.pass(9);
    assert_eq!(rig.sizes(), [2, 1]);
    rig.pass(3);
    assert_eq!(rig.sizes(), [3]);
}

#[test]
fn a_pause_in_the_middle_of_a_move_cuts_off_the_encode_before() {
    let (mut rig, members) = Rig::with(&[4 * M; 2]);
    rig.sharing.fell_behind(members[0]);
    while rig.sharing.next_move().is_some() {}
    rig.sharing.pause(members[0], true);
    let own = rig.encode(members[0]);
    let cut = Move::Take {
        member: members[0],
        encode: own,
        at_once: true,
    };
    assert_eq!(rig.settle(), [cut]);
}

#[test]
fn alone_a_picture_is_frozen_without_another_encode() {
    let (mut rig, members) = Rig::with(&[4 * M]);
    let encode = rig.encode(members[0]);
    rig.sharing.pause(members[0], true);
    assert_eq!(rig.settle(), []);
    assert!(rig.sharing.is_frozen(encode));
}

#[test]
fn nobody_joins_an_encode_that_has_failed() {
    let (mut rig, members) = Rig::with(&[4 * M]);
    let encode = rig.encode(members[0]);
    rig.sharing.failed(encode);
    let member = rig.join(SHAPE, 4 * M);
    assert_ne!(rig.encode(member), encode);
}

#[test]
fn when_all_have_left_nothing_remains() {
    let (mut rig, members) = Rig::with(&[4 * M, 4 * M, M]);
    for member in members {
        rig.sharing.leave(member);
        rig.sharing.leave(member);
    }
    assert!(rig.sharing.encodes.is_empty() && rig.sharing.sharers.is_empty());
}
