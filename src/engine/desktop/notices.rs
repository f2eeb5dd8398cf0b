// SPDX-License-Identifier: GPL-3.0-or-later
//! `Notices`: what the desktop tells about casts while nobody looks at the window. The casts, and whether somebody looks,
//! in; which notices come and go out. There is one for each device at most. Pure: who shows them is the front end.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::{CastStatus, Reason, SessionState};

/// Whether somebody sees the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is the one in use.
    Watched,
    /// It is open, somewhere.
    Open,
    /// There is none.
    Absent,
}

/// What a notice is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Something is cast without a window to steer it. Stays for as long as that is so.
    Casting {
        /// Whether the picture is frozen; `None` when there is none.
        paused: Option<bool>,
    },
    /// The device was lost and is sought. Withdrawn when it is back.
    Seeking,
    /// The cast ended by itself. Withdrawn when somebody looks.
    Ended(Reason),
}

/// How much a notice may disturb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// It waits in the list of notifications: what is known already, and would be seen on the TV otherwise.
    Low,
    /// It shows for a moment.
    Normal,
    /// It shows also where others do not: what somebody counts on has stopped.
    High,
}

impl Notice {
    /// How much this one may disturb.
    pub fn urgency(&self) -> Urgency {
        match self {
            Notice::Casting { .. } => Urgency::Low,
            Notice::Ended(reason) if reason.is_failure() => Urgency::High,
            Notice::Seeking | Notice::Ended(_) => Urgency::Normal,
        }
    }
}

/// What happens to a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeChange {
    /// The notice about this device (its id) is shown, in the place of the one before.
    Show(String, Notice),
    /// There is nothing to tell any more about this device.
    Withdraw(String),
}

/// See the module.
#[derive(Debug, Default)]
pub struct Notices {
    shown: BTreeMap<String, Notice>,
    /// Ends that somebody has seen in the window, by device.
    known_ends: BTreeSet<String>,
}

impl Notices {
    /// What changes, given how it stands.
    pub fn look(&mut self, casts: &[CastStatus], presence: Presence) -> Vec<NoticeChange> {
        let has_ended = |device: &String| {
            let mut casts = casts.iter().filter(|cast| cast.device == *device);
            casts.any(|cast| cast.state.ended().is_some())
        };
        self.known_ends.retain(has_ended);
        if presence == Presence::Watched {
            let ended = casts.iter().filter(|cast| cast.state.ended().is_some());
            self.known_ends
                .extend(ended.map(|cast| cast.device.clone()));
        }
        let wanted: BTreeMap<String, Notice> = casts
            .iter()
            .filter_map(|cast| Some((cast.device.clone(), self.notice(cast, presence)?)))
            .collect();
        let mut changes = Vec::new();
        for device in self.shown.keys() {
            if !wanted.contains_key(device) {
                changes.push(NoticeChange::Withdraw(device.clone()));
            }
        }
        for (device, notice) in &wanted {
            if self.shown.get(device) != Some(notice) {
                changes.push(NoticeChange::Show(device.clone(), notice.clone()));
            }
        }
        self.shown = wanted;
        changes
    }

    /// The devices about which something is shown.
    pub fn shown(&self) -> impl Iterator<Item = &str> {
        self.shown.keys().map(String::as_str)
    }

