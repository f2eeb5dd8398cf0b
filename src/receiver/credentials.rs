// SPDX-License-Identifier: GPL-3.0-or-later
//! What the receiver proves itself with: a folder in, keys and certificates out, made on first use.
//!
//! ```text
//! root.crt         to be given to senders; made once
//! root.key         ─issues─▶ intermediate.crt ─issues─▶ device.crt
//! intermediate.key, device.key, tls.key
//! ```
//! Keys are RSA-2048 and nobody's but the owner's (mode 600). They stay as they are: senders remember the device's. The
//! certificates below the root are issued again before they expire, and when they do not fit any more. A root of the
//! user's own can be put there before the first use.
//!
//! What is in them is what Open Screen makes (`static_credentials.cc`) and Chromium takes
//! (`--cast-developer-certificate-path=root.crt`); only the lifetimes are longer, because senders do not limit them.

mod issue;
mod store;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::KeyPair;

use crate::cast::auth::path::Path as CertificatePath;
use crate::cast::auth::{self, AnchorError, Certificate, Credentials, Origin, Roots, TrustAnchor};
use store::Folder;

/// Certificates that expire sooner than this are issued again at the start.
const RESERVE: Duration = Duration::from_hours(30 * 24);

/// Why there are no credentials.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// A file, or the folder, cannot be read.
    #[error("{} cannot be read: {problem}", file.display())]
    Read {
        /// Which.
        file: PathBuf,
        /// Why.
        problem: io::Error,
    },
    /// A file cannot be written.
    #[error("{} cannot be written: {problem}", file.display())]
    Write {
        /// Which.
        file: PathBuf,
        /// Why.
        problem: io::Error,
    },
    /// A file is there that is no private RSA key in PEM.
    #[error("{} is no RSA key in PEM", .0.display())]
    NotAKey(PathBuf),
    /// The root cannot be one.
    #[error("{} cannot be a root: {problem}", file.display())]
    NotARoot {
        /// Which.
        file: PathBuf,
        /// Why.
        problem: AnchorError,
    },
    /// There is a root without its key, or with another one: nothing can be issued, and it is not replaced.
    #[error("{} does not belong to the key beside it", .0.display())]
    RootWithoutKey(PathBuf),
    /// A key or a certificate cannot be made.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// What was made does not fit together.
    #[error("unfit credentials: {0}")]
    Unfit(#[from] auth::CredentialsError),
}

/// The contents of the folder.
#[derive(Debug)]
pub(super) struct Opened {
    /// For the answers to challenges.
    pub(super) device: Credentials,
    /// For TLS.
    pub(super) tls_key: KeyPair,
}

/// Opens the folder, and makes what is missing in it. `common_name` goes into a new device's certificate. May take
/// seconds: not for an async task.
pub(super) fn open(
    folder: &Path,
    common_name: &str,
    now: SystemTime,
) -> Result<Opened, CredentialsError> {
    let folder = Folder::new(folder);
    let root_key = match folder.key("root")? {
        Some(key) => key,
        None if folder.certificate("root")?.is_some() => {
            return Err(CredentialsError::RootWithoutKey(folder.file("root.crt")));
        }
        None => folder.new_key("root")?,
    };
    let root = match folder.certificate("root")? {
        Some(root) => root,
        None => folder.keep("root", &issue::root(&root_key, now)?)?,
    };
    let anchor = anchor(&folder, &root, &root_key)?;
    let intermediate_key = folder.key_or_new("intermediate")?;
    let device_key = folder.key_or_new("device")?;

    let there = match (
        folder.certificate("intermediate")?,
        folder.certificate("device")?,
    ) {
        (Some(intermediate), Some(device)) => {
            credentials(&anchor, &intermediate, &device, &device_key, now)
        }
        _ => None,
    };
    let device = if let Some(credentials) = there {
        credentials
    } else {
        let intermediate = issue::intermediate(&root, root_key, &intermediate_key, now)?;
        let device = issue::device(
            &intermediate,
            intermediate_key,
            &device_key,
            common_name,
            now,
        )?;
        let intermediate = folder.keep("intermediate", &intermediate)?;
        let device = folder.keep("device", &device)?;
        Credentials::new(device, vec![intermediate], device_key.serialized_der())?
    };
    Ok(Opened {
        device,
        tls_key: folder.key_or_new("tls")?,
    })
}

/// The root as senders will see it.
fn anchor(folder: &Folder, root: &[u8], key: &KeyPair) -> Result<TrustAnchor, CredentialsError> {
    let file = || folder.file("root.crt");
    let read = Certificate::read(root).map_err(AnchorError::from);
    let anchor = read
        .and_then(|root| TrustAnchor::of(&root, Origin::User))
        .map_err(|problem| CredentialsError::NotARoot {
            file: file(),
            problem,
        })?;
    let ours = auth::Fingerprint::of(&rcgen::PublicKeyData::subject_public_key_info(key));
    if anchor.fingerprint() != ours {
        return Err(CredentialsError::RootWithoutKey(file()));
    }
    Ok(anchor)
}

/// What is there, if a sender that believes the root would take it, now and for some time.
fn credentials(
    anchor: &TrustAnchor,
    intermediate: &[u8],
    device: &[u8],
    key: &KeyPair,
    now: SystemTime,
) -> Option<Credentials> {
    let leaf = Certificate::read(device).ok()?;
    let between = [Certificate::read(intermediate).ok()?];
    let roots = Roots::only(vec![anchor.clone()], Vec::new());
    let good = [now, now + RESERVE].into_iter().all(|time| {
        CertificatePath::find(&leaf, &between, &roots, unix(time))
            .is_ok_and(|path| path.dates().is_ok())
    });
    let made = || {
        Credentials::new(
            device.to_vec(),
            vec![intermediate.to_vec()],
            key.serialized_der(),
        )
    };
    good.then(made)?.ok()
}

fn unix(time: SystemTime) -> auth::UnixSeconds {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs() as auth::UnixSeconds)
}

#[cfg(test)]
mod tests;
