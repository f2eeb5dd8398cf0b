// SPDX-License-Identifier: GPL-3.0-or-later
//! `Answers`: questions about devices that nobody known has certified, for whoever answers them on the bus. The engine's
//! questions in; what the bus shows of them, and a client's answer, out.
//!
//! A question that nobody answers waits until its cast is given up: the person sees it in the cast's state, and may stop
//! it. There is one at a time for each cast, so their number is bounded by that of casts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::engine::{TrustAsker, TrustQuestion};
use crate::words;

/// The open questions.
#[derive(Debug, Default, Clone)]
pub(super) struct Answers(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    open: Mutex<Vec<TrustQuestion>>,
    /// Counts the changes.
    changed: watch::Sender<u64>,
}

impl TrustAsker for Answers {
    fn ask(&self, question: TrustQuestion) {
        let mut open = self.open();
        open.push(question);
        drop(open);
        self.tell();
    }
}

impl Answers {
    /// Counts the changes.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    /// The key that the question about this device is about, and the question; both empty when there is none.
    pub(super) fn question(&self, device: &str) -> (String, String) {
        let open = self.open();
        let question = open.iter().find(|question| question.device() == device);
        question.map_or_else(Default::default, |question| {
            let sentence = words::bus::uncertified(device, question.assessment().verdict);
            (question.key().to_string(), sentence)
        })
    }

    /// Answers the question about this device. `false` when there is none.
    pub(super) fn answer(&self, device: &str, yes: bool) -> bool {
        let mut open = self.open();
        let at = open.iter().position(|question| question.device() == device);
        let Some(question) = at.map(|at| open.remove(at)) else {
            return false;
        };
        drop(open);
        question.answer(yes);
        self.tell();
        true
    }

    fn open(&self) -> MutexGuard<'_, Vec<TrustQuestion>> {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|question| !question.is_withdrawn());
        open
    }

    fn tell(&self) {
        self.0.changed.send_modify(|count| *count += 1);
    }
}
