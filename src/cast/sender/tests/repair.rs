// SPDX-License-Identifier: GPL-3.0-or-later
//! How losses are asked for, proven and repaired.

use std::time::Duration;

use super::rig::{AUDIO_SSRC, MS, Rig, Says, VIDEO, kind};
use crate::cast::ntp::ReportId;
use crate::cast::sender::Input;

/// One picture, acknowledged after 20 ms by a receiver that answers at once.
fn prompt() -> Rig {
    let mut rig = Rig::new();
    rig.key_frame(10);
    rig.prove_prompt(20 * MS);
    rig.take_sent();
    rig
}

/// The same, and one packet of ten is lost for a while.
fn lossy() -> Rig {
    let mut rig = prompt();
    for frame in 1..=40 {
        rig.delta_frame(14_400);
        let id = wait_for_report(&mut rig);
        rig.pass(20 * MS);
        let says = Says {
            checkpoint: frame - 1,
            missing: &[(frame, 3)],
            ..Says::default()
        };
        rig.answers(id, Duration::ZERO, says);
        rig.says(&Says {
            checkpoint: frame,
            ..Says::default()
        });
        rig.take_sent();
    }
    rig
}

/// Lets time pass until a sender report of the pictures leaves.
pub(super) fn wait_for_report(rig: &mut Rig) -> ReportId {
    for _ in 0..1000 {
        if let Some(report) = rig.take_reports().last() {
            return report.id();
        }
        rig.pass(MS);
    }
    panic!("no report")
}

fn kinds(rig: &mut Rig) -> Vec<String> {
    rig.take_sent().iter().map(|sent| kind(sent)).collect()
}

#[test]
fn on_a_good_path_a_question_follows_only_when_the_acknowledgement_is_overdue() {
    let mut rig = prompt();
    rig.delta_frame(3000);
    assert_eq!(kinds(&mut rig), ["RTP 50001"; 3]);
    rig.pass(21 * MS);
    assert_eq!(kinds(&mut rig), [""; 0]);
    rig.pass(2 * MS);
    assert_eq!(kinds(&mut rig), ["SR 50001"]);
}

#[test]
fn on_a_lossy_path_the_question_leaves_right_behind_the_frame() {
    let mut rig = lossy();
    rig.pass(5 * MS);
    rig.take_sent();
    rig.delta_frame(3000);
    let expected = ["RTP 50001", "RTP 50001", "RTP 50001", "SR 50001"];
    assert_eq!(kinds(&mut rig), expected);
}

#[test]
fn an_answer_proves_the_loss_of_what_left_before_the_question_and_of_nothing_else() {
    let mut rig = prompt();
    rig.delta_frame(3000);
    let id = wait_for_report(&mut rig);
    rig.delta_frame(3000);
    rig.take_sent();
    // Long after, the report asked last is answered: frame 2 may have been on the way still.
    rig.pass(4 * MS);
    let missing = [(1, 1), (2, 0xFFFF)];
    let says = Says {
        checkpoint: 0,
        missing: &missing,
        ..Says::default()
    };
    rig.answers(id, Duration::ZERO, says);
    assert_eq!(rig.take_packets(), [(1, 1)]);
    // It was sent again after that question.
    rig.says(&says);
    assert_eq!(rig.take_packets(), []);
}

#[test]
fn a_frame_that_an_answer_does_not_mention_was_lost_whole() {
    let mut rig = prompt();
    rig.delta_frame(3000);
    let id = wait_for_report(&mut rig);
    rig.take_sent();
    let says = Says {
        checkpoint: 0,
        ..Says::default()
    };
    rig.pass(20 * MS);
    rig.answers(id, Duration::ZERO, says);
    assert_eq!(rig.take_packets(), [(1, 0), (1, 1), (1, 2)]);
}

