// SPDX-License-Identifier: GPL-3.0-or-later
//! The steps of a cast that begins, for people who wait: a [`CastStatus`] in, [`Connecting`] out.

use gettextrs::gettext;

use super::fill;
use crate::engine::{CastStatus, SessionState};

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
    pub steps: [ConnectStep; 4],
}

/// How far a cast is that begins.
pub fn connecting(status: &CastStatus) -> Connecting {
    let reached = reached(&status.state);
    let confirm = status.state == SessionState::ConfirmOnTv;
    let steps = texts(status.has_picture);
    let mut number = 0;
    let steps = steps.map(|[doing, done]| {
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
        ConnectStep { progress, text }
    });
    let (title, what) = if status.choosing {
        (
            gettext("Choose What to Share"),
            gettext("The system asks in a dialog what may be shown."),
        )
    } else if confirm {
        (
            gettext("Confirm on the TV"),
            fill(
                "{device} asks whether this computer may cast.",
                &[("device", &status.name)],
            ),
        )
    } else if status.has_picture {
        (
            gettext("Connecting"),
            gettext("The picture appears on the TV in a moment."),
        )
    } else {
        (
            gettext("Connecting"),
            gettext("The sound begins in a moment."),
        )
    };
    Connecting { title, what, steps }
}

/// What each step is called while it is being done, and when it is done.
fn texts(has_picture: bool) -> [[String; 2]; 4] {
    if has_picture {
        [
            [
                gettext("Finding the TV on the network"),
                gettext("Found on the network"),
            ],
            [
                gettext("Starting the receiver on the TV"),
                gettext("Receiver started on the TV"),
            ],
            [
                gettext("Agreeing on picture and sound"),
                gettext("Agreed on picture and sound"),
            ],
            [
                gettext("Sending the first picture"),
                gettext("First picture sent"),
            ],
        ]
    } else {
        [
            [
                gettext("Finding the speaker on the network"),
                gettext("Found on the network"),
            ],
            [
                gettext("Starting the receiver on the speaker"),
                gettext("Receiver started on the speaker"),
            ],
            [
                gettext("Agreeing on the sound"),
                gettext("Agreed on the sound"),
            ],
            [
                gettext("Sending the first sound"),
                gettext("First sound sent"),
            ],
        ]
    }
}

/// How many steps are done.
fn reached(state: &SessionState) -> usize {
    match state {
        SessionState::Connecting => 0,
        SessionState::Authenticating | SessionState::Launching | SessionState::ConfirmOnTv => 1,
        SessionState::Negotiating => 2,
        SessionState::Streaming(_)
        | SessionState::Recovering(..)
        | SessionState::Stopping(_)
        | SessionState::Ended(_) => 3,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Progress::{Active, Done, Waiting};
    use super::*;
    use crate::engine::{AudioChoice, Quality, SessionStats, SourceKind};

    fn status(state: SessionState) -> CastStatus {
        CastStatus {
            device: "id".to_owned(),
            name: "Kitchen".to_owned(),
            source: SourceKind::Screen,
            audio: AudioChoice::Both,
            paused: false,
            quality: Quality::default(),
            target_delay: Duration::ZERO,
            state,
            volume: None,
            stats: tokio::sync::watch::Sender::new(SessionStats::default()).subscribe(),
            history: crate::engine::History::default(),
            health: tokio::sync::watch::Sender::new(None).subscribe(),
            since: Instant::now(),
            began: None,
            ended: None,
            address: None,
            has_picture: true,
            choosing: false,
        }
    }

    #[test]
    fn each_state_has_its_step_and_no_step_goes_back() {
        let states = [
            SessionState::Connecting,
            SessionState::Authenticating,
            SessionState::Launching,
            SessionState::ConfirmOnTv,
            SessionState::Negotiating,
        ];
        let progress = states
            .map(|state| connecting(&status(state)).steps.map(|step| step.progress))
            .to_vec();
        assert_eq!(progress[0], [Active, Waiting, Waiting, Waiting]);
        assert_eq!(progress[2], [Done, Active, Waiting, Waiting]);
        assert_eq!(progress[3], [Done, Active, Waiting, Waiting]);
        assert_eq!(progress[4], [Done, Done, Active, Waiting]);
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
    fn a_speaker_is_sent_no_picture() {
        let speaker = CastStatus {
            has_picture: false,
            ..status(SessionState::Negotiating)
        };
        let shown = connecting(&speaker);
        let texts = shown.steps.map(|step| step.text).join(" ") + &shown.what;
        assert!(
            !texts.contains("icture") && !texts.contains("TV"),
            "{texts}"
        );
    }
}
