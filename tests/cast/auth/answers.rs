// SPDX-License-Identifier: GPL-3.0-or-later
//! Challenge and answer: the credentials of a receiver against the judgement of a sender, and what goes wrong between.

use prost::Message as _;
use telecast::cast::auth::{
    Assessment, Certificate, Challenge, Credentials, CredentialsError, CrlRule, CrlState, Evidence,
    Fingerprint, Malformation, Origin, Roots, TrustAnchor, Verdict, assess, is_reply,
};
use telecast::cast::channel::message::{CastMessage, Payload};
use telecast::cast::channel::namespace;
use telecast::cast::channel::proto::auth::{
    AuthChallenge, AuthError, AuthResponse, DeviceAuthMessage, HashAlgorithm, SignatureAlgorithm,
    auth_error::ErrorType,
};
use telecast::cast::channel::proto::revocation::TbsCrl;

use crate::certificates::{
    AUDIO_ONLY, Chain, DAY, DEVICE, NOW, TLS, anchor, at, authority, bundle, device, empty_list,
    key, list_root_der, sign_list, tls_certificate, with_policies,
};

/// One connection between a sender and a device.
pub(super) struct Connection {
    pub(super) chain: Chain,
    pub(super) challenge: Challenge,
    pub(super) tls: Vec<u8>,
    pub(super) roots: Roots,
    pub(super) crl_rule: CrlRule,
    pub(super) has_screen: bool,
}

impl Connection {
    pub(super) fn new(chain: Chain, origin: Origin) -> Connection {
        let lists = vec![anchor(&list_root_der(), Origin::Cast)];
        Connection {
            challenge: Challenge::new([0x5a; 16]),
            tls: tls_certificate(NOW - 3600, NOW + 2 * DAY),
            roots: Roots::only(vec![chain.anchor(origin)], lists),
            crl_rule: CrlRule::WhenPresent,
            has_screen: false,
            chain,
        }
    }

    pub(super) fn genuine() -> Connection {
        Connection::new(Chain::usual(), Origin::Cast)
    }

    fn credentials(&self) -> Credentials {
        let Chain {
            leaf,
            intermediates,
            ..
        } = self.chain.clone();
        Credentials::new(leaf, intermediates, key(DEVICE).serialized_der()).unwrap()
    }

    /// What the device answers.
    pub(super) fn answer(&self) -> Vec<u8> {
        let message = self.challenge.message();
        let Payload::Binary(question) = &message.payload else {
            panic!("{message:?}");
        };
        let question = DeviceAuthMessage::decode(question.as_slice()).unwrap();
        let question = question.challenge.unwrap();
        self.credentials().answer(&question, &self.tls)
    }

    fn response(&self) -> AuthResponse {
        let answer = DeviceAuthMessage::decode(self.answer().as_slice()).unwrap();
        answer.response.unwrap()
    }

    pub(super) fn assess_at(&self, answer: &[u8], now: i64) -> Assessment {
        assess(
            answer,
            &Evidence {
                challenge: &self.challenge,
                tls_certificate: &self.tls,
                roots: &self.roots,
                crl_rule: self.crl_rule,
                has_screen: self.has_screen,
                now,
            },
        )
    }

    fn verdict(&self) -> Verdict {
        self.assess_at(&self.answer(), NOW).verdict
    }

    /// Of an answer that somebody changed.
    fn verdict_of(&self, change: impl FnOnce(&mut AuthResponse)) -> Verdict {
        let mut response = self.response();
        change(&mut response);
        self.assess_at(&message(response), NOW).verdict
    }
}

fn message(response: AuthResponse) -> Vec<u8> {
    let message = DeviceAuthMessage {
        response: Some(response),
        ..DeviceAuthMessage::default()
    };
    message.encode_to_vec()
}

#[test]
fn a_certified_device_is_genuine_and_its_key_is_remembered() {
    let connection = Connection::genuine();
    let assessment = connection.assess_at(&connection.answer(), NOW);
    let leaf = Certificate::read(&connection.chain.leaf).unwrap();
    assert_eq!(
        assessment,
        Assessment {
            verdict: Verdict::Genuine { audio_only: false },
            leaf_key: Some(leaf.key().unwrap().fingerprint()),
            common_name: Some(String::from("TESTDEVICE 0123456789AB")),
            crl: CrlState::Absent,
            tls_key: Fingerprint::of_certificate_key(&connection.tls),
        }
    );
    let another = tls_certificate(NOW - 7200, NOW + DAY);
    assert_eq!(
        assessment.tls_key,
        Fingerprint::of_certificate_key(&another),
        "a new certificate with the old key is the same"
    );
}