#[test]
fn a_list_of_losses_that_may_have_been_cut_off_says_nothing_about_later_frames() {
    let mut rig = prompt();
    rig.delta_frame(100_000);
    rig.pass(40 * MS);
    rig.delta_frame(3000);
    let id = wait_for_report(&mut rig);
    rig.take_sent();
    let missing: Vec<(i64, u16)> = (0..60).map(|packet| (1, packet)).collect();
    let says = Says {
        checkpoint: 0,
        missing: &missing,
        ..Says::default()
    };
    rig.pass(20 * MS);
    rig.answers(id, Duration::ZERO, says);
    rig.pass(40 * MS);
    assert!(rig.take_packets().iter().all(|(frame, _)| *frame == 1));
}

#[test]
fn an_answer_that_does_not_come_is_asked_for_again_ever_less_often() {
    let mut rig = prompt();
    rig.delta_frame(10);
    let mut counts = Vec::new();
    for _ in 0..8 {
        rig.pass(500 * MS);
        counts.push(rig.take_reports().len());
    }
    assert!((15..=25).contains(&counts[0]), "{counts:?}");
    assert!(counts[0] > counts[1] && counts[1] > counts[3]);
    assert!(counts[7] >= 1 && counts[7] <= 4, "{counts:?}");
}

#[test]
fn questions_of_both_streams_keep_their_distance_and_within_64_kbit_a_second() {
    let mut rig = Rig::new();
    rig.audio(10);
    rig.key_frame(10);
    let says = Says {
        checkpoint: 0,
        ..Says::default()
    };
    rig.measure_round_trip(2 * MS, says);
    let mut left = Vec::new();
    for ms in 0..1000 {
        if ms % 10 == 0 {
            rig.audio(100);
            rig.delta_frame(100);
        }
        rig.take_sent();
        rig.pass(MS);
        let reports = kinds(&mut rig);
        left.extend(reports.iter().filter(|it| it.starts_with("SR")).map(|_| ms));
        if ms % 4 == 0 {
            // Heard, but nothing arrives.
            rig.says(&says);
            let datagram = rig.datagram(AUDIO_SSRC, &says);
            rig.handle(Input::Datagram(&datagram));
        }
    }
    let bits = left.len() * 56 * 8;
    assert!((40_000..=64_000).contains(&bits), "{bits}");
    assert!(left.windows(2).all(|pair| pair[1] - pair[0] >= 5));
}

#[test]
fn a_receiver_that_is_not_prompt_gets_marks_and_no_questions() {
    let mut rig = Rig::new();
    rig.key_frame(10);
    let id = rig.take_reports()[0].id();
    rig.pass(40 * MS);
    let says = Says {
        checkpoint: 0,
        ..Says::default()
    };
    rig.answers(id, 20 * MS, says);
    rig.take_sent();
    rig.delta_frame(3000);
    let expected = ["RTP 50001", "RTP 50001", "RTP 50001", "SR 50001"];
    assert_eq!(kinds(&mut rig), expected);
    rig.pass(30 * MS);
    rig.says(&Says {
        missing: &[(1, 1)],
        ..says
    });
    rig.pass(60 * MS);
    let expected = ["RTP 50001", "SR 50001"];
    assert_eq!(kinds(&mut rig), expected, "the repair and its mark");
}

#[test]
fn what_is_urgent_is_sent_twice_a_moment_apart_on_a_lossy_path_only() {
    for (mut rig, urgent, copies) in [(lossy(), true, 2), (lossy(), false, 1), (prompt(), true, 1)]
    {
        let newest = rig.sender.checkpoint(VIDEO).unwrap().0;
        rig.delta_frame(3000);
        let id = wait_for_report(&mut rig);
        // A player needs it 150 ms after its capture; an attempt takes some 25 ms.
        rig.pass(if urgent { 110 * MS } else { 25 * MS });
        rig.take_sent();
        let says = Says {
            checkpoint: newest,
            missing: &[(newest + 1, 1)],
            ..Says::default()
        };
        rig.answers(id, Duration::ZERO, says);
        assert_eq!(rig.take_packets().len(), 1);
        rig.pass(2 * MS);
        assert_eq!(rig.take_packets().len(), 0);
        rig.pass(2 * MS);
        assert_eq!(rig.take_packets().len(), copies - 1);
    }
}

