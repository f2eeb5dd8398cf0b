// SPDX-License-Identifier: GPL-3.0-or-later
//! To which devices there is a cast: what a device proves and what is remembered of it in, yes, no or a question out.
//!
//! Genuine devices, those of a root of the user's, and those whose expired certificate is a known fault need no question.
//! About others a person is asked once. Remembered is the key of the device's certificate, which stays the same for its
//! life; of a device that proves no key, the key of its connection, so it is asked about again when that changes. Never is
//! less accepted than before: a device that shows another key, or that was certified and is not now, is refused, until a
//! person has it forgotten.
//!
//! Of a device that never answered it is remembered that it did not, so that nobody waits for it again as long as its
//! connection has the same key. Should it answer one day, that counts from then on.

mod memory;
mod question;
mod roots;
mod steer;

use std::fmt;
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::cast::auth::{Assessment, CrlRule, Fingerprint, Roots, Verdict};
use crate::session::source::BoxFuture;
use crate::session::trust::{Distrust, Expected, Trust};
pub(super) use memory::Memory;
pub use memory::{ForgottenTrust, MAX_REMEMBERED, Remembered, TrustedDevices};
use question::Answer;
pub use question::{TrustAsker, TrustQuestion};
pub use roots::{AddRootError, AddedRoot, AddedRoots, TakenRoot};

/// Which devices will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrustRule {
    /// Certified ones, and others that a person allows ([`TrustAsker::ask`]).
    #[default]
    Ask,
    /// Certified ones alone.
    Certified,
    /// All. For people who know their network.
    Any,
}

/// What the embedder chooses about trust.
#[derive(Debug, Clone, Default)]
pub struct TrustOptions {
    /// Who is believed, beside those whom the user has added for good ([`AddedRoots`]).
    pub roots: Arc<Roots>,
    /// Which devices will do. In any case one that is less than before is refused.
    pub rule: TrustRule,
    /// Who asks the person. `None`: nobody, which is a no.
    pub asker: Option<Arc<dyn TrustAsker>>,
    /// Who asks at the same time; the first answer counts. That nobody can be asked is for `asker` alone to say.
    pub beside: Option<Arc<dyn TrustAsker>>,
}

/// The policy for one device.
#[derive(Clone)]
pub(super) struct DeviceTrust {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) options: TrustOptions,
    pub(super) added: AddedRoots,
    pub(super) memory: Memory,
}

impl fmt::Debug for DeviceTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceTrust")
            .field("id", &self.id)
            .field("rule", &self.options.rule)
            .finish_non_exhaustive()
    }
}

/// What follows from an assessment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ruling {
    /// Go on, and remember what the device proves.
    Certified,
    /// Go on: it is allowed.
    Allowed,
    /// Do not.
    Refused(Distrust),
    /// A person has to say; `changed`: about a device that is not what it was when it was allowed.
    Unknown { changed: bool },
}

/// What is remembered of the device's id, and of its key, whatever id that had.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Before {
    pub(super) id: Option<Remembered>,
    pub(super) key: Option<Remembered>,
}

fn rule(before: &Before, now: &Assessment) -> Ruling {
    let known_key = before.id.as_ref().and_then(|known| known.leaf_key);
    if known_key.is_some() && now.leaf_key.is_some() && known_key != now.leaf_key {
        return Ruling::Refused(Distrust::OtherKey);
    }
    if now.verdict.is_certified() {
        return Ruling::Certified;
    }
    let all = || before.id.iter().chain(&before.key);
    // A speaker may be given by its address, where nobody says that it has no screen.
    let may_be_asked = now.verdict == Verdict::SoundAlone;
    if !may_be_asked && all().any(|known| known.certified) {
        return Ruling::Refused(Distrust::NoLongerCertified(now.verdict));
    }
    if known_key.is_some() && now.leaf_key.is_none() {
        return Ruling::Refused(Distrust::NoLongerProven(now.verdict));
    }
    // What was allowed was this device as it was: one whose certificate is revoked since is another matter.
    let allowed = all().any(|known| {
        let same_key = match now.leaf_key {
            Some(_) => known.leaf_key == now.leaf_key,
            None => known.tls_key == now.tls_key,
        };
        known.allowed && same_key && known.verdict == now.verdict.code()
    });
    if allowed {
        return Ruling::Allowed;
    }
    Ruling::Unknown {
        changed: all().any(|known| known.allowed),
    }
}

/// Whether it is known that this device says nothing when it is asked who it is, so that nobody need wait: it was not
/// certified and proved no key before, and its connection has the key that it had when a person allowed it.
fn is_silent(before: &Before, tls_key: Fingerprint, rule: TrustRule) -> bool {
    let Some(known) = &before.id else {
        return false;
    };
    let may_go_on = match rule {
        TrustRule::Ask => known.allowed,
        TrustRule::Certified => false,
        TrustRule::Any => true,
    };
    may_go_on
        && known.silent
        && !known.certified
        && known.leaf_key.is_none()
        && known.tls_key == tls_key
}