    fn notice(&self, cast: &CastStatus, presence: Presence) -> Option<Notice> {
        match &cast.state {
            SessionState::Streaming(_) | SessionState::Recovering(..) => {
                (presence == Presence::Absent).then(|| Notice::Casting {
                    paused: cast.has_picture.then_some(cast.paused),
                })
            }
            SessionState::Reconnecting(_) => {
                (presence != Presence::Watched).then_some(Notice::Seeking)
            }
            SessionState::Ended(reason) => {
                let known = self.known_ends.contains(&cast.device);
                (!known).then(|| Notice::Ended(reason.clone()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::engine::{Absence, Setback, SourceEnd, Streams};

    fn streaming() -> CastStatus {
        CastStatus::in_state("tv", SessionState::Streaming(Streams::default()))
    }

    fn seeking(attempt: u32) -> CastStatus {
        let absence = Absence {
            why: Setback::Silent,
            attempt,
            next: None,
            until: Instant::now(),
        };
        CastStatus::in_state("tv", SessionState::Reconnecting(absence))
    }

    fn ended(reason: Reason) -> CastStatus {
        CastStatus::in_state("tv", SessionState::Ended(reason))
    }

    fn show(notice: Notice) -> Vec<NoticeChange> {
        vec![NoticeChange::Show("tv".to_owned(), notice)]
    }

    fn withdraw() -> Vec<NoticeChange> {
        vec![NoticeChange::Withdraw("tv".to_owned())]
    }

    const RUNS: Notice = Notice::Casting {
        paused: Some(false),
    };

    #[test]
    fn a_cast_is_told_of_only_while_there_is_no_window_and_silently() {
        let mut notices = Notices::default();
        assert_eq!(notices.look(&[streaming()], Presence::Watched), []);
        assert_eq!(notices.look(&[streaming()], Presence::Open), []);
        assert_eq!(notices.look(&[streaming()], Presence::Absent), show(RUNS));
        assert_eq!(RUNS.urgency(), Urgency::Low);
        assert_eq!(notices.look(&[streaming()], Presence::Absent), []);
        let paused = CastStatus {
            paused: true,
            ..streaming()
        };
        let told = Notice::Casting { paused: Some(true) };
        assert_eq!(notices.look(&[paused], Presence::Absent), show(told));
        assert_eq!(notices.look(&[streaming()], Presence::Open), withdraw());
        assert_eq!(notices.look(&[streaming()], Presence::Absent), show(RUNS));
        let stopping = SessionState::Stopping(Reason::UserStopped);
        let stopping = CastStatus::in_state("tv", stopping);
        assert_eq!(notices.look(&[stopping], Presence::Absent), withdraw());
    }

    #[test]
    fn a_lost_device_is_told_once_and_withdrawn_when_it_is_back() {
        let mut notices = Notices::default();
        assert_eq!(notices.look(&[seeking(1)], Presence::Watched), []);
        let told = notices.look(&[seeking(1)], Presence::Open);
        assert_eq!(told, show(Notice::Seeking));
        for attempt in 2..9 {
            assert_eq!(notices.look(&[seeking(attempt)], Presence::Open), []);
        }
        assert_eq!(notices.look(&[streaming()], Presence::Open), withdraw());
        notices.look(&[seeking(1)], Presence::Absent);
        assert_eq!(notices.look(&[streaming()], Presence::Absent), show(RUNS));
    }

    #[test]
    fn an_end_is_told_until_somebody_looks_and_never_again() {
        let mut notices = Notices::default();
        let end = ended(Reason::DeviceClosed);
        let told = Notice::Ended(Reason::DeviceClosed);
        assert_eq!(told.urgency(), Urgency::High);
        let shown = notices.look(std::slice::from_ref(&end), Presence::Absent);
        assert_eq!(shown, show(told.clone()));
        let looked = notices.look(std::slice::from_ref(&end), Presence::Watched);
        assert_eq!(looked, withdraw());
        assert_eq!(
            notices.look(std::slice::from_ref(&end), Presence::Absent),
            []
        );
        // Another cast to the same device.
        notices.look(&[streaming()], Presence::Watched);
        assert_eq!(notices.look(&[end], Presence::Open), show(told));
    }

    #[test]
    fn an_end_that_was_watched_is_no_news_when_the_window_is_left() {
        let mut notices = Notices::default();
        let end = [ended(Reason::DeviceClosed)];
        assert_eq!(notices.look(&end, Presence::Watched), []);
        assert_eq!(notices.look(&end, Presence::Absent), []);
        assert_eq!(notices.look(&[], Presence::Absent), []);
    }

    #[test]
    fn what_somebody_did_at_the_tv_disturbs_less_than_a_failure() {
        let other = Reason::DeviceStopped { other: None };
        assert_eq!(Notice::Ended(other).urgency(), Urgency::Normal);
        let closed = Reason::SourceEnded(SourceEnd::Closed);
        assert_eq!(Notice::Ended(closed).urgency(), Urgency::Normal);
        assert_eq!(Notice::Seeking.urgency(), Urgency::Normal);
    }
}