#[test]
fn a_packet_that_never_arrives_is_sent_ever_less_often() {
    let mut rig = prompt();
    rig.delta_frame(1400);
    let mut left = 0;
    for _ in 0..1000 {
        let id = rig
            .take_reports()
            .last()
            .map(crate::cast::rtcp::SenderReport::id);
        rig.pass(5 * MS);
        let says = Says {
            checkpoint: 0,
            missing: &[(1, 0)],
            ..Says::default()
        };
        match id {
            Some(id) => rig.answers(id, Duration::ZERO, says),
            None => rig.says(&says),
        }
        left += rig
            .sent
            .iter()
            .filter(|sent| kind(sent) == "RTP 50001")
            .count();
    }
    // Six at once, then after 50, 100, 200 and ever again after 400 ms: of 5 s.
    assert!((12..=24).contains(&left), "{left}");
}

#[test]
fn what_waited_in_the_socket_while_the_process_slept_measures_no_round_trip() {
    let mut rig = prompt();
    rig.delta_frame(10);
    let id = wait_for_report(&mut rig);
    // Nobody wakes the sender up for an hour.
    rig.now += 3_600_000 * MS;
    let says = Says {
        checkpoint: 1,
        ..Says::default()
    };
    rig.answers(id, Duration::ZERO, says);
    assert_eq!(rig.sender.stats(rig.now).round_trip, Some(20 * MS));
    rig.take_sent();
    rig.delta_frame(10);
    rig.pass(30 * MS);
    assert_eq!(kinds(&mut rig).len(), 2, "a packet and a question");
}

/// One picture, acknowledged by a receiver that answers sender reports late.
fn tardy() -> Rig {
    let mut rig = Rig::new();
    rig.key_frame(10);
    let id = rig.take_reports()[0].id();
    rig.pass(30 * MS);
    let says = Says {
        checkpoint: 0,
        ..Says::default()
    };
    rig.answers(id, 20 * MS, says);
    rig.take_sent();
    rig
}

#[test]
fn when_a_receiver_that_cannot_be_asked_stays_silent_the_oldest_frame_is_repeated() {
    let mut rig = tardy();
    rig.says(&Says {
        checkpoint: 0,
        ..Says::default()
    });
    // Saves up for what is done on suspicion.
    for frame in 1..=5 {
        rig.delta_frame(3000);
        rig.says(&Says {
            checkpoint: frame,
            ..Says::default()
        });
    }
    rig.take_sent();
    rig.delta_frame(3000);
    rig.delta_frame(3000);
    // The receiver has heard of both.
    rig.says(&Says {
        checkpoint: 5,
        acknowledged: &[7],
        ..Says::default()
    });
    rig.take_sent();
    rig.pass(60 * MS);
    assert_eq!(rig.take_packets(), []);
    rig.pass(20 * MS);
    assert_eq!(rig.take_packets(), [(6, 0), (6, 1), (6, 2)]);
    // The next guess waits twice as long.
    rig.pass(120 * MS);
    assert_eq!(rig.take_packets(), []);
    rig.pass(40 * MS);
    assert_eq!(rig.take_packets(), [(6, 0), (6, 1), (6, 2)]);
}

#[test]
fn once_losses_were_found_to_be_told_late_guesses_come_as_soon_as_an_acknowledgement_is_overdue() {
    let mut rig = tardy();
    rig.delta_frame(3000);
    rig.delta_frame(3000);
    let says = Says {
        checkpoint: 0,
        missing: &[(1, 0), (2, 0)],
        ..Says::default()
    };
    // Too early to mean anything but that it has heard of both.
    rig.says(&says);
    rig.pass(400 * MS);
    rig.says(&says);
    rig.pass(5 * MS);
    rig.says(&Says {
        checkpoint: 2,
        ..Says::default()
    });
    rig.delta_frame(3000);
    rig.delta_frame(10);
    rig.take_sent();
    rig.pass(20 * MS);
    assert_eq!(rig.take_packets(), [(3, 0), (3, 1), (3, 2)]);
}
