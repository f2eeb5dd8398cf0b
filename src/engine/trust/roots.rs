// SPDX-License-Identifier: GPL-3.0-or-later
//! `AddedRoots`: whom the user believes beside Cast, for good: one file each in the user's state folder, as it was given.
//! Every front end believes them. Reads and writes files: not for a thread that must not block.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cast::auth::{AnchorError, Fingerprint, Roots};
use crate::files;

/// The folder of those that were added.
#[derive(Debug, Clone)]
pub struct AddedRoots {
    /// Without a place for it nothing can be added.
    folder: Option<PathBuf>,
}

/// A file of roots that was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedRoot {
    /// Names it: the name of its file.
    pub id: String,
    /// What the certificates call themselves, or their file was called.
    pub name: String,
    /// The key of the first one.
    pub key: Fingerprint,
}

/// A file of roots that was forgotten, to undo that.
#[derive(Debug, Clone)]
pub struct TakenRoot {
    id: String,
    bytes: Vec<u8>,
}

/// Why a file was not added.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddRootError {
    /// It cannot be used as a root.
    #[error(transparent)]
    Unusable(#[from] AnchorError),
    /// It cannot be read or kept.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl AddedRoots {
    /// Those of this user.
    pub fn of_user() -> AddedRoots {
        AddedRoots {
            folder: files::in_state_folder("trusted-roots"),
        }
    }

    /// Those in this folder, which need not be there yet.
    pub fn in_folder(folder: PathBuf) -> AddedRoots {
        AddedRoots {
            folder: Some(folder),
        }
    }

    /// What there is, by name. What cannot be used is left out.
    pub fn list(&self) -> Vec<AddedRoot> {
        let mut all: Vec<AddedRoot> = self
            .read()
            .into_iter()
            .filter_map(|(id, bytes)| described(id, &bytes).ok())
            .collect();
        all.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        all
    }

    /// Keeps a copy of this file. One that is there already is not added twice.
    ///
    /// # Errors
    /// [`AddRootError`]; then nothing is added.
    pub fn add(&self, file: &Path) -> Result<AddedRoot, AddRootError> {
        let bytes = files::read(file)?;
        let id = format!("{}.crt", &Fingerprint::of(&bytes).to_string()[..16]);
        let added = described(id, &bytes)?;
        // Whether there is room for it.
        let mut all = self.beside_cast()?;
        all.add_user(&bytes)?;
        self.write(&added.id, &bytes)?;
        Ok(added)
    }

    /// Forgets one; devices that only it has certified are not certified any more. `None` when it is not there.
    pub fn forget(&self, id: &str) -> Option<TakenRoot> {
        let file = self.file(id)?;
        let bytes = files::read(&file).ok()?;
        let removed = fs::remove_file(&file);
        removed
            .inspect_err(|error| tracing::warn!(%error, "the root cannot be forgotten"))
            .ok()?;
        let id = id.to_owned();
        Some(TakenRoot { id, bytes })
    }

    /// Takes [`AddedRoots::forget`] back.
    ///
    /// # Errors
    /// The file system's.
    pub fn restore(&self, taken: &TakenRoot) -> io::Result<()> {
        self.write(&taken.id, &taken.bytes)
    }

    /// These and `given`.
    pub(super) fn beside(&self, given: Arc<Roots>) -> Arc<Roots> {
        let files = self.read();
        if files.is_empty() {
            return given;
        }
        let mut all = (*given).clone();
        for (id, bytes) in files {
            if let Err(error) = all.add_user(&bytes) {
                tracing::warn!(%error, id, "a root that was added cannot be used");
            }
        }
        Arc::new(all)
    }

    fn beside_cast(&self) -> Result<Roots, AnchorError> {
        let mut all = Roots::cast();
        for (_, bytes) in self.read() {
            all.add_user(&bytes)?;
        }
        Ok(all)
    }

    fn read(&self) -> Vec<(String, Vec<u8>)> {
        let listed = self.folder.as_ref().map(fs::read_dir);
        let entries = listed.into_iter().flatten().flatten().flatten();
        entries
            .filter_map(|entry| {
                let id = entry.file_name().into_string().ok()?;
                Some((id, files::read(&entry.path()).ok()?))
            })
            .collect()
    }

    fn write(&self, id: &str, bytes: &[u8]) -> io::Result<()> {
        let file = self.file(id).ok_or(io::ErrorKind::NotFound)?;
        files::replace(&file, bytes)
    }

    /// `None` for what is no name of a file in the folder.
    fn file(&self, id: &str) -> Option<PathBuf> {
        let plain = Path::new(id).file_name().is_some_and(|name| name == id);
        self.folder
            .as_ref()
            .filter(|_| plain)
            .map(|folder| folder.join(id))
    }
}

fn described(id: String, bytes: &[u8]) -> Result<AddedRoot, AnchorError> {
    let certificates = Roots::certificates_in(bytes)?;
    let mut name = Vec::new();
    let mut key = None;
    for certificate in &certificates {
        name.extend(certificate.common_name().map(str::to_owned));
        key = key.or(certificate
            .key()
            .map(crate::cast::auth::PublicKey::fingerprint));
    }
    let mut roots = Roots::cast();
    roots.add_user(bytes)?;
    Ok(AddedRoot {
        name: if name.is_empty() {
            id.clone()
        } else {
            name.join(", ")
        },
        key: key.ok_or(AnchorError::WeakKey)?,
        id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A root as Open Screen's receiver makes its own.
    fn root(name: &str) -> String {
        let key =
            rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)
                .unwrap();
        let mut parameters = rcgen::CertificateParams::default();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        parameters.self_signed(&key).unwrap().pem()
    }

    #[test]
    fn roots_are_added_once_listed_forgotten_and_had_back() {
        let place = std::env::temp_dir().join(format!("telecast-roots-{}", std::process::id()));
        let roots = AddedRoots::in_folder(place.join("kept"));
        assert_eq!(roots.list(), []);
        fs::create_dir_all(&place).unwrap();
        let file = place.join("mine.crt");
        fs::write(&file, root("Workshop")).unwrap();
        let added = roots.add(&file).expect("added");
        assert_eq!(roots.add(&file).expect("again"), added);
        assert_eq!(added.name, "Workshop");
        assert_eq!(roots.list(), std::slice::from_ref(&added));
        let given = Arc::new(Roots::cast());
        assert_ne!(roots.beside(given.clone()), given);

        let taken = roots.forget(&added.id).expect("it was there");
        assert!(roots.forget(&added.id).is_none());
        assert_eq!(roots.beside(given.clone()), given);
        roots.restore(&taken).expect("restored");
        assert_eq!(roots.list(), [added]);
        fs::remove_dir_all(place).unwrap();
    }

    #[test]
    fn what_is_no_root_is_not_added_and_names_lead_nowhere_else() {
        let place = std::env::temp_dir().join(format!("telecast-no-roots-{}", std::process::id()));
        let roots = AddedRoots::in_folder(place.join("kept"));
        fs::create_dir_all(&place).unwrap();
        let file = place.join("mine.crt");
        fs::write(&file, "Dear Sir or Madam").unwrap();
        assert!(matches!(roots.add(&file), Err(AddRootError::Unusable(_))));
        assert!(matches!(
            roots.add(&place.join("none")),
            Err(AddRootError::Io(_))
        ));
        assert_eq!(roots.list(), []);
        for id in ["../mine.crt", "..", "", "/etc/passwd"] {
            assert!(roots.forget(id).is_none(), "{id}");
        }
        assert!(file.exists());
        fs::remove_dir_all(place).unwrap();
    }
}
