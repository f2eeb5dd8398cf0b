// SPDX-License-Identifier: GPL-3.0-or-later
//! Certificates, answers and revocation lists of others: real devices and the Open Screen library. They are not in the
//! repository; where their folder is not named, these tests are recorded as skipped.

use prost::Message as _;
use serde_json::Value;
use telecast::cast::auth::path::{DateFault, Path, PathError};
use telecast::cast::auth::revocation::{Consulted, Revocation, consult};
use telecast::cast::auth::{
    Certificate, Challenge, Crl, CrlRule, CrlState, Evidence, Fingerprint, Origin, Roots,
    SignatureHash, TrustAnchor, Verdict, assess,
};
use telecast::cast::channel::message::{CastMessage, Payload};
use telecast::cast::channel::proto::auth::{AuthResponse, DeviceAuthMessage};

use crate::certificates::anchor;
use crate::skipping::extra_vectors;
use crate::support::{bytes, cases};

/// A file of the folder, if that is named.
#[track_caller]
fn vectors(name: &str) -> Option<Value> {
    let folder = extra_vectors()?;
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

fn base64(value: &Value) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = value.as_str().unwrap().trim_end_matches('=').as_bytes();
    let (mut decoded, mut held, mut count) = (Vec::new(), 0_u32, 0);
    for letter in text {
        let six = ALPHABET.iter().position(|known| known == letter).unwrap();
        held = held << 6 | six as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            decoded.push((held >> count) as u8);
        }
    }
    decoded
}

/// `2016-04-01T00:00:00Z`, or the day alone.
fn unix(text: &str) -> i64 {
    let number = |range: std::ops::Range<usize>| -> i64 {
        text.get(range).map_or(0, |digits| digits.parse().unwrap())
    };
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    // Days since 1970, counting years from March.
    let year = if month <= 2 { year - 1 } else { year };
    let in_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = 365 * year + year / 4 - year / 100 + year / 400 + in_year - 719_468;
    days * 86_400 + number(11..13) * 3600 + number(14..16) * 60 + number(17..19)
}

fn read(value: &Value) -> Certificate {
    Certificate::read(&base64(value)).unwrap()
}

/// The library's number for the outcome of a search.
fn error_code(found: &Result<Path<'_>, PathError>) -> Option<u64> {
    Some(match found {
        Ok(path) if path.dates().is_ok() => return None,
        Err(PathError::LeafUsage) => 51,
        Ok(_) => 52,
        Err(PathError::Untrusted) => 54,
        Err(PathError::PathLength) => 57,
        Err(_) => 53,
    })
}

#[test]
fn the_built_in_roots_are_the_published_certificates() {
    let Some(file) = vectors("certificates.json") else {
        return;
    };
    let mut ours: Vec<Fingerprint> = Vec::new();
    for case in cases(&file, "trust_anchors") {
        let certificate = read(&case["der"]);
        assert_eq!(
            certificate.key().unwrap().fingerprint().to_string(),
            case["spki_sha256"].as_str().unwrap()
        );
        let theirs = TrustAnchor::of(&certificate, Origin::Cast).unwrap();
        ours.push(theirs.fingerprint());
        // It adds nothing: the same key is there already, or belongs to lists.
        let mut roots = Roots::cast();
        roots.add_user(&base64(&case["der"])).unwrap();
        let is_of_devices = case["use"] == "device";
        assert_eq!(roots == Roots::cast(), is_of_devices);
    }
    assert_eq!(ours.len(), 3);
}

