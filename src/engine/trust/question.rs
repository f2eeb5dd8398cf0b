// SPDX-License-Identifier: GPL-3.0-or-later
//! `TrustQuestion`: whether to cast to a device that nobody known has certified. The engine asks, the front end answers.

use std::fmt;

use tokio::sync::oneshot;

use crate::cast::auth::{Assessment, Fingerprint};

/// A question that waits for its answer. Dropping it means that nobody can be asked, which is a no.
#[derive(Debug)]
pub struct TrustQuestion {
    device: String,
    assessment: Assessment,
    changed: bool,
    answer: oneshot::Sender<Answer>,
}

/// What was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    Nobody,
}

impl TrustQuestion {
    pub(super) fn new(
        device: String,
        assessment: Assessment,
        changed: bool,
    ) -> (TrustQuestion, oneshot::Receiver<Answer>) {
        let (answer, answered) = oneshot::channel();
        let question = TrustQuestion {
            device,
            assessment,
            changed,
            answer,
        };
        (question, answered)
    }

    /// The name of the device.
    pub fn device(&self) -> &str {
        &self.device
    }

    /// What it proves.
    pub fn assessment(&self) -> &Assessment {
        &self.assessment
    }

    /// Whether it was allowed before, with another key or with another proof.
    pub fn is_about_a_change(&self) -> bool {
        self.changed
    }

    /// The key that a yes is about: of the device, or of its connection.
    pub fn key(&self) -> Fingerprint {
        self.assessment.leaf_key.unwrap_or(self.assessment.tls_key)
    }

    /// Answers. A yes is remembered.
    pub fn answer(self, yes: bool) {
        self.send(if yes { Answer::Yes } else { Answer::No });
    }

    /// There is nobody who could be asked.
    pub fn nobody(self) {
        self.send(Answer::Nobody);
    }

    /// Waits until the answer no longer matters: the cast was given up. Cancel-safe.
    pub async fn withdrawn(&mut self) {
        self.answer.closed().await;
    }

    /// Whether the answer no longer matters.
    pub fn is_withdrawn(&self) -> bool {
        self.answer.is_closed()
    }

    fn send(self, answer: Answer) {
        if self.answer.send(answer).is_err() {
            tracing::debug!("the answer came too late");
        }
    }
}

/// Asks the person at this computer. Called on the engine's threads; must not block.
pub trait TrustAsker: fmt::Debug + Send + Sync {
    /// Ask, and answer the question some time later. There is one at a time for each cast.
    fn ask(&self, question: TrustQuestion);
}
