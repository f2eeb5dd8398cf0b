// SPDX-License-Identifier: GPL-3.0-or-later
//! A session of ours from an earlier connection: its id in; whether it still runs out. Nothing is said to it, so that a
//! person can be asked first what is to become of it.

use std::time::Instant;

use super::running::Running;
use super::{Client, Event, Loss, MirroringApp, REQUEST_TIMEOUT, StartError, State};
use crate::cast::channel::messages::platform::PlatformAction;
use crate::cast::channel::messages::status::{Application, ReceiverStatus};

/// A look for a session.
#[derive(Debug)]
pub(super) struct Finding {
    session_id: String,
    pub(super) until: Instant,
}

impl Client {
    pub(super) fn find(&mut self, now: Instant, session_id: String) {
        if !matches!(self.state, State::Idle) {
            return self.event(Event::StartFailed(StartError::Busy));
        }
        self.request(PlatformAction::GetStatus);
        self.state = State::Finding(Finding {
            session_id,
            until: now + REQUEST_TIMEOUT,
        });
    }

    /// The device told what runs.
    pub(super) fn find_in(&mut self, status: &ReceiverStatus) {
        let State::Finding(finding) = &self.state else {
            return;
        };
        // Some devices count their sessions, and begin again when they are switched on.
        if !status
            .session(&finding.session_id)
            .is_some_and(is_mirroring)
        {
            return self.lost(Loss::shown_by(status));
        }
        self.state = State::Running(Running::found(finding.session_id.clone()));
        self.event(Event::Found);
    }

    /// It does not tell.
    pub(super) fn not_found(&mut self) {
        self.state = State::Idle;
        self.event(Event::StartFailed(StartError::Timeout));
    }
}

fn is_mirroring(app: &Application) -> bool {
    let mut ids = MirroringApp::AudioOnly.ids().iter();
    ids.any(|id| app.is(id))
}
