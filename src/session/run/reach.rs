// SPDX-License-Identifier: GPL-3.0-or-later
//! From a device's addresses to a control channel with a device that will do: TCP, TLS, and the question who it is.

use std::net::SocketAddr;
use std::time::Instant;

use super::super::authenticate::Question;
use super::super::control::{Control, reach};
use super::super::reason::Reason;
use super::super::state::Step;
use super::super::timings::Timings;
use super::super::tls::Secured;
use super::Actor;
use crate::cast::auth::{Assessment, Fingerprint};
use crate::cast::channel::client::Command;

impl Actor {
    /// Connects and asks the device who it is. The waits are `timings`.
    pub(super) async fn connect(&mut self, timings: Timings) -> Result<(), Reason> {
        let begun = Instant::now();
        let reaching = reach(self.addresses(), self.options.interface.clone(), timings);
        let (secured, peer) = self.meanwhile(reaching).await?;
        // The time in dialogs and of looking for encoders is not the device's, and silence about who it is is no fault.
        self.negotiation = timings.negotiation.saturating_sub(begun.elapsed());
        self.step(&Step::Connected);
        self.authenticate(secured, peer).await?;
        self.step(&Step::Authenticated);
        if self.target.unknown && self.reporter.info.borrow().is_none() {
            self.control_mut()?.command(Command::GetDeviceInfo);
        }
        Ok(())
    }

    /// Where to look for the device: where it is announced now, and where it was.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        let mut addresses = self.target.whereabouts.announced();
        addresses.extend(&self.target.addresses);
        addresses
    }

    /// Asks the device who it is, and whoever decides whether that will do. The control channel lives meanwhile: a person
    /// may be thinking.
    async fn authenticate(&mut self, mut secured: Secured, peer: SocketAddr) -> Result<(), Reason> {
        let trust = self.target.trust.clone();
        let tls_key = Fingerprint::of_certificate_key(&secured.certificate);
        let expected = trust.expect(tls_key);
        let expected = self.meanwhile(async { Ok(expected.await) }).await?;
        let question = Question::new(&secured, expected, self.target.has_screen);
        let asking = question.ask(&mut secured, self.timings.authentication);
        let asked = self.meanwhile(asking).await?;
        self.control = Some(Control::new(
            secured,
            peer,
            self.sender_id,
            &asked.early,
            self.timings,
        ));
        self.unanswered = asked.open;
        let assessment = asked.assessment;
        self.prove(&assessment);
        if let Some(before) = &self.accepted {
            if before.leaf_key.is_some() && before.leaf_key != assessment.leaf_key {
                return Err(Reason::OtherDevice);
            }
            if is_same(before, &assessment) {
                return Ok(());
            }
        }
        let deciding = trust.decide(&assessment);
        match self.meanwhile(async { Ok(deciding.await) }).await? {
            Some(Ok(())) => {
                self.accepted = Some(assessment);
                Ok(())
            }
            Some(Err(distrust)) => Err(Reason::NotTrusted(distrust)),
            None => Err(Reason::DialogCancelled),
        }
    }

    /// Shows what the device proves.
    pub(super) fn prove(&self, assessment: &Assessment) {
        let verdict = assessment.verdict.code();
        tracing::info!(verdict, key = ?assessment.leaf_key, "authentication");
        let stats = &self.reporter.stats;
        stats.send_modify(|stats| stats.trust = Some(verdict));
        self.reporter.trust.send_replace(Some(assessment.clone()));
    }

    /// Waits for this, and serves everything else meanwhile. Nothing but the source's progress can happen so early, and it
    /// is remembered; while a lost device is sought, what its old streams tell has no meaning any more.
    pub(super) async fn meanwhile<T>(
        &mut self,
        awaited: impl Future<Output = Result<T, Reason>>,
    ) -> Result<T, Reason> {
        tokio::pin!(awaited);
        loop {
            tokio::select! {
                outcome = &mut awaited => return outcome,
                event = self.next() => {
                    event?;
                }
            }
        }
    }
}

/// Whether the device proves what it proved before: then nobody has to be asked about it once more.
fn is_same(before: &Assessment, now: &Assessment) -> bool {
    let same_key = match now.leaf_key {
        Some(_) => before.leaf_key == now.leaf_key,
        None => before.leaf_key.is_none() && before.tls_key == now.tls_key,
    };
    same_key && before.verdict == now.verdict
}
