// SPDX-License-Identifier: GPL-3.0-or-later
//! `Client`: the engine that runs in another process of this session. Calls in, what it answers out; never starts one.

mod options;
mod remote;

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::timeout;
use zbus::message::Type;
use zbus::names::BusName;
use zbus::zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Value};
use zbus::{Connection, MatchRule, MessageStream};

use super::error::BusError;
use super::statistics;
use crate::config::{ENGINE_NAME, ENGINE_PATH};
use crate::engine::SessionStats;
pub use options::CastOptions;
pub use remote::RemoteDevice;

const MANAGER: &str = "io.github.telecast.Manager1";
const DEVICE: &str = "io.github.telecast.Device1";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const OBJECT_MANAGER: &str = "org.freedesktop.DBus.ObjectManager";

/// What `GetManagedObjects` returns: properties by interface by path.
type Objects = HashMap<OwnedObjectPath, HashMap<String, Properties>>;
type Properties = HashMap<String, OwnedValue>;

/// How long an answer may take. The slowest call looks for a device and takes a moment more.
const PATIENCE: Duration = Duration::from_secs(30);

/// An engine that runs in this session.
#[derive(Debug, Clone)]
pub struct Client {
    bus: Connection,
}

impl Client {
    /// The engine that runs now; `None` when none does, or there is no session bus. Starts none.
    pub async fn of_running_engine() -> Option<Client> {
        let bus = Connection::session().await;
        let bus = bus
            .inspect_err(|error| tracing::debug!(%error, "no session bus"))
            .ok()?;
        let there = async {
            let bus_itself = Some("org.freedesktop.DBus");
            let (path, method) = ("/org/freedesktop/DBus", "NameHasOwner");
            let answer = bus
                .call_method(bus_itself, path, bus_itself, method, &(ENGINE_NAME,))
                .await?;
            answer.body().deserialize::<bool>()
        };
        match timeout(PATIENCE, there).await {
            Ok(Ok(true)) => Some(Client { bus }),
            Ok(Ok(false)) => None,
            other => {
                tracing::debug!(?other, "the session bus does not say who runs the engine");
                None
            }
        }
    }

    /// All devices that the engine knows, by path.
    ///
    /// # Errors
    /// Those of the bus, as with all that follow.
    pub async fn devices(&self) -> Result<Vec<RemoteDevice>, BusError> {
        let objects: Objects = self
            .call(ENGINE_PATH, OBJECT_MANAGER, "GetManagedObjects", &())
            .await?;
        let mut devices: Vec<RemoteDevice> = objects
            .into_iter()
            .filter_map(|(path, mut interfaces)| {
                let properties = interfaces.remove(DEVICE)?;
                Some(RemoteDevice::of(path, properties))
            })
            .collect();
        devices.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(devices)
    }

