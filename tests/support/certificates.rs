// SPDX-License-Identifier: GPL-3.0-or-later
//! Certificates and revocation lists that the tests make themselves: chains in the style of Cast, good and bad ones.

#![allow(
    dead_code,
    reason = "not every binary that includes this uses all of it"
)]

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use prost::Message as _;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize, SerialNumber, SigningKey as _,
};
use telecast::cast::auth::{Certificate, Origin, TrustAnchor};
use telecast::cast::channel::proto::revocation::{Crl, CrlBundle, TbsCrl};

/// When everything here is valid: in January 2027.
pub const NOW: i64 = 1_800_000_000;
/// A day.
pub const DAY: i64 = 86_400;

/// The keys: authorities from the root down, then the special ones. Making one takes a tenth of a second.
static KEYS: LazyLock<Vec<KeyPair>> = LazyLock::new(|| {
    (0..=TLS)
        .map(|_| KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap())
        .collect()
});
/// The key of the root; intermediates follow.
pub const ROOT: usize = 0;
/// The key of whoever signs revocation lists.
pub const LIST: usize = 4;
/// The key of the root of those.
pub const LIST_ROOT: usize = 5;
/// The key of the device.
pub const DEVICE: usize = 6;
/// The key of the connection.
pub const TLS: usize = 7;

/// One of the keys.
pub fn key(which: usize) -> &'static KeyPair {
    &KEYS[which]
}

/// A point in time for a certificate.
pub fn at(seconds: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap())
}

/// A name with nothing but a common name.
pub fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

fn certificate(common_name: &str, serial: u64) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(common_name);
    params.not_before = at(NOW - DAY).into();
    params.not_after = at(NOW + 1000 * DAY).into();
    params.serial_number = Some(SerialNumber::from(serial));
    params
}

/// A root or an intermediate.
pub fn authority(common_name: &str) -> CertificateParams {
    let mut params = certificate(common_name, 100);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

/// A device.
pub fn device(common_name: &str) -> CertificateParams {
    let mut params = certificate(common_name, 200);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params
}

/// Adds certificate policies, by the DER of their object identifiers.
pub fn with_policies(mut params: CertificateParams, oids: &[&[u8]]) -> CertificateParams {
    let listed = oids.iter().map(|oid| der(0x30, &der(0x06, oid)));
    let content = der(0x30, &listed.collect::<Vec<_>>().concat());
    params
        .custom_extensions
        .push(CustomExtension::from_oid_content(&[2, 5, 29, 32], content));
    params
}

/// The policy of devices for sound alone.
pub const AUDIO_ONLY: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x05, 0x02];
/// Any policy.
pub const ANY_POLICY: &[u8] = &[0x55, 0x1d, 0x20, 0x00];

/// A DER element of less than 128 bytes.
pub fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    assert!(content.len() < 128);
    [&[tag, content.len() as u8], content].concat()
}

/// A chain: the device's certificate, those in between, and the root. All DER.
#[derive(Debug, Clone)]
pub struct Chain {
    /// The device's.
    pub leaf: Vec<u8>,
    /// Its issuer first.
    pub intermediates: Vec<Vec<u8>>,
    /// The root's.
    pub root: Vec<u8>,
}

impl Chain {
    /// Issues one after the other; the root first, the device last.
    pub fn of(links: &[CertificateParams]) -> Chain {
        let last = links.len() - 1;
        assert!((1..LIST).contains(&last));
        let key_of = |at: usize| key(if at == last { DEVICE } else { at });
        let mut made: Vec<Vec<u8>> = Vec::new();
        for (at, params) in links.iter().enumerate() {
            let made_now = if at == ROOT {
                params.self_signed(key(ROOT)).unwrap()
            } else {
                let issuer = Issuer::from_params(&links[at - 1], key_of(at - 1));
                params.signed_by(key_of(at), &issuer).unwrap()
            };
            made.push(made_now.der().to_vec());
        }
        let leaf = made.pop().unwrap();
        let root = made.remove(0);
        made.reverse();
        Chain {
            leaf,
            intermediates: made,
            root,
        }
    }

    /// As Cast has it: a root, an intermediate, a device.
    pub fn usual() -> Chain {
        Chain::of(&[
            authority("Test Root"),
            authority("Test ICA"),
            device("TESTDEVICE 0123456789AB"),
        ])
    }

    /// Its root, to be believed.
    pub fn anchor(&self, origin: Origin) -> TrustAnchor {
        anchor(&self.root, origin)
    }
}

/// A certificate as a root.
pub fn anchor(der: &[u8], origin: Origin) -> TrustAnchor {
    TrustAnchor::of(&Certificate::read(der).unwrap(), origin).unwrap()
}

/// The certificate of a connection, valid between these two.
pub fn tls_certificate(not_before: i64, not_after: i64) -> Vec<u8> {
    let mut params = certificate("Test TLS", 1);
    params.not_before = at(not_before).into();
    params.not_after = at(not_after).into();
    params.self_signed(key(TLS)).unwrap().der().to_vec()
}

/// The root of revocation lists.
pub fn list_root() -> CertificateParams {
    authority("Test List Root")
}

/// The certificate of the root of revocation lists.
pub fn list_root_der() -> Vec<u8> {
    list_root()
        .self_signed(key(LIST_ROOT))
        .unwrap()
        .der()
        .to_vec()
}

/// A list that revokes nothing, valid for a day before and after.
pub fn empty_list() -> TbsCrl {
    TbsCrl {
        version: Some(0),
        not_before_seconds: Some((NOW - DAY) as u64),
        not_after_seconds: Some((NOW + DAY) as u64),
        ..TbsCrl::default()
    }
}

/// A list, signed by somebody whom the root of lists has certified.
pub fn sign_list(list: &TbsCrl) -> Crl {
    let issuer = list_root();
    let issuer = Issuer::from_params(&issuer, key(LIST_ROOT));
    let signer = device("Test List Signer")
        .signed_by(key(LIST), &issuer)
        .unwrap();
    let content = list.encode_to_vec();
    Crl {
        signature: Some(key(LIST).sign(&content).unwrap()),
        tbs_crl: Some(content),
        signer_cert: Some(signer.der().to_vec()),
    }
}

/// A bundle of these lists.
pub fn bundle(crls: Vec<Crl>) -> Vec<u8> {
    CrlBundle { crls }.encode_to_vec()
}
