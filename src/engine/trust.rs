// SPDX-License-Identifier: GPL-3.0-or-later
//! To which devices there is a cast: what a device proves and what is remembered of it in, yes, no or a question out.
//!
//! Genuine devices, those of a root of the user's, and those whose expired certificate is a known fault need no question.
//! About others a person is asked once. Remembered is the key of the device's certificate, which stays the same for its
//! life; of a device that proves no key, the key of its connection, so it is asked about again when that changes. Never is
//! less accepted than before: a device that shows another key, or that was certified and is not now, is refused.

mod memory;
mod question;

use std::fmt;
use std::sync::Arc;

use crate::cast::auth::{Assessment, Roots, Verdict};
use crate::session::source::BoxFuture;
use crate::session::trust::{Distrust, Trust};
pub(super) use memory::Memory;
pub use memory::{MAX_REMEMBERED, Remembered};
use question::Answer;
pub use question::{TrustAsker, TrustQuestion};

/// Which devices will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrustRule {
    /// Certified ones, and others that a person allows ([`TrustAsker::ask`]).
    Ask,
    /// Certified ones alone.
    Certified,
    /// All. For front ends that have no question, and for people who know their network.
    #[default]
    Any,
}

/// What the embedder chooses about trust.
#[derive(Debug, Clone, Default)]
pub struct TrustOptions {
    /// Who is believed.
    pub roots: Arc<Roots>,
    /// Which devices will do. In any case one that is less than before is refused.
    pub rule: TrustRule,
    /// Who asks the person. `None`: nobody, which is a no.
    pub asker: Option<Arc<dyn TrustAsker>>,
}

/// The policy for one device.
pub(super) struct DeviceTrust {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) options: TrustOptions,
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
        same_key && known.verdict == now.verdict.code()
    });
    if allowed {
        return Ruling::Allowed;
    }
    Ruling::Unknown {
        changed: all().any(|known| !known.certified),
    }
}

impl Trust for DeviceTrust {
    fn roots(&self) -> Arc<Roots> {
        self.options.roots.clone()
    }

    fn decide(&self, assessment: &Assessment) -> BoxFuture<'static, Option<Result<(), Distrust>>> {
        let (id, name, now) = (self.id.clone(), self.name.clone(), assessment.clone());
        let (options, memory) = (self.options.clone(), self.memory.clone());
        Box::pin(async move {
            let (looking, device) = (memory.clone(), id.clone());
            let looked = tokio::task::spawn_blocking(move || looking.of(&device, now.leaf_key));
            let before = looked.await.unwrap_or_default();
            let certified = match rule(&before, &now) {
                Ruling::Refused(distrust) => return Some(Err(distrust)),
                Ruling::Allowed => return Some(Ok(())),
                Ruling::Certified => true,
                Ruling::Unknown { .. } if options.rule == TrustRule::Any => return Some(Ok(())),
                Ruling::Unknown { changed } => match options.ask(&name, &now, changed).await {
                    Some(Ok(())) => false,
                    no => return no,
                },
            };
            let entry = Remembered {
                name,
                verdict: now.verdict.code().to_owned(),
                certified,
                leaf_key: now.leaf_key,
                tls_key: now.tls_key,
            };
            let written = tokio::task::spawn_blocking(move || memory.remember(&id, entry)).await;
            if let Err(error) = written {
                tracing::warn!(%error, "the device is not remembered");
            }
            Some(Ok(()))
        })
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
        let Some(front_end) = &self.asker else {
            return nobody;
        };
        let (question, answered) = TrustQuestion::new(name.to_owned(), now.clone(), changed);
        front_end.ask(question);
        match answered.await {
            Ok(Answer::Yes) => Some(Ok(())),
            Ok(Answer::No) => None,
            Ok(Answer::Nobody) | Err(_) => nobody,
        }
    }
}

#[cfg(test)]
mod tests;
