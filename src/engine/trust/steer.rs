// SPDX-License-Identifier: GPL-3.0-or-later
//! What a front end may want to know and change about trust while the engine runs.

use std::sync::{Arc, PoisonError};

use tokio::sync::watch;

use super::{AddedRoots, DeviceTrust, ForgottenTrust, TrustAsker, TrustOptions, TrustRule};
use crate::discovery::Device;
use crate::engine::{Engine, TrustedDevices};

impl Engine {
    /// What is remembered of devices that there was a cast to, by [`Device::id`]. Reads a file.
    pub fn remembered(&self) -> TrustedDevices {
        self.memory.all()
    }

    /// The same, as it changes, as far as this program has read it.
    pub fn watch_remembered(&self) -> watch::Receiver<Arc<TrustedDevices>> {
        self.memory.watch()
    }

    /// Forgets what is known of a device, whatever ids it had, so that the next cast to it is like the first. `None` when
    /// nothing is. Writes a file.
    pub fn forget_trust(&self, id: &str) -> Option<ForgottenTrust> {
        // One that was refused under this id may be known under another one.
        let shown = self.sessions.proved(id).and_then(|proved| proved.leaf_key);
        self.memory.forget(id, shown)
    }

    /// Takes [`Engine::forget_trust`] back. Writes a file.
    pub fn restore_trust(&self, forgotten: ForgottenTrust) {
        self.memory.restore(forgotten);
    }

    /// Which devices will do, from the next cast on.
    pub fn set_trust_rule(&self, rule: TrustRule) {
        let mut trust = self.trust.lock().unwrap_or_else(PoisonError::into_inner);
        trust.rule = rule;
    }

    /// Has another front end ask, too, from the next cast on.
    pub fn ask_beside(&self, asker: Arc<dyn TrustAsker>) {
        let mut trust = self.trust.lock().unwrap_or_else(PoisonError::into_inner);
        trust.beside = Some(asker);
    }

    /// The policy for a cast to this device.
    pub(in crate::engine) fn trust_of(&self, device: &Device) -> DeviceTrust {
        DeviceTrust {
            id: device.id.clone(),
            name: device.name.clone(),
            options: self.trust_options(),
            added: AddedRoots::of_user(),
            memory: self.memory.clone(),
        }
    }

    fn trust_options(&self) -> TrustOptions {
        let trust = self.trust.lock().unwrap_or_else(PoisonError::into_inner);
        trust.clone()
    }
}
