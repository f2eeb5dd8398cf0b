// SPDX-License-Identifier: GPL-3.0-or-later
//! `Memory`: what devices proved before, in the user's state folder. Deleting the file, or an entry, forgets.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tokio::sync::watch;

use super::Before;
use crate::cast::auth::Fingerprint;
use crate::engine::store;
use crate::files;

/// Devices that are remembered. Beyond, no new ones are: forgetting one would let another take its place.
pub const MAX_REMEMBERED: usize = 512;

/// What is remembered of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// Its name, for people who read the file.
    pub name: String,
    /// What it proved: [`Verdict::code`](crate::cast::auth::Verdict::code).
    pub verdict: String,
    /// Whether it was certified.
    pub certified: bool,
    /// Whether a person allowed it, being asked. Neither this nor `certified`: it was cast to under a rule that takes
    /// every device.
    #[serde(default)]
    pub allowed: bool,
    /// Whether it let the question who it is go unanswered for the whole time.
    #[serde(default)]
    pub silent: bool,
    /// The key of its certificate, if it proved that it holds it.
    #[serde(serialize_with = "write_some", deserialize_with = "read_some", default)]
    pub leaf_key: Option<Fingerprint>,
    /// The key of its connection.
    #[serde(serialize_with = "write", deserialize_with = "read")]
    pub tls_key: Fingerprint,
}

/// What is remembered, by [`Device::id`](crate::discovery::Device::id).
pub type TrustedDevices = BTreeMap<String, Remembered>;

/// What was remembered of a device before a person had it forgotten, by its ids; to undo that.
#[derive(Debug, Clone)]
pub struct ForgottenTrust(TrustedDevices);

/// The file. It is read anew for each question: another program of this user may have written to it.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Memory {
    /// Without a place for it nothing outlives the program.
    file: Option<PathBuf>,
    /// What could not be written, too.
    session: Arc<Mutex<TrustedDevices>>,
    /// All of it, as it was read or written last.
    seen: watch::Sender<Arc<TrustedDevices>>,
}

impl Memory {
    pub(in crate::engine) fn of_user() -> Memory {
        Memory::at(files::in_state_folder("trusted-devices.json"))
    }

    pub(in crate::engine) fn at(file: Option<PathBuf>) -> Memory {
        Memory {
            file,
            session: Arc::default(),
            seen: watch::Sender::default(),
        }
    }

    /// All of it by id, as it was when this program last read or wrote it; nothing before it has.
    pub(in crate::engine) fn watch(&self) -> watch::Receiver<Arc<TrustedDevices>> {
        self.seen.subscribe()
    }

    /// What is remembered of this id and of this key; of a key that was certified under one id and allowed under another,
    /// the former. Reads a file.
    pub(super) fn of(&self, id: &str, key: Option<Fingerprint>) -> Before {
        let all = self.all();
        let same = all
            .values()
            .filter(|known| key.is_some() && known.leaf_key == key);
        Before {
            id: all.get(id).cloned(),
            key: same.max_by_key(|known| known.certified).cloned(),
        }
    }

    /// All of it, by id. Reads a file.
    pub(in crate::engine) fn all(&self) -> TrustedDevices {
        let mut all = self.written();
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, known) in session.iter() {
            all.insert(id.clone(), known.clone());
        }
        drop(session);
        self.show(&all);
        all
    }

    fn show(&self, all: &TrustedDevices) {
        self.seen.send_if_modified(|seen| {
            let differs = **seen != *all;
            if differs {
                *seen = Arc::new(all.clone());
            }
            differs
        });
    }

    /// Writes a file.
    pub(super) fn remember(&self, id: &str, entry: Remembered) {
        self.add(id, entry);
        self.all();
    }

    /// Forgets a device, under each id that it had: those with the same key as `id`, or with `key`. `None` when nothing is
    /// remembered. Writes a file.
    pub(super) fn forget(&self, id: &str, key: Option<Fingerprint>) -> Option<ForgottenTrust> {
        let before = self.all();
        let keys: Vec<Fingerprint> = before
            .get(id)
            .and_then(|known| known.leaf_key)
            .into_iter()
            .chain(key)
            .collect();
        let (gone, left): (TrustedDevices, TrustedDevices) =
            before.into_iter().partition(|(other, known)| {
                other == id || known.leaf_key.is_some_and(|key| keys.contains(&key))
            });
        if gone.is_empty() {
            return None;
        }
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        session.retain(|id, _| !gone.contains_key(id));
        drop(session);
        if let Some(file) = &self.file
            && let Err(error) = store::replace(file, &left)
        {
            tracing::warn!(%error, "the device cannot be forgotten");
        }
        self.all();
        Some(ForgottenTrust(gone))
    }

    /// Takes [`Memory::forget`] back, but leaves what was remembered since. Writes a file.
    pub(super) fn restore(&self, forgotten: ForgottenTrust) {
        let since = self.all();
        for (id, entry) in forgotten.0 {
            if !since.contains_key(&id) {
                self.add(&id, entry);
            }
        }
        self.all();
    }

    fn add(&self, id: &str, entry: Remembered) {
        let mut all = self.written();
        if all.get(id) == Some(&entry) {
            return;
        }
        let full = all.len() >= MAX_REMEMBERED && !all.contains_key(id);
        let written = match &self.file {
            _ if full => Err(io::ErrorKind::StorageFull.into()),
            None => Err(io::ErrorKind::NotFound.into()),
            Some(file) => {
                all.insert(id.to_owned(), entry.clone());
                store::replace(file, &all)
            }
        };
        if let Err(error) = written {
            tracing::warn!(%error, "the device is remembered until this program ends, but no longer");
            let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
            session.insert(id.to_owned(), entry);
        }
    }

    fn written(&self) -> TrustedDevices {
        let Some(file) = &self.file else {
            return TrustedDevices::new();
        };
        let read = files::read(file).and_then(|bytes| {
            serde_json::from_slice::<TrustedDevices>(&bytes).map_err(io::Error::other)
        });
        match read {
            Ok(all) => all,
            Err(error) if error.kind() == io::ErrorKind::NotFound => TrustedDevices::new(),
            Err(error) => {
                let aside = file.with_extension("json.spoiled");
                tracing::warn!(%error, file = %file.display(), aside = %aside.display(), "the list of devices is spoiled; it is set aside, and devices are asked about again");
                if let Err(error) = std::fs::rename(file, &aside) {
                    tracing::warn!(%error, "it cannot be set aside");
                }
                TrustedDevices::new()
            }
        }
    }
}

fn write<S: Serializer>(key: &Fingerprint, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(key)
}

fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Fingerprint, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(serde::de::Error::custom)
}

#[expect(clippy::ref_option, reason = "serde's signature")]
fn write_some<S: Serializer>(key: &Option<Fingerprint>, to: S) -> Result<S::Ok, S::Error> {
    key.map(|key| key.to_string()).serialize(to)
}

fn read_some<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Fingerprint>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| text.parse().map_err(serde::de::Error::custom))
        .transpose()
}
