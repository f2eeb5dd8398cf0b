// SPDX-License-Identifier: GPL-3.0-or-later
//! `Stage`: which page a cast needs. A [`SessionState`] in; knows no widgets.

use crate::engine::{Blame, SessionState};

/// Which page shows a cast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    /// It begins.
    #[default]
    Connecting,
    /// It runs.
    Casting,
    /// It has ended by itself, which somebody has yet to see.
    Ended,
    /// The person ended it; there is nothing more to show.
    Over,
}

impl Stage {
    /// The stage that follows this one when the session is in `state`.
    pub fn after(self, state: &SessionState) -> Stage {
        match state {
            SessionState::Connecting
            | SessionState::Authenticating
            | SessionState::Preparing
            | SessionState::Launching
            | SessionState::ConfirmOnTv
            | SessionState::Negotiating => Stage::Connecting,
            SessionState::Streaming(_)
            | SessionState::Recovering(..)
            | SessionState::Reconnecting(_) => Stage::Casting,
            SessionState::Stopping(reason) | SessionState::Ended(reason)
                if reason.blame() == Blame::User =>
            {
                Stage::Over
            }
            // The page stays until everything is taken down.
            SessionState::Stopping(_) => self,
            SessionState::Ended(_) => Stage::Ended,
        }
    }

    /// Whether something runs that the person would have to stop.
    pub fn is_running(self) -> bool {
        matches!(self, Stage::Connecting | Stage::Casting)
    }

    fn word(self) -> &'static str {
        match self {
            Stage::Connecting => "connecting",
            Stage::Casting => "casting",
            Stage::Ended => "ended",
            Stage::Over => "over",
        }
    }
}

/// The name of a cast's page in the navigation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageTag {
    /// What the page shows.
    pub stage: Stage,
    /// The device's id.
    pub device: String,
}

impl PageTag {
    /// The tag of the page of `device`.
    pub fn new(stage: Stage, device: &str) -> PageTag {
        PageTag {
            stage,
            device: device.to_owned(),
        }
    }

    /// Reads a tag; `None` for that of another page.
    pub fn parse(tag: &str) -> Option<PageTag> {
        let (word, device) = tag.split_once(':')?;
        let stages = [Stage::Connecting, Stage::Casting, Stage::Ended, Stage::Over];
        let stage = stages.into_iter().find(|stage| stage.word() == word)?;
        Some(PageTag::new(stage, device))
    }
}

impl std::fmt::Display for PageTag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.stage.word(), self.device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Reason, Streams, Trouble};

    #[test]
    fn a_cast_goes_from_page_to_page() {
        let streams = Streams::default();
        let steps = [
            (SessionState::Preparing, Stage::Connecting),
            (SessionState::Launching, Stage::Connecting),
            (SessionState::ConfirmOnTv, Stage::Connecting),
            (SessionState::Streaming(streams), Stage::Casting),
            (
                SessionState::Recovering(streams, Trouble::NextCodec),
                Stage::Casting,
            ),
            (SessionState::Stopping(Reason::DeviceClosed), Stage::Casting),
            (SessionState::Ended(Reason::DeviceClosed), Stage::Ended),
        ];
        let mut stage = Stage::default();
        for (state, expected) in steps {
            stage = stage.after(&state);
            assert_eq!(stage, expected, "{state:?}");
        }
    }

    #[test]
    fn what_the_person_ended_is_over_at_once() {
        for reason in [Reason::UserStopped, Reason::DialogCancelled] {
            let stopping = SessionState::Stopping(reason);
            assert_eq!(Stage::Casting.after(&stopping), Stage::Over);
            assert!(!Stage::Connecting.after(&stopping).is_running());
        }
    }

    #[test]
    fn a_failure_while_connecting_keeps_its_page_until_all_is_taken_down() {
        let stopping = SessionState::Stopping(Reason::ConnectionRefused);
        let stage = Stage::Connecting.after(&stopping);
        assert_eq!(stage, Stage::Connecting);
        let ended = SessionState::Ended(Reason::ConnectionRefused);
        assert_eq!(stage.after(&ended), Stage::Ended);
    }

    #[test]
    fn tags_of_cast_pages_are_told_from_others() {
        let tag = PageTag::new(Stage::Casting, "a:b");
        assert_eq!(PageTag::parse(&tag.to_string()), Some(tag));
        assert_eq!(PageTag::parse("devices"), None);
        assert_eq!(PageTag::parse("preferences:x"), None);
    }
}
