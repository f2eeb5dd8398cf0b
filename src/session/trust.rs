// SPDX-License-Identifier: GPL-3.0-or-later
//! Whether a session may go on with a device: what the device proved in, the policy's answer out. The policy itself is the
//! embedder's; it may ask a person, so it may take its time.

use std::fmt;
use std::future::ready;
use std::sync::Arc;

use super::source::BoxFuture;
use crate::cast::auth::{Assessment, CrlRule, Roots, Verdict};

/// Why the policy does not let a session go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Distrust {
    /// The device proves that it is another one than before, under the same id.
    OtherKey,
    /// It was certified before and is not now.
    NoLongerCertified(Verdict),
    /// It proved before which one it is, and does not now.
    NoLongerProven(Verdict),
    /// It is not certified, and nobody can be asked about it.
    NobodyToAsk(Verdict),
    /// It is not certified, and the user wants no others.
    NotCertified(Verdict),
}

/// Decides about devices.
pub trait Trust: fmt::Debug + Send + Sync {
    /// Who is believed.
    fn roots(&self) -> Arc<Roots>;

    /// Whether a revocation list is a must.
    fn crl_rule(&self) -> CrlRule {
        CrlRule::WhenPresent
    }

    /// Whether to go on with a device that proved this. `None` when a person said no. The session drops the future when it
    /// ends before.
    fn decide(&self, assessment: &Assessment) -> BoxFuture<'static, Option<Result<(), Distrust>>>;
}

/// Goes on with every device, and believes nobody but Cast. For tests and measurements.
#[derive(Debug, Clone, Copy, Default)]
pub struct Anyone;

impl Trust for Anyone {
    fn roots(&self) -> Arc<Roots> {
        Arc::new(Roots::cast())
    }

    fn decide(&self, _: &Assessment) -> BoxFuture<'static, Option<Result<(), Distrust>>> {
        Box::pin(ready(Some(Ok(()))))
    }
}
