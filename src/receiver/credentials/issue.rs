// SPDX-License-Identifier: GPL-3.0-or-later
//! Issuing the certificates of a developer's device: keys in, certificates out. Their shape is Open Screen's
//! (`static_credentials.cc`).

use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SerialNumber,
};
use rustls::pki_types::CertificateDer;

/// How long they are valid. Senders do not limit it, and a new root would have to be given to them again.
const LIFETIME: Duration = Duration::from_hours(10 * 365 * 24);
/// How far back: the clocks of senders differ.
const BACKDATED: Duration = Duration::from_hours(24);

pub(super) fn root(key: &KeyPair, now: SystemTime) -> Result<Certificate, rcgen::Error> {
    authority("Telecast Developer Root", now).self_signed(key)
}

pub(super) fn intermediate(
    root: &[u8],
    root_key: KeyPair,
    key: &KeyPair,
    now: SystemTime,
) -> Result<Certificate, rcgen::Error> {
    let issuer = Issuer::from_ca_cert_der(&CertificateDer::from(root), root_key)?;
    authority("Telecast Developer Intermediate", now).signed_by(key, &issuer)
}

pub(super) fn device(
    intermediate: &Certificate,
    intermediate_key: KeyPair,
    key: &KeyPair,
    common_name: &str,
    now: SystemTime,
) -> Result<Certificate, rcgen::Error> {
    let issuer = Issuer::from_ca_cert_der(intermediate.der(), intermediate_key)?;
    certificate(common_name, now).signed_by(key, &issuer)
}

fn certificate(common_name: &str, now: SystemTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.not_before = (now - BACKDATED).into();
    params.not_after = (now + LIFETIME).into();
    // Of 63 bits: revocation lists cannot name longer ones.
    params.serial_number = Some(SerialNumber::from(rand::random::<u64>() >> 1));
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params
}

fn authority(common_name: &str, now: SystemTime) -> CertificateParams {
    let mut params = certificate(common_name, now);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages.push(KeyUsagePurpose::KeyCertSign);
    params
}
