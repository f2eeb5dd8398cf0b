// SPDX-License-Identifier: GPL-3.0-or-later
//! `Memory`: what devices proved before, in the user's state folder. Deleting the file, or an entry, forgets.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
    /// Whether it was certified. Otherwise a person allowed it.
    pub certified: bool,
    /// The key of its certificate, if it proved that it holds it.
    #[serde(serialize_with = "write_some", deserialize_with = "read_some", default)]
    pub leaf_key: Option<Fingerprint>,
    /// The key of its connection.
    #[serde(serialize_with = "write", deserialize_with = "read")]
    pub tls_key: Fingerprint,
}

type Devices = BTreeMap<String, Remembered>;

/// The file. It is read anew for each question: another program of this user may have written to it.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Memory {
    /// Without a place for it nothing outlives the program.
    file: Option<PathBuf>,
    /// What could not be written, too.
    session: Arc<Mutex<Devices>>,
}

impl Memory {
    pub(in crate::engine) fn of_user() -> Memory {
        Memory::at(files::in_state_folder("trusted-devices.json"))
    }

    pub(in crate::engine) fn at(file: Option<PathBuf>) -> Memory {
        Memory {
            file,
            session: Arc::default(),
        }
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
    pub(in crate::engine) fn all(&self) -> Devices {
        let mut all = self.written();
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, known) in session.iter() {
            all.insert(id.clone(), known.clone());
        }
        all
    }

    /// Writes a file.
    pub(super) fn remember(&self, id: &str, entry: Remembered) {
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

    fn written(&self) -> Devices {
        let Some(file) = &self.file else {
            return Devices::new();
        };
        let read = files::read(file)
            .and_then(|bytes| serde_json::from_slice::<Devices>(&bytes).map_err(io::Error::other));
        match read {
            Ok(all) => all,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Devices::new(),
            Err(error) => {
                let aside = file.with_extension("json.spoiled");
                tracing::warn!(%error, file = %file.display(), aside = %aside.display(), "the list of devices is spoiled; it is set aside, and devices are asked about again");
                if let Err(error) = std::fs::rename(file, &aside) {
                    tracing::warn!(%error, "it cannot be set aside");
                }
                Devices::new()
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