    /// One device; `None` when the engine no longer knows it.
    pub async fn device(&self, path: &OwnedObjectPath) -> Result<Option<RemoteDevice>, BusError> {
        let properties = self
            .call(path.as_str(), PROPERTIES, "GetAll", &(DEVICE,))
            .await;
        match properties {
            Ok(properties) => Ok(Some(RemoteDevice::of(path.clone(), properties))),
            Err(BusError::ZBus(zbus::Error::MethodError(name, _, _)))
                if name
                    .as_str()
                    .starts_with("org.freedesktop.DBus.Error.Unknown") =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Begins a cast to the device of this id, name or address.
    pub async fn cast(
        &self,
        device: &str,
        options: &CastOptions,
    ) -> Result<OwnedObjectPath, BusError> {
        self.call(ENGINE_PATH, MANAGER, "Cast", &(device, options.as_map()))
            .await
    }

    /// Ends all casts.
    pub async fn stop_all(&self) -> Result<(), BusError> {
        self.call(ENGINE_PATH, MANAGER, "StopAll", &()).await
    }

    /// Ends the cast to this device.
    pub async fn stop(&self, device: &OwnedObjectPath) -> Result<(), BusError> {
        self.call(device.as_str(), DEVICE, "Stop", &()).await
    }

    /// Says whether to cast to a device that nobody known has certified.
    pub async fn answer_trust(&self, device: &OwnedObjectPath, yes: bool) -> Result<(), BusError> {
        let answer = if yes { "yes" } else { "no" };
        self.call(device.as_str(), DEVICE, "AnswerTrust", &(answer,))
            .await
    }

    /// Sets the device's volume, 0 to 1.
    pub async fn set_volume(&self, device: &OwnedObjectPath, level: f64) -> Result<(), BusError> {
        self.set(device, "Volume", level.into()).await
    }

    /// Mutes the device, or unmutes it.
    pub async fn set_muted(&self, device: &OwnedObjectPath, muted: bool) -> Result<(), BusError> {
        self.set(device, "Muted", muted.into()).await
    }

    /// The numbers of a cast: the object that `--stats json` prints, and what a line for people needs of it.
    pub async fn statistics(
        &self,
        device: &OwnedObjectPath,
    ) -> Result<(serde_json::Value, SessionStats), BusError> {
        let numbers: HashMap<String, OwnedValue> = self
            .call(device.as_str(), DEVICE, "GetStatistics", &())
            .await?;
        let json = statistics::to_json(&numbers);
        let stats = statistics::in_short(&json);
        Ok((json, stats))
    }

    /// What changes about the engine's devices from now on.
    pub async fn changes(&self) -> Result<Changes, BusError> {
        bounded(async {
            let of_engine = MatchRule::builder()
                .msg_type(Type::Signal)
                .sender(ENGINE_NAME)?
                .path_namespace(ENGINE_PATH)?
                .build();
            let of_bus = MatchRule::builder()
                .msg_type(Type::Signal)
                .sender("org.freedesktop.DBus")?
                .member("NameOwnerChanged")?
                .arg(0, ENGINE_NAME)?
                .build();
            let changed = MessageStream::for_match_rule(of_engine, &self.bus, Some(QUEUE)).await?;
            let owner = MessageStream::for_match_rule(of_bus, &self.bus, Some(QUEUE)).await?;
            Ok(Changes { changed, owner })
        })
        .await
    }

    async fn set(
        &self,
        device: &OwnedObjectPath,
        property: &str,
        value: Value<'_>,
    ) -> Result<(), BusError> {
        let arguments = (DEVICE, property, value);
        self.call(device.as_str(), PROPERTIES, "Set", &arguments)
            .await
    }

    async fn call<B, R>(
        &self,
        path: &str,
        interface: &str,
        method: &str,
        arguments: &B,
    ) -> Result<R, BusError>
    where
        B: serde::Serialize + DynamicType + Sync,
        R: serde::de::DeserializeOwned + zbus::zvariant::Type,
    {
        bounded(async {
            let to = BusName::try_from(ENGINE_NAME).map_err(zbus::Error::from)?;
            let answer = self
                .bus
                .call_method(Some(to), path, Some(interface), method, arguments)
                .await?;
            Ok(answer.body().deserialize::<R>()?)
        })
        .await
    }
}

/// How many signals may wait to be read. When there are more, the oldest are lost; everything is read anew anyway.
const QUEUE: usize = 64;

/// Tells that something has changed.
#[derive(Debug)]
pub struct Changes {
    changed: MessageStream,
    owner: MessageStream,
}

impl Changes {
    /// Waits for the next change. `false` when the engine is gone.
    pub async fn next(&mut self) -> bool {
        tokio::select! {
            signal = self.changed.next() => signal.is_some(),
            owner = self.owner.next() => {
                let new = owner.and_then(Result::ok).and_then(|signal| {
                    let (_, _, new) = signal.body().deserialize::<(String, String, String)>().ok()?;
                    Some(new)
                });
                new.is_some_and(|new| !new.is_empty())
            }
        }
    }
}

async fn bounded<T>(asking: impl Future<Output = Result<T, BusError>>) -> Result<T, BusError> {
    match timeout(PATIENCE, asking).await {
        Ok(answer) => answer,
        Err(_) => Err(BusError::ZBus(zbus::Error::InputOutput(
            std::sync::Arc::new(std::io::ErrorKind::TimedOut.into()),
        ))),
    }
}