#[test]
fn chains_are_judged_as_the_library_does() {
    let Some(file) = vectors("certificates.json") else {
        return;
    };
    for case in cases(&file, "chains") {
        let chain = cases(case, "chain");
        let leaf = read(&chain[0]["der"]);
        let between: Vec<_> = chain[1..].iter().map(|link| read(&link["der"])).collect();
        let roots = if case["anchor"] == "builtin" {
            Roots::cast()
        } else {
            let der = base64(&case["anchor_certificate"]["der"]);
            Roots::only(vec![anchor(&der, Origin::Cast)], Vec::new())
        };
        let now = unix(case["time"].as_str().unwrap());
        let found = Path::find(&leaf, &between, &roots, now);
        let what = format!("{} ({}): {found:?}", case["file"], case["note"]);
        assert_eq!(error_code(&found), case["error_code"].as_u64(), "{what}");
        assert_eq!(case["verdict"] == "ok", case["error_code"].is_null());
        if case["verdict"] == "ok" {
            let audio_only = case["policy"] == "audio_only";
            assert_eq!(found.unwrap().is_audio_only(), audio_only, "{what}");
            assert_eq!(leaf.common_name(), case["common_name"].as_str(), "{what}");
        }
    }
}

#[test]
fn chromecast_2_and_audio_are_the_known_expired_ones() {
    let Some(file) = vectors("certificates.json") else {
        return;
    };
    let dates = |name: &str, now| {
        let all = cases(&file, "chains");
        let case = all.iter().find(|case| {
            let path = case["file"].as_str().unwrap();
            path.ends_with(name)
        });
        let chain = cases(case.unwrap(), "chain");
        let leaf = read(&chain[0]["der"]);
        let between: Vec<_> = chain[1..].iter().map(|link| read(&link["der"])).collect();
        Path::find(&leaf, &between, &Roots::cast(), now)
            .unwrap()
            .dates()
    };
    let (before, after) = (unix("2025-03-09T16:00:00Z"), unix("2025-03-10T00:00:00Z"));
    let known = Err(DateFault::IntermediateExpired { known: true });
    for name in ["chromecast_gen2.pem", "chromecast_audio.pem"] {
        assert_eq!(dates(name, before), Ok(()), "{name}");
        assert_eq!(dates(name, after), known, "{name}");
    }
    // Not the maker's, but the device's own.
    let leaf = Err(DateFault::LeafExpired);
    assert_eq!(dates("vizio.pem", unix("2025-05-01T00:00:00Z")), leaf);
    assert_eq!(dates("chromecast_gen1.pem", after), Ok(()));
}

#[test]
fn signatures_of_real_devices_verify() {
    let Some(file) = vectors("certificates.json") else {
        return;
    };
    for case in cases(&file, "signatures") {
        let leaf = read(&case["leaf_der"]);
        let message = base64(&case["message"]);
        for (hash, field) in [
            (SignatureHash::Sha1, "signature_sha1"),
            (SignatureHash::Sha256, "signature_sha256"),
        ] {
            let signature = base64(&case[field]);
            let key = leaf.key().unwrap();
            assert!(key.verifies(hash, &message, &signature), "{}", case["file"]);
            assert!(!key.verifies(hash, b"other", &signature));
        }
    }
}

/// The recorded exchange: who asked, what was answered, on which connection.
struct Exchange {
    challenge: Challenge,
    answer: Vec<u8>,
    tls: Vec<u8>,
    intermediate: Vec<u8>,
    leaf: Vec<u8>,
    now: i64,
}

impl Exchange {
    fn read(file: &Value) -> Exchange {
        let exchange = &file["exchange"];
        let response = &exchange["response"];
        let nonce = bytes(&exchange["challenge"], "sender_nonce");
        Exchange {
            challenge: Challenge::new(nonce.try_into().unwrap()),
            answer: whole(&base64(&response["message"])),
            tls: base64(&exchange["tls_certificate"]["der"]),
            intermediate: base64(&response["intermediate_certificates"][0]["der"]),
            leaf: base64(&response["client_auth_certificate"]["der"]),
            now: unix(
                exchange["verification_time_used_by_tests"]
                    .as_str()
                    .unwrap(),
            ),
        }
    }