#[test]
fn a_root_of_the_user_s_makes_a_developer() {
    let connection = Connection::new(Chain::usual(), Origin::User);
    let developer = Verdict::Developer { audio_only: false };
    assert_eq!(connection.verdict(), developer);
    assert!(developer.is_certified());
}

#[test]
fn the_roots_of_cast_do_not_know_a_self_made_device_but_its_key_is_proven() {
    let connection = Connection {
        roots: Roots::cast(),
        ..Connection::genuine()
    };
    let assessment = connection.assess_at(&connection.answer(), NOW);
    assert_eq!(assessment.verdict, Verdict::SelfMade);
    assert!(assessment.leaf_key.is_some());
}

#[test]
fn the_audio_policy_reaches_the_verdict() {
    let chain = Chain::of(&[
        authority("Test Root"),
        with_policies(authority("Test ICA"), &[AUDIO_ONLY]),
        device("Device"),
    ]);
    let connection = Connection::new(chain, Origin::Cast);
    assert_eq!(connection.verdict(), Verdict::Genuine { audio_only: true });
}

#[test]
fn a_certificate_for_sound_alone_does_not_vouch_for_a_device_with_a_screen() {
    for origin in [Origin::Cast, Origin::User] {
        let chain = Chain::of(&[
            authority("Test Root"),
            with_policies(authority("Test ICA"), &[AUDIO_ONLY]),
            device("Device"),
        ]);
        let connection = Connection {
            has_screen: true,
            ..Connection::new(chain, origin)
        };
        let assessment = connection.assess_at(&connection.answer(), NOW);
        assert_eq!(assessment.verdict, Verdict::SoundAlone);
        assert!(!assessment.verdict.is_certified());
        assert!(
            assessment.leaf_key.is_some(),
            "which device it is, it does prove"
        );
    }
    let television = Connection {
        has_screen: true,
        ..Connection::genuine()
    };
    let genuine = Verdict::Genuine { audio_only: false };
    assert_eq!(television.verdict(), genuine);
}

#[test]
fn an_answer_for_another_connection_is_not_for_this_one() {
    let connection = Connection::genuine();
    let answer = connection.answer();
    let other = Connection {
        tls: tls_certificate(NOW - 3600, NOW + DAY),
        ..Connection::genuine()
    };
    let assessment = other.assess_at(&answer, NOW);
    assert_eq!(assessment.verdict, Verdict::WrongTlsCertificate);
    assert_eq!(assessment.leaf_key, None, "nothing is proven");
}

#[test]
fn an_answer_without_this_connection_s_nonce_is_not_fresh() {
    let old = Connection {
        challenge: Challenge::new([1; 16]),
        ..Connection::genuine()
    };
    let connection = Connection::genuine();
    let assessment = connection.assess_at(&old.answer(), NOW);
    assert_eq!(assessment.verdict, Verdict::NotFresh);
    assert_eq!(assessment.leaf_key, None);

    // As old firmware and emulators do: signed without a nonce.
    let nobody = connection
        .credentials()
        .answer(&AuthChallenge::default(), &connection.tls);
    assert_eq!(
        connection.assess_at(&nobody, NOW).verdict,
        Verdict::NotFresh
    );
    // A nonce that is claimed but not signed.
    let claimed = connection.verdict_of(|response| response.sender_nonce = Some(vec![1; 16]));
    assert_eq!(claimed, Verdict::WrongTlsCertificate);
}

#[test]
fn a_chain_that_breaks_a_rule_is_bad() {
    let mut connection = Connection::genuine();
    connection.chain.intermediates[0] = device("Test ICA")
        .signed_by(
            key(1),
            &rcgen::Issuer::from_params(&authority("Test Root"), key(0)),
        )
        .unwrap()
        .der()
        .to_vec();
    let verdict = connection.verdict();
    assert!(matches!(verdict, Verdict::BadChain(_)), "{verdict:?}");
}

#[test]
fn the_certificate_of_the_connection_has_four_days_and_the_clocks_must_agree() {
    let day = |from: i64, to: i64| Connection {
        tls: tls_certificate(from, to),
        ..Connection::genuine()
    };
    let genuine = Verdict::Genuine { audio_only: false };
    for (from, to, expected) in [
        (NOW, NOW + 4 * DAY, genuine),
        (NOW + 1, NOW + DAY, Verdict::ClockWrong),
        (NOW - DAY, NOW - 1, Verdict::ClockWrong),
        (NOW, NOW + 4 * DAY + 1, Verdict::TlsLivesTooLong),
    ] {
        assert_eq!(day(from, to).verdict(), expected, "{from} to {to}");
    }
    let connection = day(NOW - 100 * DAY, NOW + 2 * DAY);
    let early = connection.assess_at(&connection.answer(), NOW - 50 * DAY);
    assert_eq!(early.verdict, Verdict::ClockWrong, "the device is younger");
}

