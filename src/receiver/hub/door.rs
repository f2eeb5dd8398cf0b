// SPDX-License-Identifier: GPL-3.0-or-later
//! `Door`: who may cast, and who may do something about what is cast. Input: a sender; output: yes, no, or the viewer's answer
//! some time later.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use crate::cast::channel::platform::{LaunchId, Standing};
use crate::receiver::options::{AcceptPolicy, ReceiverOptions};
use crate::receiver::viewer::{KnownSenders, Permission, Question, Viewer, Visitor};

/// How long a refused sender is refused without a question: one that asks again and again must not keep a dialog open.
const REFUSAL_HOLDS: Duration = Duration::from_secs(10);
/// Refusals that are kept; the platform serves fewer connections, so only floods reach it. Beyond, the viewer is asked.
const MAX_REFUSALS: usize = 256;

/// The policy, and the questions that wait for an answer. The platform allows one for each connection.
pub(super) struct Door {
    policy: AcceptPolicy,
    known: Option<Arc<dyn KnownSenders>>,
    viewer: Option<Arc<dyn Viewer>>,
    limit: Duration,
    questions: JoinSet<(LaunchId, Visitor, Option<Permission>)>,
    waiting: Vec<Waiting>,
    refused: HashMap<IpAddr, Instant>,
    /// Hosts that were allowed to launch what runs: one by one, by the viewer. A sender whose connection broke comes back on
    /// another one.
    guests: HashSet<IpAddr>,
}

/// A launch that the viewer is being asked about.
struct Waiting {
    launch: LaunchId,
    address: IpAddr,
    question: AbortHandle,
}

/// What the viewer said, and about what.
#[derive(Debug)]
pub(super) struct Answered {
    /// All launches that this settles.
    pub(super) launches: Vec<LaunchId>,
    /// Whether they may.
    pub(super) allowed: bool,
}

impl Door {
    pub(super) fn new(options: &ReceiverOptions) -> Door {
        Door {
            policy: options.accept,
            known: options.known.clone(),
            viewer: options.viewer.clone(),
            limit: options.ask_limit,
            questions: JoinSet::new(),
            waiting: Vec::new(),
            refused: HashMap::new(),
            guests: HashSet::new(),
        }
    }

    /// Whether `visitor` may launch; `None` when the viewer is being asked.
    pub(super) fn knock(&mut self, launch: LaunchId, visitor: Visitor) -> Option<bool> {
        let address = visitor.address;
        if self.knows(address) {
            return Some(true);
        }
        let now = Instant::now();
        self.refused.retain(|_, until| now < *until);
        if self.refused.contains_key(&address) {
            tracing::debug!(%address, "refused again");
            return Some(false);
        }
        let (AcceptPolicy::Ask, Some(viewer)) = (self.policy, &self.viewer) else {
            tracing::warn!(%address, "refused: the sender is not known");
            self.refuse_for_a_while(address);
            return Some(false);
        };
        let (question, answered) = Question::new(visitor.clone());
        viewer.ask(question);
        let (limit, known) = (self.limit, self.known.clone());
        let question = self.questions.spawn(async move {
            let answer = tokio::time::timeout(limit, answered).await;
            let permission = answer.ok().and_then(Result::ok);
            if permission == Some(Permission::Always)
                && let Some(known) = known
            {
                remember(known, visitor.clone()).await;
            }
            (launch, visitor, permission)
        });
        self.waiting.push(Waiting {
            launch,
            address,
            question,
        });
        None
    }

    /// Whether everybody may, or this one always.
    fn knows(&self, address: IpAddr) -> bool {
        let known = self.known.as_ref();
        self.policy == AcceptPolicy::Any || known.is_some_and(|known| known.knows(address))
    }

    /// What a sender at this address may do without asking.
    pub(super) fn standing(&self, address: IpAddr) -> Standing {
        if self.knows(address) {
            Standing::Known
        } else if self.guests.contains(&address) {
            Standing::Guest
        } else {
            Standing::Stranger
        }
    }

    /// What runs was launched from there.
    pub(super) fn welcome(&mut self, address: IpAddr) {
        self.guests.insert(address);
    }

    /// Nothing runs any more.
    pub(super) fn see_guests_off(&mut self) {
        self.guests.clear();
    }

    /// Nobody wants to know any more.
    pub(super) fn withdraw(&mut self, launch: LaunchId) {
        self.waiting.retain(|waiting| {
            if waiting.launch == launch {
                waiting.question.abort();
            }
            waiting.launch != launch
        });
    }

    /// Who has waited longest for an answer.
    pub(super) fn next_visitor(&self) -> Option<IpAddr> {
        self.waiting.first().map(|waiting| waiting.address)
    }

    /// The next answer of the viewer; never, while nobody is asked. Cancel-safe.
    pub(super) async fn answered(&mut self) -> Answered {
        loop {
            match self.questions.join_next().await {
                Some(Ok((launch, visitor, permission))) => {
                    return self.settle(launch, visitor.address, permission);
                }
                // The question was withdrawn.
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }

    fn settle(
        &mut self,
        launch: LaunchId,
        address: IpAddr,
        permission: Option<Permission>,
    ) -> Answered {
        self.waiting.retain(|waiting| waiting.launch != launch);
        let mut launches = vec![launch];
        // These say something about the sender, not about the one launch.
        if matches!(permission, Some(Permission::Always | Permission::Refused)) {
            self.waiting.retain(|waiting| {
                let same = waiting.address == address;
                if same {
                    waiting.question.abort();
                    launches.push(waiting.launch);
                }
                !same
            });
        }
        let allowed = matches!(permission, Some(Permission::Once | Permission::Always));
        if allowed {
            self.welcome(address);
        } else {
            self.refuse_for_a_while(address);
        }
        tracing::info!(%address, ?permission, "the viewer was asked");
        Answered { launches, allowed }
    }

    fn refuse_for_a_while(&mut self, address: IpAddr) {
        if self.refused.len() < MAX_REFUSALS {
            self.refused.insert(address, Instant::now() + REFUSAL_HOLDS);
        }
    }
}

async fn remember(known: Arc<dyn KnownSenders>, visitor: Visitor) {
    if let Err(error) = tokio::task::spawn_blocking(move || known.remember(&visitor)).await {
        tracing::warn!(%error, "a sender is not remembered");
    }
}
