// SPDX-License-Identifier: GPL-3.0-or-later
//! Keeps the objects on the bus what the engine's lists say: lists and questions in; objects, properties and signals out.
//! Decides nothing. The newest state counts, so that a list that changes faster than the bus takes it is told once.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use zbus::fdo::Properties;
use zbus::names::InterfaceName;
use zbus::object_server::{Interface, SignalEmitter};
use zbus::zvariant::{ObjectPath, OwnedObjectPath, Value};
use zbus::{Connection, Result};

use super::device::{DeviceObject, Facts};
use super::manager::ManagerObject;
use super::service::Shared;
use super::shown::Shown;
use crate::config::ENGINE_PATH;
use crate::engine::{CastStatus, Engine, ListedDevice};

/// Where the object of the device with this id is: what D-Bus does not allow in a path becomes `_` and two hexadecimal
/// digits.
pub(super) fn path_of(id: &str) -> Result<OwnedObjectPath> {
    let escaped = id.bytes().map(|byte| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("_{byte:02x}"),
    });
    let path = format!("{ENGINE_PATH}/device/{}", escaped.collect::<String>());
    Ok(ObjectPath::try_from(path)?.into())
}

/// What is on the bus.
#[derive(Debug)]
pub(super) struct Projection {
    bus: Connection,
    shared: Arc<Shared>,
    manager: ManagerObject,
    objects: BTreeMap<String, DeviceObject>,
    /// What devices proved, by id; what is remembered, and what running casts have told since.
    proved: BTreeMap<String, String>,
}

impl Projection {
    pub fn new(bus: Connection, shared: Arc<Shared>, manager: ManagerObject) -> Projection {
        Projection {
            bus,
            shared,
            manager,
            objects: BTreeMap::new(),
            proved: BTreeMap::new(),
        }
    }

    /// Takes over what is remembered of devices.
    pub async fn remember(&mut self) {
        let shared = Arc::clone(&self.shared);
        let remembered = tokio::task::spawn_blocking(move || shared.engine.remembered()).await;
        for (id, known) in remembered.unwrap_or_default() {
            self.proved.insert(id, known.verdict);
        }
    }

    /// Follows the engine until that ends or the bus is gone.
    ///
    /// # Errors
    /// Those of the bus.
    pub async fn run(mut self) -> Result<()> {
        let (mut devices, mut casts) = (self.shared.engine.listed(), self.shared.engine.sessions());
        let mut left_behind = self.shared.engine.left_behind();
        let (mut questions, mut again) = (self.shared.answers.watch(), self.shared.again());
        loop {
            questions.mark_unchanged();
            again.mark_unchanged();
            left_behind.mark_unchanged();
            let (listed, running) = (
                devices.borrow_and_update().clone(),
                casts.borrow_and_update().clone(),
            );
            self.show(&listed, &running).await?;
            let changed = tokio::select! {
                changed = devices.changed() => changed,
                changed = casts.changed() => changed,
                changed = left_behind.changed() => changed,
                changed = questions.changed() => changed,
                changed = again.changed() => changed,
            };
            if changed.is_err() {
                return Ok(());
            }
        }
    }

    /// Makes the bus show these.
    pub async fn show(&mut self, listed: &[ListedDevice], casts: &[CastStatus]) -> Result<()> {
        let facts = facts(&self.shared.engine, listed, casts);
        self.learn(casts);
        let gone: Vec<String> = self
            .objects
            .keys()
            .filter(|id| !facts.contains_key(*id))
            .cloned()
            .collect();
        for id in gone {
            self.objects.remove(&id);
            let path = path_of(&id)?;
            self.bus
                .object_server()
                .remove::<DeviceObject, _>(path)
                .await?;
        }
        let mut known = BTreeSet::new();
        for (id, mut facts) in facts {
            self.complete(&id, &mut facts);
            known.insert(id.clone());
            known.extend(facts.cast.clone());
            self.put(id, facts).await?;
        }
        self.show_sessions(listed, casts).await?;
        self.shared.show_known(known);
        Ok(())
    }

    /// What running casts have found out about their devices.
    fn learn(&mut self, casts: &[CastStatus]) {
        for cast in casts {
            let Some(session) = self.shared.engine.session(&cast.device) else {
                continue;
            };
            if let Some(proved) = session.trust().borrow().as_ref() {
                let word = proved.verdict.code().to_owned();
                self.proved.insert(cast.device.clone(), word);
            }
        }
    }