#[test]
fn expired_certificates_are_told_apart() {
    let expired = |name: &str, origin| {
        let mut old = authority(name);
        old.not_after = at(NOW - 1).into();
        let chain = Chain::of(&[authority("Test Root"), old, device("Device")]);
        Connection::new(chain, origin).verdict()
    };
    let audio_only = false;
    let known = |known| Verdict::ExpiredIntermediate { audio_only, known };
    assert_eq!(
        expired("Chromecast ICA 4 (Audio)", Origin::Cast),
        known(true)
    );
    assert_eq!(expired("Cast TV ICA (Maker)", Origin::Cast), known(false));
    assert_eq!(expired("Chromecast ICA 3", Origin::User), Verdict::Expired);
    let mut old = device("Device");
    old.not_after = at(NOW - 1).into();
    let chain = Chain::of(&[authority("Test Root"), authority("Test ICA"), old]);
    assert_eq!(
        Connection::new(chain, Origin::Cast).verdict(),
        Verdict::Expired
    );
}

#[test]
fn the_revocation_list_of_the_answer_is_looked_at() {
    let mut connection = Connection::genuine();
    let leaf = Certificate::read(&connection.chain.leaf).unwrap();
    let revoking = TbsCrl {
        revoked_public_key_hashes: vec![leaf.key().unwrap().fingerprint().0.to_vec()],
        ..empty_list()
    };
    let with = |connection: &Connection, bundle: Vec<u8>| {
        let mut response = connection.response();
        response.crl = Some(bundle);
        let assessment = connection.assess_at(&message(response), NOW);
        (assessment.verdict, assessment.crl)
    };
    let genuine = Verdict::Genuine { audio_only: false };
    let good = bundle(vec![sign_list(&empty_list())]);
    let bad = bundle(vec![sign_list(&revoking)]);
    assert_eq!(
        with(&connection, good.clone()),
        (genuine, CrlState::Checked)
    );
    assert_eq!(
        with(&connection, bad.clone()),
        (Verdict::Revoked, CrlState::Checked)
    );
    let (verdict, state) = with(&connection, vec![0xff; 9]);
    assert_eq!(verdict, genuine, "a revoked device could leave it out");
    assert!(matches!(state, CrlState::Unusable(_)), "{state:?}");

    connection.crl_rule = CrlRule::Required;
    assert_eq!(with(&connection, good).0, genuine);
    assert_eq!(with(&connection, bad).0, Verdict::Revoked);
    assert_eq!(connection.verdict(), Verdict::RevocationUnknown);
    assert_eq!(
        with(&connection, vec![0xff; 9]).0,
        Verdict::RevocationUnknown
    );
}

#[test]
fn a_device_without_credentials_says_so() {
    let connection = Connection::genuine();
    let error = DeviceAuthMessage {
        error: Some(AuthError {
            error_type: Some(ErrorType::InternalError.into()),
        }),
        ..DeviceAuthMessage::default()
    };
    let assessment = connection.assess_at(&error.encode_to_vec(), NOW);
    assert_eq!(assessment.verdict, Verdict::Declined);
    assert_eq!(assessment.leaf_key, None);
}

#[test]
fn an_answer_that_cannot_be_understood_is_told_as_such() {
    let connection = Connection::genuine();
    let verdict = |bytes: &[u8]| connection.assess_at(bytes, NOW).verdict;
    let malformed = Verdict::Malformed;
    assert_eq!(verdict(&[]), malformed(Malformation::Message));
    assert_eq!(verdict(&[0xff; 30]), malformed(Malformation::Message));
    assert_eq!(verdict(&[0x7a, 0]), malformed(Malformation::Empty));
    assert_eq!(
        connection.verdict_of(|response| response.signature = Some(Vec::new())),
        malformed(Malformation::NoSignature)
    );
    assert_eq!(
        connection.verdict_of(|response| {
            response.signature_algorithm = Some(SignatureAlgorithm::RsassaPss.into());
        }),
        malformed(Malformation::Algorithm)
    );
    assert_eq!(
        connection.verdict_of(|response| response.hash_algorithm = Some(9)),
        malformed(Malformation::Algorithm)
    );
    assert_eq!(
        connection.verdict_of(|response| {
            let one = response.intermediate_certificate[0].clone();
            response.intermediate_certificate = vec![one; 9];
        }),
        malformed(Malformation::TooMany)
    );
    let certificate = connection.verdict_of(|response| response.client_auth_certificate = None);
    assert!(
        matches!(
            certificate,
            Verdict::Malformed(Malformation::Certificate(_))
        ),
        "{certificate:?}"
    );
}

