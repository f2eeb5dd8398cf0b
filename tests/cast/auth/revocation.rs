// SPDX-License-Identifier: GPL-3.0-or-later
//! Revocation lists.

use telecast::cast::auth::path::Path;
use telecast::cast::auth::revocation::{Consulted, Revocation, consult};
use telecast::cast::auth::{Certificate, Crl, CrlError, CrlRule, CrlState, Origin, Roots};
use telecast::cast::channel::proto::revocation::{SerialNumberRange, TbsCrl};

use crate::certificates::{
    Chain, DAY, DEVICE, LIST, NOW, anchor, bundle, empty_list, key, list_root_der, sign_list,
};

struct Ground {
    chain: Chain,
    roots: Roots,
}

impl Ground {
    fn new() -> Ground {
        let chain = Chain::usual();
        let lists = vec![anchor(&list_root_der(), Origin::Cast)];
        let roots = Roots::only(vec![chain.anchor(Origin::Cast)], lists);
        Ground { chain, roots }
    }

    /// The fingerprints of the keys: device, intermediate, root.
    fn keys(&self) -> [Vec<u8>; 3] {
        let Chain {
            leaf,
            intermediates,
            root,
        } = &self.chain;
        [leaf, &intermediates[0], root].map(|der| {
            let read = Certificate::read(der).unwrap();
            read.key().unwrap().fingerprint().0.to_vec()
        })
    }

    fn consult_at(&self, bundle: &[u8], rule: CrlRule, now: i64) -> Consulted {
        let leaf = Certificate::read(&self.chain.leaf).unwrap();
        let intermediates = [Certificate::read(&self.chain.intermediates[0]).unwrap()];
        let path = Path::find(&leaf, &intermediates, &self.roots, now).unwrap();
        consult(&path, bundle, &self.roots, rule, now)
    }

    /// By both rules, which must agree on a good list.
    fn consult(&self, list: &TbsCrl) -> Consulted {
        let bundle = bundle(vec![sign_list(list)]);
        let present = self.consult_at(&bundle, CrlRule::WhenPresent, NOW);
        assert_eq!(self.consult_at(&bundle, CrlRule::Required, NOW), present);
        present
    }

    /// A bundle that is of no use, by both rules.
    fn unusable(&self, bundle: &[u8]) -> CrlError {
        let required = self.consult_at(bundle, CrlRule::Required, NOW);
        let Consulted::Unknown(CrlState::Unusable(error)) = required else {
            panic!("{required:?}");
        };
        assert_eq!(
            self.consult_at(bundle, CrlRule::WhenPresent, NOW),
            Consulted::Passed(CrlState::Unusable(error))
        );
        error
    }
}

fn range(issuer: &[u8], first: u64, last: u64) -> SerialNumberRange {
    SerialNumberRange {
        issuer_public_key_hash: Some(issuer.to_vec()),
        first_serial_number: Some(first),
        last_serial_number: Some(last),
    }
}

#[test]
fn a_list_that_names_others_lets_pass() {
    let ground = Ground::new();
    let passed = Consulted::Passed(CrlState::Checked);
    assert_eq!(ground.consult(&empty_list()), passed);
    let [_, intermediate, root] = ground.keys();
    let list = TbsCrl {
        revoked_public_key_hashes: vec![vec![7; 32], Vec::new()],
        revoked_serial_number_ranges: vec![
            // The device has 200 from the intermediate, the intermediate has 100 from the root.
            range(&intermediate, 0, 199),
            range(&intermediate, 201, u64::MAX),
            range(&root, 200, 200),
        ],
        ..empty_list()
    };
    assert_eq!(ground.consult(&list), passed);
}

#[test]
fn each_key_of_the_chain_can_be_revoked_and_so_can_the_root_s() {
    let ground = Ground::new();
    for revoked in ground.keys() {
        let list = TbsCrl {
            revoked_public_key_hashes: vec![vec![7; 32], revoked],
            ..empty_list()
        };
        assert_eq!(ground.consult(&list), Consulted::Revoked(Revocation::Key));
    }
}

#[test]
fn serial_numbers_are_revoked_by_their_issuer() {
    let ground = Ground::new();
    let [_, intermediate, root] = ground.keys();
    for range in [
        range(&intermediate, 200, 200),
        range(&intermediate, 0, u64::MAX),
        range(&root, 100, 150),
    ] {
        let list = TbsCrl {
            revoked_serial_number_ranges: vec![range],
            ..empty_list()
        };
        assert_eq!(
            ground.consult(&list),
            Consulted::Revoked(Revocation::Serial)
        );
    }
}