impl DeviceTrust {
    /// What is to be remembered of the device.
    fn entry(&self, now: &Assessment, certified: bool, allowed: bool) -> Remembered {
        Remembered {
            name: self.name.clone(),
            verdict: now.verdict.code().to_owned(),
            certified,
            allowed,
            silent: now.verdict == Verdict::NoAnswer,
            leaf_key: now.leaf_key,
            tls_key: now.tls_key,
        }
    }

    async fn before(&self, key: Option<Fingerprint>) -> Before {
        let (memory, id) = (self.memory.clone(), self.id.clone());
        let looked = tokio::task::spawn_blocking(move || memory.of(&id, key));
        looked.await.unwrap_or_default()
    }

    async fn remember(&self, entry: Remembered) {
        let (memory, id) = (self.memory.clone(), self.id.clone());
        let written = tokio::task::spawn_blocking(move || memory.remember(&id, entry)).await;
        if let Err(error) = written {
            tracing::warn!(%error, "the device is not remembered");
        }
    }

    async fn judge(&self, now: &Assessment) -> Option<Result<(), Distrust>> {
        let before = self.before(now.leaf_key).await;
        let any = self.options.rule == TrustRule::Any;
        let (certified, allowed) = match rule(&before, now) {
            Ruling::Refused(distrust) => return Some(Err(distrust)),
            Ruling::Certified => (true, false),
            // Remembered before it was noted who stays silent.
            Ruling::Allowed if now.verdict == Verdict::NoAnswer => (false, true),
            Ruling::Allowed => return Some(Ok(())),
            // Allowed by nobody, but nobody need wait for it a second time.
            Ruling::Unknown { changed: false } if any && now.verdict == Verdict::NoAnswer => {
                (false, false)
            }
            Ruling::Unknown { .. } if any => return Some(Ok(())),
            Ruling::Unknown { changed } => match self.options.ask(&self.name, now, changed).await {
                Some(Ok(())) => (false, true),
                no => return no,
            },
        };
        self.remember(self.entry(now, certified, allowed)).await;
        Some(Ok(()))
    }

    /// A device that was taken for a silent one has answered after all.
    async fn learn(&self, now: &Assessment) {
        let before = self.before(now.leaf_key).await;
        if rule(&before, now) == Ruling::Certified {
            return self.remember(self.entry(now, true, false)).await;
        }
        if let Some(known) = before.id.filter(|known| known.silent) {
            // The next cast waits for its answer again, and asks about it.
            let silent = false;
            self.remember(Remembered { silent, ..known }).await;
        }
    }
}

impl Trust for DeviceTrust {
    fn expect(&self, tls_key: Fingerprint) -> BoxFuture<'static, Expected> {
        let device = self.clone();
        Box::pin(async move {
            let before = device.before(None).await;
            let (added, given) = (device.added.clone(), device.options.roots.clone());
            let all = tokio::task::spawn_blocking(move || added.beside(given)).await;
            Expected {
                roots: all.unwrap_or(device.options.roots),
                crl_rule: CrlRule::WhenPresent,
                silent: is_silent(&before, tls_key, device.options.rule),
            }
        })
    }

    fn decide(&self, assessment: &Assessment) -> BoxFuture<'static, Option<Result<(), Distrust>>> {
        let (device, now) = (self.clone(), assessment.clone());
        Box::pin(async move { device.judge(&now).await })
    }

    fn learn(&self, assessment: &Assessment) -> BoxFuture<'static, ()> {
        let (device, now) = (self.clone(), assessment.clone());
        Box::pin(async move { device.learn(&now).await })
    }
}

impl TrustOptions {
    /// What a person says, where one may and can be asked; `None` is a no.
    async fn ask(
        &self,
        name: &str,
        now: &Assessment,
        changed: bool,
    ) -> Option<Result<(), Distrust>> {
        let nobody = Some(Err(Distrust::NobodyToAsk(now.verdict)));
        if self.rule == TrustRule::Certified {
            return Some(Err(Distrust::NotCertified(now.verdict)));
        }
        let ask = |front_end: &Arc<dyn TrustAsker>| {
            let (question, answered) = TrustQuestion::new(name.to_owned(), now.clone(), changed);
            front_end.ask(question);
            answered
        };
        let beside = said(self.beside.as_ref().map(ask));
        let answer = match self.asker.as_ref().map(ask) {
            None => beside.await,
            // The question that is left without an answer is withdrawn.
            Some(answered) => tokio::select! {
                answer = answered => answer.ok(),
                Some(answer) = beside => Some(answer),
            },
        };
        match answer {
            Some(Answer::Yes) => Some(Ok(())),
            Some(Answer::No) => None,
            Some(Answer::Nobody) | None => nobody,
        }
    }
}

/// What the front end beside says, if it says anything.
async fn said(answered: Option<oneshot::Receiver<Answer>>) -> Option<Answer> {
    let answer = answered?.await.ok()?;
    (answer != Answer::Nobody).then_some(answer)
}

#[cfg(test)]
mod tests;