#[test]
fn a_signature_with_another_hash_than_it_says_does_not_count() {
    let connection = Connection::genuine();
    let verdict = connection
        .verdict_of(|response| response.hash_algorithm = Some(HashAlgorithm::Sha1.into()));
    assert_eq!(verdict, Verdict::WrongTlsCertificate);
}

#[test]
fn a_challenge_is_what_devices_expect() {
    let message = Challenge::new([7; 16]).message();
    assert_eq!(
        (message.source.as_str(), message.destination.as_str()),
        ("sender-0", "receiver-0")
    );
    assert_eq!(message.namespace, namespace::DEVICE_AUTH);
    // challenge { sender_nonce: 16 bytes, hash_algorithm: SHA256 }
    let expected = [&[0x0a, 20, 0x12, 16][..], &[7; 16], &[0x18, 1]].concat();
    assert_eq!(message.payload, Payload::Binary(expected));
}

#[test]
fn an_answer_is_told_by_its_namespace() {
    let reply = |namespace: &str, payload| CastMessage {
        payload,
        ..CastMessage::text("receiver-0", "sender-0", namespace, "")
    };
    let bytes = || Payload::Binary(vec![1]);
    assert_eq!(
        is_reply(&reply(namespace::DEVICE_AUTH, bytes())),
        Some(&[1][..])
    );
    let text = Payload::Text(String::from("{}"));
    assert_eq!(
        is_reply(&reply(namespace::DEVICE_AUTH, text)),
        Some(&[][..])
    );
    assert_eq!(is_reply(&reply("urn:x-cast:other", bytes())), None);
}

#[test]
fn credentials_answer_with_sha_256_also_when_nothing_was_said_and_echo_the_nonce_only_then() {
    let connection = Connection::genuine();
    let credentials = connection.credentials();
    let answer = |challenge: &AuthChallenge| {
        let answer = credentials.answer(challenge, &connection.tls);
        DeviceAuthMessage::decode(answer.as_slice()).unwrap()
    };
    let without = answer(&AuthChallenge::default()).response.unwrap();
    assert_eq!(without.sender_nonce, None);
    assert_eq!(without.hash_algorithm(), HashAlgorithm::Sha256);
    assert_eq!(without.client_auth_certificate(), connection.chain.leaf);
    assert_eq!(
        without.intermediate_certificate,
        connection.chain.intermediates
    );
    let long = answer(&AuthChallenge {
        sender_nonce: Some(vec![1; 5000]),
        ..AuthChallenge::default()
    });
    assert_eq!(
        long.error.unwrap().error_type(),
        ErrorType::InternalError,
        "nobody has such a nonce"
    );
}

#[test]
fn credentials_must_fit_each_other() {
    let Chain {
        leaf,
        intermediates,
        ..
    } = Chain::usual();
    let made = |leaf: &[u8], intermediates: &[Vec<u8>], secret: &[u8]| {
        Credentials::new(leaf.to_vec(), intermediates.to_vec(), secret).unwrap_err()
    };
    let secret = key(DEVICE).serialized_der();
    let other = key(TLS).serialized_der();
    assert_eq!(
        made(&leaf, &intermediates, other),
        CredentialsError::OtherKey
    );
    assert_eq!(
        made(&leaf, &intermediates, b"no key"),
        CredentialsError::Key
    );
    assert!(matches!(
        made(b"no certificate", &intermediates, secret),
        CredentialsError::Certificate(_)
    ));
    assert_eq!(
        made(&leaf, &vec![intermediates[0].clone(); 9], secret),
        CredentialsError::TooMany(9)
    );
    let shown = format!(
        "{:?}",
        Credentials::new(leaf, intermediates, secret).unwrap()
    );
    assert_eq!(shown, "Credentials(2 certificates)");
}

#[test]
fn a_root_must_be_an_authority() {
    let leaf = Certificate::read(&Chain::usual().leaf).unwrap();
    assert!(TrustAnchor::of(&leaf, Origin::User).is_err());
}
