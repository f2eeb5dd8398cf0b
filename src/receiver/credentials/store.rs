// SPDX-License-Identifier: GPL-3.0-or-later
//! The folder of credentials: PEM files by name in, keys and certificates out. Keys are mode 600, whatever they were.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rcgen::{Certificate, KeyPair, PKCS_RSA_SHA256, RsaKeySize};

use super::CredentialsError;
use crate::files;

/// Who may read a key.
const OWNER_ALONE: u32 = 0o600;
/// Who may read a certificate.
const EVERYBODY: u32 = 0o644;

/// The folder.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// It is made with the first file, for its owner alone.
    pub(super) fn new(folder: &Path) -> Folder {
        Folder(folder.to_owned())
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The key NAME.key, if it is there. Others lose the right to read it.
    pub(super) fn key(&self, name: &str) -> Result<Option<KeyPair>, CredentialsError> {
        let file = self.file(&format!("{name}.key"));
        let Some(pem) = read(&file)? else {
            return Ok(None);
        };
        let key = String::from_utf8(pem)
            .ok()
            .and_then(|pem| KeyPair::from_pem(&pem).ok())
            .filter(|key| key.is_compatible(&PKCS_RSA_SHA256))
            .ok_or_else(|| CredentialsError::NotAKey(file.clone()))?;
        permit(&file, OWNER_ALONE)?;
        Ok(Some(key))
    }

    pub(super) fn new_key(&self, name: &str) -> Result<KeyPair, CredentialsError> {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
        let file = self.file(&format!("{name}.key"));
        write(&file, key.serialize_pem().as_bytes())?;
        Ok(key)
    }

    pub(super) fn key_or_new(&self, name: &str) -> Result<KeyPair, CredentialsError> {
        match self.key(name)? {
            Some(key) => Ok(key),
            None => self.new_key(name),
        }
    }

    /// The first certificate (DER) of NAME.crt; `None` when there is none, or nothing that can be read as one.
    pub(super) fn certificate(&self, name: &str) -> Result<Option<Vec<u8>>, CredentialsError> {
        let pem = read(&self.file(&format!("{name}.crt")))?;
        Ok(pem.and_then(|pem| {
            let (_, block) = x509_parser::pem::parse_x509_pem(&pem).ok()?;
            Some(block.contents)
        }))
    }

    /// Writes NAME.crt, which everybody may read, and gives the certificate (DER).
    pub(super) fn keep(
        &self,
        name: &str,
        certificate: &Certificate,
    ) -> Result<Vec<u8>, CredentialsError> {
        let file = self.file(&format!("{name}.crt"));
        write(&file, certificate.pem().as_bytes())?;
        permit(&file, EVERYBODY)?;
        Ok(certificate.der().to_vec())
    }
}

fn read(file: &Path) -> Result<Option<Vec<u8>>, CredentialsError> {
    match files::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(problem) => Err(CredentialsError::Read {
            file: file.to_owned(),
            problem,
        }),
    }
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), CredentialsError> {
    files::replace(file, bytes).map_err(not_written(file))
}

fn permit(file: &Path, mode: u32) -> Result<(), CredentialsError> {
    let set = || {
        if fs::metadata(file)?.permissions().mode() & 0o777 == mode {
            return Ok(());
        }
        fs::set_permissions(file, Permissions::from_mode(mode))
    };
    set().map_err(not_written(file))
}

fn not_written(file: &Path) -> impl FnOnce(io::Error) -> CredentialsError {
    move |problem| CredentialsError::Write {
        file: file.to_owned(),
        problem,
    }
}