    /// Its root is not known, so its intermediate is believed.
    fn roots(&self, lists: Vec<TrustAnchor>) -> Roots {
        Roots::only(vec![anchor(&self.intermediate, Origin::User)], lists)
    }

    fn assess(&self, answer: &[u8], roots: &Roots) -> Verdict {
        let evidence = Evidence {
            challenge: &self.challenge,
            tls_certificate: &self.tls,
            roots,
            crl_rule: CrlRule::WhenPresent,
            has_screen: false,
            now: self.now,
        };
        assess(answer, &evidence).verdict
    }
}

/// The response alone was recorded; it travels in a message.
fn whole(response: &[u8]) -> Vec<u8> {
    let message = DeviceAuthMessage {
        response: Some(AuthResponse::decode(response).unwrap()),
        ..DeviceAuthMessage::default()
    };
    message.encode_to_vec()
}

#[test]
fn a_recorded_challenge_and_its_answer_are_understood() {
    let Some(file) = vectors("device_auth.json") else {
        return;
    };
    let exchange = Exchange::read(&file);
    let challenge = &file["exchange"]["challenge"];
    let recorded = bytes(challenge, "payload");
    let question = DeviceAuthMessage::decode(recorded.as_slice()).unwrap();
    assert_eq!(
        question.challenge.unwrap().sender_nonce(),
        exchange.challenge.nonce()
    );
    let ours = exchange.challenge.message();
    assert_eq!(ours.payload, Payload::Binary(recorded));
    let whole = bytes(challenge, "cast_message");
    assert_eq!(CastMessage::decode(&whole).unwrap(), ours);

    let roots = exchange.roots(Vec::new());
    let developer = Verdict::Developer { audio_only: false };
    assert_eq!(exchange.assess(&exchange.answer, &roots), developer);
    assert_eq!(
        exchange.assess(&exchange.answer, &Roots::cast()),
        Verdict::SelfMade
    );
    let another = Exchange {
        challenge: Challenge::new([0; 16]),
        ..Exchange::read(&file)
    };
    assert_eq!(another.assess(&another.answer, &roots), Verdict::NotFresh);
}

#[test]
fn lifetimes_of_connection_certificates_are_judged_as_the_library_does() {
    use telecast::cast::auth::Lifetime;
    let Some(file) = vectors("device_auth.json") else {
        return;
    };
    let now = 1_700_000_000;
    for case in cases(&file, "tls_lifetime") {
        let field = |name: &str| case[name].as_i64().unwrap();
        let lifetime = Lifetime::of(
            now - field("now_minus_not_before_s"),
            now + field("not_after_minus_now_s"),
            now,
        );
        let expected = match case["verdict"].as_str().unwrap() {
            "ok" => Lifetime::Good,
            "start_in_future" => Lifetime::NotYet,
            "expired" => Lifetime::Over,
            "too_long" => Lifetime::TooLong,
            other => panic!("{other}"),
        };
        assert_eq!(lifetime, expected, "{case}");
    }
}

#[test]
fn the_lists_beside_the_recorded_exchange_are_judged() {
    let Some(file) = vectors("device_auth.json") else {
        return;
    };
    let exchange = Exchange::read(&file);
    let crl_root = anchor(&base64(&file["crl_root"]["der"]), Origin::Cast);
    let roots = exchange.roots(vec![crl_root]);
    let leaf = Certificate::read(&exchange.leaf).unwrap();
    let path = Path::find(&leaf, &[], &roots, exchange.now).unwrap();
    for case in cases(&file, "crls") {
        let bundle = base64(&case["bundle"]);
        let name = case["file"].as_str().unwrap().rsplit('/').next().unwrap();
        let consulted = consult(&path, &bundle, &roots, CrlRule::Required, exchange.now);
        let unusable = matches!(consulted, Consulted::Unknown(CrlState::Unusable(_)));
        match name {
            // The last one is about the intermediate's own issuer, which the exchange does not show.
            "good_crl.pb" | "issuer_serial_revoked_crl.pb" => {
                assert_eq!(consulted, Consulted::Passed(CrlState::Checked), "{name}");
            }
            "issuer_revoked_crl.pb" | "device_revoked_crl.pb" => {
                assert_eq!(consulted, Consulted::Revoked(Revocation::Key), "{name}");
            }
            "device_serial_revoked_crl.pb" => {
                assert_eq!(consulted, Consulted::Revoked(Revocation::Serial));
            }
            "invalid_time_crl.pb" | "bad_signer_cert_crl.pb" | "bad_signature_crl.pb" => {
                assert!(unusable, "{name}: {consulted:?}");
            }
            other => panic!("{other}"),
        }
    }
}

