// SPDX-License-Identifier: GPL-3.0-or-later
//! What holds for every answer, however it was damaged.

use std::sync::LazyLock;

use proptest::prelude::*;
use telecast::cast::auth::{Certificate, Crl, Origin, Roots, Verdict};

use super::answers::Connection;
use crate::certificates::{Chain, NOW, anchor, bundle, empty_list, list_root_der, sign_list};

static CONNECTION: LazyLock<Connection> = LazyLock::new(Connection::genuine);
static ANSWER: LazyLock<Vec<u8>> = LazyLock::new(|| CONNECTION.answer());
static CERTIFICATE: LazyLock<Vec<u8>> = LazyLock::new(|| Chain::usual().leaf);
static LIST: LazyLock<Vec<u8>> = LazyLock::new(|| bundle(vec![sign_list(&empty_list())]));

/// How bytes are damaged.
#[derive(Debug, Clone)]
enum Damage {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, usize),
}

impl Damage {
    fn to(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Damage::Flip(at, bits) => {
                let at = at.index(bytes.len());
                bytes[at] ^= bits;
            }
            Damage::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Damage::Insert(at, more) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, more.iter().copied());
            }
            Damage::Remove(at, length) => {
                let at = at.index(bytes.len());
                let end = (at + length).min(bytes.len());
                bytes.drain(at..end);
            }
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = || any::<prop::sample::Index>();
    prop_oneof![
        4 => (place(), 1..=255u8).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        1 => place().prop_map(Damage::Cut),
        1 => (place(), prop::collection::vec(any::<u8>(), 1..8))
            .prop_map(|(at, more)| Damage::Insert(at, more)),
        1 => (place(), 1..64usize).prop_map(|(at, length)| Damage::Remove(at, length)),
    ]
}

fn damaged(bytes: &[u8], damages: &[Damage]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for damage in damages {
        damage.to(&mut bytes);
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// A damaged answer may still say the same (a byte of a field that nobody knows); but it never says more than the
    /// chain and the signatures in it.
    #[test]
    fn a_damaged_answer_never_panics_and_never_becomes_genuine(
        damages in prop::collection::vec(damage(), 1..4)
    ) {
        let bytes = damaged(&ANSWER, &damages);
        let assessment = CONNECTION.assess_at(&bytes, NOW);
        let stranger = Connection { roots: Roots::cast(), ..Connection::genuine() };
        prop_assert!(!stranger.assess_at(&bytes, NOW).verdict.is_certified());
        if assessment.verdict.is_certified() {
            // Only when all that counts is unharmed.
            prop_assert_eq!(assessment, CONNECTION.assess_at(&ANSWER, NOW));
        }
    }

    #[test]
    fn any_bytes_at_all_are_no_proof(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let assessment = CONNECTION.assess_at(&bytes, NOW);
        prop_assert!(!assessment.verdict.is_certified());
        prop_assert_eq!(assessment.leaf_key, None);
    }

    #[test]
    fn a_damaged_certificate_is_read_without_panic_and_is_never_certified(
        damages in prop::collection::vec(damage(), 1..4)
    ) {
        let bytes = damaged(&CERTIFICATE, &damages);
        if bytes != *CERTIFICATE {
            let mut connection = Connection::genuine();
            if Certificate::read(&bytes).is_ok() {
                connection.chain.intermediates.push(bytes);
            }
            let verdict = connection.assess_at(&ANSWER, NOW).verdict;
            prop_assert_eq!(verdict, Verdict::Genuine { audio_only: false });
        }
    }

    #[test]
    fn a_damaged_list_is_read_without_panic(damages in prop::collection::vec(damage(), 1..4)) {
        let bytes = damaged(&LIST, &damages);
        let roots = Roots::only(Vec::new(), vec![anchor(&list_root_der(), Origin::Cast)]);
        if let Ok(list) = Crl::read(&bytes, &roots, NOW) {
            prop_assert_eq!(list, Crl::read(&LIST, &roots, NOW).unwrap());
        }
    }
}
