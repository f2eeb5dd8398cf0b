// SPDX-License-Identifier: GPL-3.0-or-later
//! `io.github.telecast.Manager1`: the engine as a whole on the bus. Calls in, commands to the engine out.

#![expect(clippy::unused_self, reason = "the bindings want methods")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use zbus::interface;
use zbus::zvariant::{OwnedObjectPath, OwnedValue};

use super::begin::cast;
use super::error::BusError;
use super::service::Shared;
use crate::config::VERSION;
use crate::engine::{HostError, check_host};
use crate::words;

/// How long a device is looked for by name.
const LOOK: Duration = Duration::from_secs(8);
/// The longest name, id or address that means anything.
const MAX_QUERY: usize = 256;

/// The engine.
#[derive(Debug, Clone)]
pub(super) struct ManagerObject {
    shared: Arc<Shared>,
    /// Where something is being cast to.
    sessions: Arc<Mutex<Vec<OwnedObjectPath>>>,
}

impl ManagerObject {
    pub fn new(shared: Arc<Shared>) -> ManagerObject {
        ManagerObject {
            shared,
            sessions: Arc::default(),
        }
    }

    /// Takes over where something is being cast to; whether that is news.
    pub fn show(&self, now: Vec<OwnedObjectPath>) -> bool {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let news = *sessions != now;
        *sessions = now;
        news
    }
}

fn bounded(argument: &str, text: &str) -> Result<(), BusError> {
    if text.len() <= MAX_QUERY {
        return Ok(());
    }
    Err(BusError::invalid(argument, "a short text"))
}

/// Everything about Telecast that does not belong to one device. The devices are the objects below this one: see
/// org.freedesktop.DBus.ObjectManager.
#[interface(name = "io.github.telecast.Manager1")]
impl ManagerObject {
    /// Finds a device by its id, its name, the beginning of that, or by its address, and begins a cast to it as Device1.Cast
    /// does. Looks for up to eight seconds. Returns the device's object.
    #[zbus(out_args("device"))]
    async fn cast(
        &self,
        device: &str,
        options: HashMap<String, OwnedValue>,
    ) -> Result<OwnedObjectPath, BusError> {
        bounded("device", device)?;
        let _permit = self.shared.calls.begin()?;
        let found = self.shared.engine.find(device, LOOK).await;
        let found = found.map_err(|reason| BusError::of_reason(&reason, device))?;
        cast(&self.shared, &found, options).await?;
        self.shared.object_of(&found.id).await
    }

    /// Adds a device by its address, for good: host, host:port, or an IP address. Returns its object.
    #[zbus(out_args("device"))]
    async fn add_host(&self, host: &str) -> Result<OwnedObjectPath, BusError> {
        bounded("host", host)?;
        let _permit = self.shared.calls.begin()?;
        let id = self.shared.engine.add_host(host).await;
        let id = id.map_err(BusError::of_host)?;
        self.shared.object_of(&id).await
    }

    /// Forgets an address that was added.
    async fn remove_host(&self, host: &str) -> Result<(), BusError> {
        bounded("host", host)?;
        let _permit = self.shared.calls.begin()?;
        let unknown = || BusError::InvalidAddress(words::bus::no_such_host(host));
        let host = check_host(host).map_err(|error| match error {
            HostError::Empty | HostError::TooMany => unknown(),
            error => BusError::of_host(error),
        })?;
        let listed = self.shared.engine.listed().borrow().clone();
        let device = listed.iter().find(|device| device.hosts.contains(&host));
        let device = device.ok_or_else(unknown)?;
        match self.shared.engine.forget(&device.id).await {
            Some(_) => Ok(()),
            None => Err(unknown()),
        }
    }

    /// Ends all casts. Returns when nothing of them runs any more.
    async fn stop_all(&self) -> Result<(), BusError> {
        let _permit = self.shared.calls.begin()?;
        self.shared.engine.stop_all().await;
        Ok(())
    }

    /// The version of the program.
    #[zbus(property(emits_changed_signal = "const"))]
    fn version(&self) -> String {
        VERSION.to_owned()
    }

    /// The devices to which something is being cast, the oldest cast first.
    #[zbus(property)]
    fn sessions(&self) -> Vec<OwnedObjectPath> {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.clone()
    }
}