/// What a case of the suite says, by one rule.
#[derive(Debug, PartialEq)]
enum Outcome {
    Good,
    BadPath,
    BadList,
    Revoked,
    NoList,
}

fn run(case: &Value, file: &Value, rule: CrlRule) -> Outcome {
    let roots = if case["use_test_anchors"].as_bool().unwrap() {
        let root = |name: &str| vec![anchor(&base64(&file[name]["der"]), Origin::Cast)];
        Roots::only(root("test_device_root"), root("test_crl_root"))
    } else {
        Roots::cast()
    };
    let bundle = case.get("crl_bundle").map(base64).unwrap_or_default();
    let time = |field: &str| case[field].as_i64().filter(|time| *time != 0);
    let cert_time = time("cert_time");
    let crl_time = time("crl_time").or(cert_time).unwrap();

    let certificates: Vec<_> = case["path"].as_array().unwrap().iter().map(read).collect();
    let Some((leaf, between)) = certificates.split_first() else {
        return match Crl::read(&bundle, &roots, crl_time) {
            Ok(_) => Outcome::Good,
            Err(_) => Outcome::BadList,
        };
    };
    let now = cert_time.unwrap();
    let path = match Path::find(leaf, between, &roots, now) {
        Ok(path) if path.dates().is_ok() => path,
        _ => return Outcome::BadPath,
    };
    if crl_time != now {
        let list = Crl::read(&bundle, &roots, crl_time).unwrap();
        return match list.check(&path, now) {
            Ok(()) => Outcome::Good,
            Err(_) => Outcome::Revoked,
        };
    }
    match consult(&path, &bundle, &roots, rule, now) {
        Consulted::Passed(_) => Outcome::Good,
        Consulted::Revoked(_) => Outcome::Revoked,
        Consulted::Unknown(_) => Outcome::NoList,
    }
}

#[test]
fn the_suite_of_revocation_lists_is_passed_in_both_modes() {
    let Some(file) = vectors("crl_suite.json") else {
        return;
    };
    for (at, case) in cases(&file, "cases").iter().enumerate() {
        let has_list = case.get("crl_bundle").is_some();
        let (present, required) = match case["expected"].as_str().unwrap() {
            "SUCCESS" if has_list => (Outcome::Good, Outcome::Good),
            "SUCCESS" | "REVOCATION_CHECK_FAILED_WITHOUT_CRL" => (Outcome::Good, Outcome::NoList),
            "PATH_VERIFICATION_FAILED" => (Outcome::BadPath, Outcome::BadPath),
            "CRL_VERIFICATION_FAILED" => (Outcome::BadList, Outcome::BadList),
            "REVOCATION_CHECK_FAILED" | "CRL_EXPIRED_AFTER_INITIAL_VERIFICATION" => {
                (Outcome::Revoked, Outcome::Revoked)
            }
            other => panic!("{other}"),
        };
        let expected = &case["expected"];
        let ran = run(case, &file, CrlRule::WhenPresent);
        assert_eq!(ran, present, "case {at}, {expected}, when present");
        let ran = run(case, &file, CrlRule::Required);
        assert_eq!(ran, required, "case {at}, {expected}, required");
    }
}