    /// Adds what the lists do not tell.
    fn complete(&self, id: &str, facts: &mut Facts) {
        let before = self.objects.get(id).map(DeviceObject::facts);
        let before = before.and_then(|before| before.no_sound.clone());
        let shown = &mut facts.shown;
        let proved = facts.cast.as_ref().and_then(|cast| self.proved.get(cast));
        let proved = proved.or_else(|| self.proved.get(id));
        shown.trust = proved.cloned().unwrap_or_default();
        shown.trust_question = self.shared.answers.question(&shown.name);
        let runs = facts.cast.is_some() && shown.error.0.is_empty();
        facts.no_sound = before.filter(|_| runs);
        if let Some(no_sound) = &facts.no_sound {
            shown.error = no_sound.clone();
        }
    }

    async fn put(&mut self, id: String, facts: Facts) -> Result<()> {
        let path = path_of(&id)?;
        let Some(object) = self.objects.get(&id) else {
            let object = DeviceObject::new(Arc::clone(&self.shared), facts);
            self.bus.object_server().at(path, object.clone()).await?;
            self.objects.insert(id, object);
            return Ok(());
        };
        let (before, now) = {
            let mut kept = object.facts();
            let now = facts.shown.clone();
            let before = std::mem::replace(&mut *kept, facts);
            (before.shown, now)
        };
        let changes = now.changes(&before);
        if changes.is_empty() {
            return Ok(());
        }
        let emitter = SignalEmitter::new(&self.bus, path)?;
        tell(&emitter, DeviceObject::name(), changes).await
    }

    async fn show_sessions(&self, listed: &[ListedDevice], casts: &[CastStatus]) -> Result<()> {
        let running = casts.iter().filter(|cast| cast.state.ended().is_none());
        let paths: Result<Vec<_>> = running
            .map(|cast| path_of(object_id(listed, &cast.device)))
            .collect();
        let paths = paths?;
        if !self.manager.show(paths.clone()) {
            return Ok(());
        }
        let emitter = SignalEmitter::new(&self.bus, ENGINE_PATH)?;
        let changes = HashMap::from([("Sessions", Value::from(paths))]);
        tell(&emitter, ManagerObject::name(), changes).await
    }
}

async fn tell(
    emitter: &SignalEmitter<'_>,
    interface: InterfaceName<'static>,
    changes: HashMap<&str, Value<'_>>,
) -> Result<()> {
    Properties::properties_changed(emitter, interface, changes, Cow::Borrowed(&[])).await
}

/// The id under which the bus has the device of a cast.
fn object_id<'a>(listed: &'a [ListedDevice], cast: &'a str) -> &'a str {
    let device = listed.iter().find(|device| device.is(cast));
    device.map_or(cast, |device| &device.id)
}

/// All that is to be on the bus, by id.
fn facts(
    engine: &Engine,
    listed: &[ListedDevice],
    casts: &[CastStatus],
) -> BTreeMap<String, Facts> {
    let mut all = BTreeMap::new();
    let left_behind = engine.left_behind().borrow().found.clone();
    for device in listed {
        let cast = casts.iter().find(|cast| device.is(&cast.device));
        let left = left_behind.iter().find(|left| device.is(&left.device));
        let facts = Facts {
            shown: Shown {
                left_behind: left.is_some(),
                ..Shown::of(Some(device), cast)
            },
            device: device.device.clone(),
            cast: cast.map(|cast| cast.device.clone()),
            left_behind: left.map(|left| left.device.clone()),
            no_sound: None,
        };
        all.insert(device.id.clone(), facts);
    }
    // A cast to an address that nobody has added.
    let unlisted = casts
        .iter()
        .filter(|cast| !listed.iter().any(|device| device.is(&cast.device)));
    for cast in unlisted {
        let facts = Facts {
            shown: Shown::of(None, Some(cast)),
            device: engine.target(&cast.device),
            cast: Some(cast.device.clone()),
            left_behind: None,
            no_sound: None,
        };
        all.insert(cast.device.clone(), facts);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_has_a_path_of_its_own() {
        let ids = [
            "0123456789abcdef0123456789abcdef",
            "manual:192.0.2.7",
            "manual:192.0.2.7:8010",
            "manual:[fe80::1%wlan0]",
            "manual:tv_2e.local",
            "manual:tv.local",
            "Wohnzimmer/Fernsehgerät",
        ];
        let paths: BTreeSet<_> = ids
            .iter()
            .map(|id| path_of(id).expect("a path").to_string())
            .collect();
        assert_eq!(paths.len(), ids.len());
        let path = path_of("manual:192.0.2.7").expect("a path");
        let expected = "/io/github/telecast/Telecast/Engine/device/manual_3a192_2e0_2e2_2e7";
        assert_eq!(path.as_str(), expected);
    }
}
