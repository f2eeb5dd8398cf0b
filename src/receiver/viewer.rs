// SPDX-License-Identifier: GPL-3.0-or-later
//! The embedder's side of the question who may cast: `Viewer` asks the person in front of the screen, `KnownSenders`
//! remembers whom that person always allows. Input: a visitor; output: a permission. Neither decides anything itself.

use std::net::IpAddr;

use tokio::sync::oneshot;

/// A sender that wants to cast.
///
/// The protocol gives a receiver no proof of who a sender is: it has no certificate, and the ids in its messages are
/// made up for each connection. The address is what others on the network cannot easily use at the same time; a router
/// may give it to another computer tomorrow, and who means harm can take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// Where it comes from.
    pub address: IpAddr,
    /// What its program calls itself, at most
    /// [`MAX_USER_AGENT`](crate::cast::channel::messages::connection::MAX_USER_AGENT) characters of a stranger's choice.
    pub user_agent: Option<String>,
}

/// What the viewer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// No.
    Refused,
    /// Yes, for this launch.
    Once,
    /// Yes, and without a question from now on.
    Always,
}

/// A question that waits for its answer. Dropping it is a no.
#[derive(Debug)]
pub struct Question {
    visitor: Visitor,
    answer: oneshot::Sender<Permission>,
}

impl Question {
    /// A question about `visitor`, and where its answer arrives; dropping that withdraws the question.
    pub fn new(visitor: Visitor) -> (Question, oneshot::Receiver<Permission>) {
        let (answer, answered) = oneshot::channel();
        (Question { visitor, answer }, answered)
    }

    /// Who wants to cast.
    pub fn visitor(&self) -> &Visitor {
        &self.visitor
    }

    /// Answers.
    pub fn answer(self, permission: Permission) {
        if self.answer.send(permission).is_err() {
            tracing::debug!("the answer came too late");
        }
    }

    /// Waits until the answer no longer matters: the sender gave up, or time ran out. Cancel-safe.
    pub async fn withdrawn(&mut self) {
        self.answer.closed().await;
    }

    /// Whether the answer no longer matters.
    pub fn is_withdrawn(&self) -> bool {
        self.answer.is_closed()
    }
}

/// Asks the person in front of the screen. Called on the receiver's threads; must not block.
pub trait Viewer: Send + Sync {
    /// Ask, and answer the question some time later. There are never more questions at a time than connections (16).
    fn ask(&self, question: Question);
}

/// Senders that the viewer always allows.
pub trait KnownSenders: Send + Sync {
    /// Whether this one is allowed. Called on the receiver's threads; must not block.
    fn knows(&self, address: IpAddr) -> bool;
    /// From now on this one is. May block, for a file say.
    fn remember(&self, visitor: &Visitor);
}
