// SPDX-License-Identifier: GPL-3.0-or-later
//! The transition function as a table: every state against every step.

use std::time::Duration;

use super::SessionState as S;
use super::*;

const VP8: Streams = Streams {
    video: Some(VideoCodec::Vp8),
    audio: Some(AudioCodec::Opus),
};
const H264: Streams = Streams {
    video: Some(VideoCodec::H264),
    audio: None,
};

fn steps() -> Vec<Step> {
    vec![
        Step::Connected,
        Step::Authenticated,
        Step::Prepared,
        Step::ConfirmationAsked,
        Step::Launched,
        Step::Answered(H264),
        Step::Disturbed(Trouble::NoFeedback),
        Step::Disturbed(Trouble::NextCodec),
        Step::Disturbed(Trouble::SmallerPackets),
        Step::Recovered,
        Step::Stop(Reason::UserStopped),
        Step::TornDown,
    ]
}

/// A device that is sought for two minutes at most.
fn absence(attempt: u32) -> Absence {
    let now = Instant::now();
    Absence {
        why: Setback::Silent,
        attempt,
        next: None,
        until: now + Duration::from_mins(2),
    }
}

#[test]
fn a_lost_device_is_sought_until_it_answers_or_somebody_says_stop() {
    let seek = absence(1);
    let lost = Step::Lost(seek);
    let sought = Some(S::Reconnecting(seek));
    for state in [
        S::Streaming(VP8),
        S::Recovering(VP8, Trouble::NoFeedback),
        S::Reconnecting(absence(7)),
        S::ConfirmOnTv,
        S::Negotiating,
    ] {
        assert_eq!(state.after(&lost), sought, "{state:?}");
    }
    for state in [
        S::Connecting,
        S::Authenticating,
        S::Launching,
        S::Stopping(Reason::UserStopped),
        S::Ended(Reason::UserStopped),
    ] {
        assert_eq!(state.after(&lost), None, "{state:?}");
    }
    let seeking = S::Reconnecting(seek);
    for (step, expected) in [
        (Step::Connected, None),
        (Step::Authenticated, None),
        (Step::ConfirmationAsked, Some(S::ConfirmOnTv)),
        (Step::Launched, None),
        (Step::Answered(H264), Some(S::Streaming(H264))),
        (Step::Disturbed(Trouble::NoFeedback), None),
        (Step::Recovered, None),
        (
            Step::Stop(Reason::UserStopped),
            Some(S::Stopping(Reason::UserStopped)),
        ),
        (Step::TornDown, None),
    ] {
        assert_eq!(seeking.after(&step), expected, "{step:?}");
    }
}

#[test]
fn every_state_answers_every_step_as_the_table_says() {
    let stopping = Some(S::Stopping(Reason::UserStopped));
    let lost = Some(S::Recovering(VP8, Trouble::NoFeedback));
    let retry = Some(S::Recovering(VP8, Trouble::NextCodec));
    let small = Some(S::Recovering(VP8, Trouble::SmallerPackets));
    let next = Some(S::Streaming(H264));
    #[rustfmt::skip]
    let table: Vec<(S, [Option<S>; 12])> = vec![
        //                                     connected               authenticated        prepared              confirm               launched              answered      no feedback    next codec      smaller packets  recovered                stop              torn down
        (S::Connecting,                        [Some(S::Authenticating), None,                None,              None,                 None,                 None,         None,          None,           None,            None,                    stopping.clone(), None]),
        (S::Authenticating,                    [None,                  Some(S::Preparing),                None,  None,                 None,                 None,         None,          None,           None,            None,                    stopping.clone(), None]),
        (S::Preparing,                         [None,                  None,                Some(S::Launching),    None,                 None,                 None,         None,          None,           None,            None,                    stopping.clone(), None]),
        (S::Launching,                         [None,                  None,                None,                Some(S::ConfirmOnTv), Some(S::Negotiating), None,         None,          None,           None,            None,                    stopping.clone(), None]),
        (S::ConfirmOnTv,                       [None,                  None,                None,                None,                 Some(S::Negotiating), None,         None,          None,           None,            None,                    stopping.clone(), None]),
        (S::Negotiating,                       [None,                  None,                None,                None,                 None,                 next.clone(), None,          None,           None,            None,                    stopping.clone(), None]),
        (S::Streaming(VP8),                    [None,                  None,                None,                None,                 None,                 None,         lost.clone(),  retry.clone(),  small.clone(),   None,                    stopping.clone(), None]),
        (S::Recovering(VP8, Trouble::NoFeedback), [None,               None,                None,                None,                 None,                 None,         lost.clone(),  retry.clone(),  small.clone(),   Some(S::Streaming(VP8)), stopping.clone(), None]),
        (S::Recovering(VP8, Trouble::NextCodec),  [None,               None,                None,                None,                 None,                 next.clone(), lost.clone(),  retry.clone(),  small.clone(),   None,                    stopping.clone(), None]),
        (S::Recovering(VP8, Trouble::SmallerPackets), [None,               None,                None,                None,                 None,                 next.clone(), lost.clone(),  retry.clone(),  small.clone(),   None,                    stopping.clone(), None]),
        (S::Stopping(Reason::DeviceClosed),    [None,                  None,                None,                None,                 None,                 None,         None,          None,           None,            None,                    None,             Some(S::Ended(Reason::DeviceClosed))]),
        (S::Ended(Reason::DeviceClosed),       [None,                  None,                None,                None,                 None,                 None,         None,          None,           None,            None,                    None,             None]),
    ];
    for (state, row) in table {
        for (step, expected) in steps().iter().zip(row) {
            assert_eq!(state.after(step), expected, "{state:?} after {step:?}");
        }
    }
}

#[test]
fn the_first_reason_stands() {
    let stopping = S::Streaming(VP8)
        .after(&Step::Stop(Reason::DeviceClosed))
        .expect("streaming can be stopped");
    assert_eq!(stopping.after(&Step::Stop(Reason::UserStopped)), None);
    assert_eq!(
        stopping.after(&Step::TornDown),
        Some(S::Ended(Reason::DeviceClosed))
    );
}
