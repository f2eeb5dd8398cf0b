// SPDX-License-Identifier: GPL-3.0-or-later
//! `Door`: who may cast. Input: a sender that wants to; output: yes, no, or the viewer's answer some time later.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinSet};

use crate::cast::channel::platform::LaunchId;
use crate::receiver::options::{AcceptPolicy, ReceiverOptions};
use crate::receiver::screen::Screen;

/// Senders that are remembered; beyond, they are asked about again.
const MAX_KNOWN: usize = 1024;

/// The policy, and the questions that wait for an answer. The platform allows one for each connection.
pub(super) struct Door {
    policy: AcceptPolicy,
    known: HashSet<IpAddr>,
    screen: Option<Arc<dyn Screen>>,
    questions: JoinSet<(LaunchId, IpAddr, bool)>,
    handles: Vec<(LaunchId, AbortHandle)>,
}

impl Door {
    pub(super) fn new(options: &ReceiverOptions) -> Door {
        Door {
            policy: options.accept,
            known: options.known.iter().map(IpAddr::to_canonical).collect(),
            screen: options.screen.clone(),
            questions: JoinSet::new(),
            handles: Vec::new(),
        }
    }

    /// Whether `sender` may launch; `None` when the viewer is being asked.
    pub(super) fn knock(&mut self, launch: LaunchId, sender: IpAddr) -> Option<bool> {
        if self.policy == AcceptPolicy::Any || self.known.contains(&sender) {
            return Some(true);
        }
        let (AcceptPolicy::Ask, Some(screen)) = (self.policy, &self.screen) else {
            tracing::info!(%sender, "refused: the sender is not known");
            return Some(false);
        };
        let (answer, answered) = oneshot::channel();
        screen.ask(sender, answer);
        let handle = self
            .questions
            .spawn(async move { (launch, sender, answered.await.unwrap_or(false)) });
        self.handles.push((launch, handle));
        None
    }

    /// Nobody wants to know any more.
    pub(super) fn withdraw(&mut self, launch: LaunchId) {
        self.handles.retain(|(id, handle)| {
            if *id == launch {
                handle.abort();
            }
            *id != launch
        });
    }

    /// The next answer of the viewer; never, while nobody is asked.
    pub(super) async fn answered(&mut self) -> (LaunchId, IpAddr, bool) {
        loop {
            match self.questions.join_next().await {
                Some(Ok((launch, sender, allowed))) => {
                    self.handles.retain(|(id, _)| *id != launch);
                    if allowed && self.known.len() < MAX_KNOWN {
                        self.known.insert(sender);
                    }
                    return (launch, sender, allowed);
                }
                // The question was withdrawn.
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }
}
