// SPDX-License-Identifier: GPL-3.0-or-later
//! The steps of a cast that begins, for people who wait: a [`CastStatus`] in, [`Connecting`] out.

use gettextrs::gettext;

use super::fill;
use super::kind::for_kind;
use crate::engine::{CastStatus, DeviceKind, SessionState};

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    /// Not begun.
    Waiting,
    /// Being done.
    Active,
    /// Done.
    Done,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectStep {
    /// How far it is.
    pub progress: Progress,
    /// What is done, or was.
    pub text: String,
}

/// A cast that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connecting {
    /// A few words.
    pub title: String,
    /// What to expect or to do now, in one sentence.
    pub what: String,
    /// All steps, in their order.
    pub steps: [ConnectStep; STEPS],
}

/// How many steps there are.
pub const STEPS: usize = 5;

/// How far a cast is that begins.
pub fn connecting(status: &CastStatus) -> Connecting {
    let reached = reached(&status.state);
    let mut number = 0;
    let steps = texts(status).map(|[doing, done]| {
        // While the person chooses, the device waits.
        let progress = match number.cmp(&reached) {
            std::cmp::Ordering::Less => Progress::Done,
            std::cmp::Ordering::Equal if !status.choosing => Progress::Active,
            _ => Progress::Waiting,
        };
        number += 1;
        let text = if progress == Progress::Done {
            done
        } else {
            doing
        };
        ConnectStep {
            progress,
            text: gettext(text),
        }
    });
    let (title, what) = heading(status);
    Connecting { title, what, steps }
}

/// Title and sentence: what the person has to do, if anything.
fn heading(status: &CastStatus) -> (String, String) {
    if status.choosing {
        return (
            gettext("Choose What to Share"),
            gettext("The system asks in a dialog what may be shown."),
        );
    }
    if status.state == SessionState::ConfirmOnTv {
        return (
            gettext(for_kind(
                status.kind,
                [
                    "Confirm on the TV",
                    "Confirm on the Display",
                    "Confirm on the Speaker",
                    "Confirm on the Speakers",
                ],
            )),
            fill(
                "{device} asks whether this computer may cast.",
                &[("device", &status.name)],
            ),
        );
    }
    let soon = match status.kind {
        DeviceKind::Tv if status.has_picture => "The picture appears on the TV in a moment.",
        DeviceKind::Display if status.has_picture => {
            "The picture appears on the display in a moment."
        }
        _ => "The sound begins in a moment.",
    };
    (gettext("Connecting"), gettext(soon))
}

/// What each step is called while it is being done, and when it is done; not translated yet.
fn texts(status: &CastStatus) -> [[&'static str; 2]; STEPS] {
    let by_kind = |texts| for_kind(status.kind, texts);
    let find = by_kind([
        "Finding the TV on the network",
        "Finding the display on the network",
        "Finding the speaker on the network",
        "Finding the speakers on the network",
    ]);
    let start = by_kind([
        "Starting the receiver on the TV",
        "Starting the receiver on the display",
        "Starting the receiver on the speaker",
        "Starting the receiver on the speakers",
    ]);
    let started = by_kind([
        "Receiver started on the TV",
        "Receiver started on the display",
        "Receiver started on the speaker",
        "Receiver started on the speakers",
    ]);
    let [prepare, agree, send] = if status.has_picture {
        [
            ["Preparing the picture", "Picture prepared"],
            [
                "Agreeing on picture and sound",
                "Agreed on picture and sound",
            ],
            ["Sending the first picture", "First picture sent"],
        ]
    } else {
        [
            ["Preparing the sound", "Sound prepared"],
            ["Agreeing on the sound", "Agreed on the sound"],
            ["Sending the first sound", "First sound sent"],
        ]
    };
    [
        [find, "Found on the network"],
        prepare,
        [start, started],
        agree,
        send,
    ]
}

/// How many steps are done.
fn reached(state: &SessionState) -> usize {
    match state {
        // It is found when it is known to be the one.
        SessionState::Connecting | SessionState::Authenticating => 0,
        SessionState::Preparing => 1,
        SessionState::Launching | SessionState::ConfirmOnTv => 2,
        SessionState::Negotiating => 3,
        SessionState::Streaming(_)
        | SessionState::Recovering(..)
        | SessionState::Reconnecting(_)
        | SessionState::Stopping(_)
        | SessionState::Ended(_) => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::Progress::{Active, Done, Waiting};
    use super::*;

    fn status(state: SessionState) -> CastStatus {
        CastStatus::in_state("id", state)
    }

    #[test]
    fn each_state_has_its_step_and_no_step_goes_back() {
        let states = [
            SessionState::Connecting,
            SessionState::Authenticating,
            SessionState::Preparing,
            SessionState::Launching,
            SessionState::ConfirmOnTv,
            SessionState::Negotiating,
        ];
        let progress = states
            .map(|state| connecting(&status(state)).steps.map(|step| step.progress))
            .to_vec();
        assert_eq!(progress[1], [Active, Waiting, Waiting, Waiting, Waiting]);
        assert_eq!(progress[2], [Done, Active, Waiting, Waiting, Waiting]);
        assert_eq!(progress[3], [Done, Done, Active, Waiting, Waiting]);
        assert_eq!(progress[4], [Done, Done, Active, Waiting, Waiting]);
        assert_eq!(progress[5], [Done, Done, Done, Active, Waiting]);
        for pair in progress.windows(2) {
            for (before, after) in pair[0].iter().zip(pair[1]) {
                assert!(*before <= after, "{pair:?}");
            }
        }
    }

    #[test]
    fn who_must_act_is_told_in_the_title() {
        let confirm = connecting(&status(SessionState::ConfirmOnTv));
        assert_eq!(confirm.title, "Confirm on the TV");
        assert!(confirm.what.contains("Kitchen"));
        let choosing = CastStatus {
            choosing: true,
            ..status(SessionState::Launching)
        };
        let choosing = connecting(&choosing);
        assert_ne!(choosing.title, "Connecting");
        let active = choosing.steps.iter().any(|step| step.progress == Active);
        assert!(!active, "nothing is done while the person chooses");
    }

    #[test]
    fn who_has_chosen_is_told_what_is_done_then() {
        let chosen = connecting(&status(SessionState::Preparing));
        assert_eq!(chosen.title, "Connecting");
        let active = |step: &&ConnectStep| step.progress == Active;
        let step = chosen.steps.iter().find(active).expect("a step");
        assert_eq!(step.text, "Preparing the picture");
    }

    #[test]
    fn a_speaker_is_sent_no_picture_and_called_no_tv() {
        for kind in [DeviceKind::Speaker, DeviceKind::Group] {
            for state in [SessionState::Negotiating, SessionState::ConfirmOnTv] {
                let speaker = CastStatus {
                    kind,
                    has_picture: false,
                    ..status(state)
                };
                let shown = connecting(&speaker);
                let texts = shown.steps.map(|step| step.text).join(" ");
                let texts = [texts, shown.title, shown.what].join(" ");
                assert!(
                    !texts.contains("icture") && !texts.contains("TV"),
                    "{texts}"
                );
            }
        }
    }

    #[test]
    fn a_tv_that_gets_only_sound_is_still_a_tv() {
        let sound = CastStatus {
            has_picture: false,
            ..status(SessionState::Launching)
        };
        let shown = connecting(&sound);
        assert_eq!(shown.steps[2].text, "Starting the receiver on the TV");
        assert_eq!(shown.what, "The sound begins in a moment.");
    }
}
