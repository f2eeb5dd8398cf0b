// SPDX-License-Identifier: GPL-3.0-or-later
//! Whether a session may go on with a device: what the device proved in, the policy's answer out. The policy itself is the
//! embedder's; it may ask a person, so it may take its time.

use std::fmt;
use std::future::ready;
use std::sync::Arc;

use super::source::BoxFuture;
use crate::cast::auth::{Assessment, CrlRule, Fingerprint, Roots, Verdict};

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

/// What the policy says before a device is asked who it is.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// Who is believed.
    pub roots: Arc<Roots>,
    /// Whether a revocation list is a must.
    pub crl_rule: CrlRule,
    /// Whether the device is known to say nothing: it is asked, but not waited for.
    pub silent: bool,
}

/// Decides about devices.
pub trait Trust: fmt::Debug + Send + Sync {
    /// What to expect of a device whose connection has this key.
    fn expect(&self, tls_key: Fingerprint) -> BoxFuture<'static, Expected>;

    /// Whether to go on with a device that proved this. `None` when a person said no. The session drops the future when it
    /// ends before.
    fn decide(&self, assessment: &Assessment) -> BoxFuture<'static, Option<Result<(), Distrust>>>;

    /// A device that was taken for a silent one has proved this after all, in a session that goes on.
    fn learn(&self, assessment: &Assessment) -> BoxFuture<'static, ()>;
}

/// Goes on with every device, and believes nobody but Cast. For tests and measurements.
#[derive(Debug, Clone, Copy, Default)]
pub struct Anyone;

impl Trust for Anyone {
    fn expect(&self, _: Fingerprint) -> BoxFuture<'static, Expected> {
        Box::pin(ready(Expected::default()))
    }

    fn decide(&self, _: &Assessment) -> BoxFuture<'static, Option<Result<(), Distrust>>> {
        Box::pin(ready(Some(Ok(()))))
    }

    fn learn(&self, _: &Assessment) -> BoxFuture<'static, ()> {
        Box::pin(ready(()))
    }
}
