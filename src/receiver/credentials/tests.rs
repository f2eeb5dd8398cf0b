// SPDX-License-Identifier: GPL-3.0-or-later

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use prost::Message as _;

use super::*;
use crate::cast::channel::proto::auth::{AuthChallenge, DeviceAuthMessage};

/// A folder that goes with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let folder = std::env::temp_dir().join(format!(
            "telecast-credentials-{name}-{}",
            std::process::id()
        ));
        Scratch(folder)
    }

    fn open_at(&self, now: SystemTime) -> Result<Opened, CredentialsError> {
        open(&self.0, "0123456789abcdef", now)
    }

    fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap()
    }

    fn all(&self) -> Vec<(String, Vec<u8>)> {
        let mut all: Vec<_> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .map(|name| (name.clone(), self.file(&name)))
            .collect();
        all.sort();
        all
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.0.exists() {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }
}

/// The leaf and the intermediate that a challenge brings, and whether a sender with this root takes them at `now`.
fn is_taken(opened: &Opened, root: &[u8], now: SystemTime) -> bool {
    let answer = opened.device.answer(&AuthChallenge::default(), b"tls");
    let answer = DeviceAuthMessage::decode(answer.as_slice()).unwrap();
    let response = answer.response.unwrap();
    let leaf = Certificate::read(response.client_auth_certificate()).unwrap();
    let between: Vec<_> = response
        .intermediate_certificate
        .iter()
        .map(|der| Certificate::read(der).unwrap())
        .collect();
    let mut roots = Roots::only(Vec::new(), Vec::new());
    roots.add_user(root).unwrap();
    let path = CertificatePath::find(&leaf, &between, &roots, unix(now));
    path.is_ok_and(|path| path.dates().is_ok())
}

fn permissions(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

const DAY: Duration = Duration::from_hours(24);

#[test]
fn a_folder_is_filled_once_and_its_keys_are_the_owner_s_alone() {
    let scratch = Scratch::new("fill");
    let now = SystemTime::now();
    let opened = scratch.open_at(now).unwrap();
    assert!(is_taken(&opened, &scratch.file("root.crt"), now));
    let made = scratch.all();
    let names: Vec<_> = made.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "device.crt",
            "device.key",
            "intermediate.crt",
            "intermediate.key",
            "root.crt",
            "root.key",
            "tls.key"
        ]
    );
    for name in names {
        let expected = match name.split_once('.') {
            Some((_, "key")) => 0o600,
            _ => 0o644,
        };
        assert_eq!(permissions(&scratch.0.join(name)), expected, "{name}");
    }
    // Somebody has opened a key to others meanwhile.
    let key = scratch.0.join("device.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    scratch.open_at(now + DAY).unwrap();
    assert!(scratch.all() == made, "nothing is made twice");
    assert_eq!(permissions(&key), 0o600);
}

#[test]
fn certificates_are_issued_again_before_they_expire_and_the_keys_stay() {
    let scratch = Scratch::new("renew");
    let now = SystemTime::now();
    scratch.open_at(now).unwrap();
    let (key, root) = (scratch.file("device.key"), scratch.file("root.crt"));
    let device = scratch.file("device.crt");
    let later = now + 10 * 365 * DAY - 10 * DAY;
    let opened = scratch.open_at(later).unwrap();
    assert!(is_taken(&opened, &root, later + 365 * DAY));
    assert_ne!(scratch.file("device.crt"), device);
    assert_eq!(scratch.file("device.key"), key);
    assert_eq!(scratch.file("root.crt"), root);
}

#[test]
fn a_root_of_the_user_s_own_is_taken_as_it_is() {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, KeyUsagePurpose};
    let scratch = Scratch::new("own");
    fs::create_dir(&scratch.0).unwrap();
    let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let root = params.self_signed(&key).unwrap().pem();
    fs::write(scratch.0.join("root.crt"), &root).unwrap();
    assert!(matches!(
        scratch.open_at(SystemTime::now()),
        Err(CredentialsError::RootWithoutKey(_))
    ));
    fs::write(scratch.0.join("root.key"), key.serialize_pem()).unwrap();
    let opened = scratch.open_at(SystemTime::now()).unwrap();
    assert!(is_taken(&opened, root.as_bytes(), SystemTime::now()));
    assert_eq!(scratch.file("root.crt"), root.as_bytes());
}

#[test]
fn what_is_no_key_is_named_and_not_overwritten() {
    let scratch = Scratch::new("spoiled");
    scratch.open_at(SystemTime::now()).unwrap();
    let file = scratch.0.join("device.key");
    fs::write(&file, "hello").unwrap();
    let error = scratch.open_at(SystemTime::now()).unwrap_err();
    assert!(matches!(&error, CredentialsError::NotAKey(named) if *named == file));
    assert_eq!(fs::read(&file).unwrap(), b"hello");
    // A lost key is made anew, and so is its certificate.
    fs::remove_file(&file).unwrap();
    let opened = scratch.open_at(SystemTime::now()).unwrap();
    assert!(is_taken(
        &opened,
        &scratch.file("root.crt"),
        SystemTime::now()
    ));
}

#[test]
fn a_root_with_another_key_and_a_folder_that_cannot_be_are_refused() {
    let scratch = Scratch::new("other");
    scratch.open_at(SystemTime::now()).unwrap();
    fs::copy(scratch.0.join("tls.key"), scratch.0.join("root.key")).unwrap();
    assert!(matches!(
        scratch.open_at(SystemTime::now()),
        Err(CredentialsError::RootWithoutKey(_))
    ));
    let nowhere = Path::new("/proc/telecast");
    assert!(matches!(
        open(nowhere, "x", SystemTime::now()),
        Err(CredentialsError::Write { .. })
    ));
}