#[test]
fn a_missing_list_matters_only_where_it_is_required() {
    let ground = Ground::new();
    assert_eq!(
        ground.consult_at(&[], CrlRule::WhenPresent, NOW),
        Consulted::Passed(CrlState::Absent)
    );
    assert_eq!(
        ground.consult_at(&[], CrlRule::Required, NOW),
        Consulted::Unknown(CrlState::Absent)
    );
}

#[test]
fn a_list_out_of_its_time_is_of_no_use() {
    let ground = Ground::new();
    let valid = |from: i64, to: i64| {
        bundle(vec![sign_list(&TbsCrl {
            not_before_seconds: Some(from as u64),
            not_after_seconds: Some(to as u64),
            ..empty_list()
        })])
    };
    assert_eq!(
        ground.unusable(&valid(NOW + 1, NOW + DAY)),
        CrlError::NotYet
    );
    assert_eq!(
        ground.unusable(&valid(NOW - DAY, NOW - 1)),
        CrlError::Expired
    );
    let without = TbsCrl {
        not_after_seconds: None,
        ..empty_list()
    };
    let without = bundle(vec![sign_list(&without)]);
    assert_eq!(ground.unusable(&without), CrlError::Malformed);
}

#[test]
fn a_list_with_a_range_that_ends_before_it_begins_is_of_no_use() {
    let list = TbsCrl {
        revoked_serial_number_ranges: vec![range(&[7; 32], 10, 9)],
        ..empty_list()
    };
    let bundle = bundle(vec![sign_list(&list)]);
    assert_eq!(Ground::new().unusable(&bundle), CrlError::Malformed);
}

#[test]
fn a_list_that_expires_after_it_was_read_revokes_everything() {
    let ground = Ground::new();
    let list = Crl::read(&bundle(vec![sign_list(&empty_list())]), &ground.roots, NOW).unwrap();
    let leaf = Certificate::read(&ground.chain.leaf).unwrap();
    let intermediates = [Certificate::read(&ground.chain.intermediates[0]).unwrap()];
    let path = Path::find(&leaf, &intermediates, &ground.roots, NOW).unwrap();
    assert_eq!(list.check(&path, NOW + DAY), Ok(()));
    assert_eq!(
        list.check(&path, NOW + DAY + 1),
        Err(Revocation::ListExpired)
    );
}

#[test]
fn a_list_must_be_signed_by_whom_the_root_of_lists_certified() {
    use rcgen::SigningKey as _;
    let ground = Ground::new();
    let mut list = sign_list(&empty_list());
    // Signed with another key.
    list.signature = Some(key(DEVICE).sign(list.tbs_crl()).unwrap());
    assert_eq!(
        ground.unusable(&bundle(vec![list.clone()])),
        CrlError::Signature
    );
    // Signed by a device in good order.
    list.signer_cert = Some(ground.chain.leaf.clone());
    let error = ground.unusable(&bundle(vec![list.clone()]));
    assert!(matches!(error, CrlError::Signer(_)), "{error:?}");
    list.signer_cert = Some(vec![1, 2, 3]);
    let error = ground.unusable(&bundle(vec![list]));
    assert!(matches!(error, CrlError::Certificate(_)), "{error:?}");
    assert_eq!(ground.unusable(&[0xff; 40]), CrlError::Malformed);
}

#[test]
fn the_first_list_of_the_known_version_counts_and_there_is_no_second_try() {
    let ground = Ground::new();
    let future = sign_list(&TbsCrl {
        version: Some(1),
        ..empty_list()
    });
    let good = sign_list(&empty_list());
    let both = bundle(vec![future.clone(), good.clone()]);
    assert_eq!(
        ground.consult_at(&both, CrlRule::Required, NOW),
        Consulted::Passed(CrlState::Checked)
    );
    assert_eq!(ground.unusable(&bundle(vec![future])), CrlError::Malformed);
    let mut bad = good.clone();
    bad.signature = Some(vec![0; key(LIST).public_key_raw().len()]);
    assert_eq!(
        ground.unusable(&bundle(vec![bad, good])),
        CrlError::Signature
    );
}
