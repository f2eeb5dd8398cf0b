// SPDX-License-Identifier: GPL-3.0-or-later
//! Seeds of device authentication: answers, chains and revocation lists of our own making, with the roots (`fixtures/`)
//! that the targets believe. New keys each time.

use std::fs;
use std::path::Path;

use prost::Message as _;
use telecast::cast::auth::Credentials;
use telecast::cast::channel::message::Payload;
use telecast::cast::channel::proto::auth::{AuthError, AuthResponse, DeviceAuthMessage};
use telecast::cast::channel::proto::revocation::{SerialNumberRange, TbsCrl};
use telecast_fuzz::facts;
use telecast_fuzz::script::Writer;

use crate::Seeds;
use crate::certificates::{
    ANY_POLICY, AUDIO_ONLY, Chain, DAY, DEVICE, NOW, authority, bundle, device, empty_list, key,
    list_root_der, sign_list, tls_certificate, with_policies,
};

pub fn write(seeds: &mut Seeds) {
    assert_eq!(NOW, facts::NOW);
    let (root, ica) = (authority("Test Root"), authority("Test ICA"));
    let usual = Chain::of(&[root.clone(), ica.clone(), device("TESTDEVICE 0123456789AB")]);
    let tls = tls_certificate(NOW - 3600, NOW + 2 * DAY);
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    for (name, der) in [
        ("root", &usual.root),
        ("list_root", &list_root_der()),
        ("tls", &tls),
    ] {
        fs::write(fixtures.join(format!("{name}.der")), der).expect("room for a certificate");
    }

    let chains = [
        usual.clone(),
        Chain::of(&[
            root.clone(),
            with_policies(ica.clone(), &[ANY_POLICY]),
            device("x"),
        ]),
        Chain::of(&[
            root.clone(),
            ica.clone(),
            with_policies(device("x"), &[AUDIO_ONLY]),
        ]),
        Chain::of(&[root.clone(), ica, authority("Test ICA below"), device("x")]),
        Chain::of(&[root, device("x")]),
    ];
    for chain in &chains {
        let mut writer = Writer::default();
        writer.slice(&chain.leaf);
        for intermediate in &chain.intermediates {
            writer.slice(intermediate);
        }
        seeds.add("certificate", &writer.into_bytes());
    }
    let mut pem = Writer::default();
    pem.slice(b"-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----\n");
    seeds.add("certificate", &pem.into_bytes());

    let lists = lists();
    for list in &lists {
        seeds.add("revocation_list", &bundle(vec![sign_list(list)]));
    }
    for chain in &chains[..3] {
        answers(seeds, chain, &tls, &bundle(vec![sign_list(&lists[0])]));
    }
    let error = DeviceAuthMessage {
        error: Some(AuthError {
            error_type: Some(0),
        }),
        ..DeviceAuthMessage::default()
    };
    seeds.add("device_auth", &error.encode_to_vec());
}

/// An answer, and the same with a list.
fn answers(seeds: &mut Seeds, chain: &Chain, tls: &[u8], list: &[u8]) {
    let Payload::Binary(question) = facts::challenge().message().payload else {
        panic!("a question is binary");
    };
    let question = DeviceAuthMessage::decode(question.as_slice()).expect("our own question");
    let credentials = Credentials::new(
        chain.leaf.clone(),
        chain.intermediates.clone(),
        key(DEVICE).serialized_der(),
    );
    let credentials = credentials.expect("credentials that fit");
    let answer = credentials.answer(&question.challenge.expect("a question"), tls);
    seeds.add("device_auth", &answer);
    let response = DeviceAuthMessage::decode(answer.as_slice()).expect("our own answer");
    let with_list = DeviceAuthMessage {
        response: response.response.map(|response| AuthResponse {
            crl: Some(list.to_vec()),
            ..response
        }),
        ..DeviceAuthMessage::default()
    };
    seeds.add("device_auth", &with_list.encode_to_vec());
}

fn lists() -> Vec<TbsCrl> {
    let empty = empty_list();
    vec![
        TbsCrl {
            revoked_public_key_hashes: vec![vec![7; 32]],
            revoked_serial_number_ranges: vec![SerialNumberRange {
                issuer_public_key_hash: Some(vec![8; 32]),
                first_serial_number: Some(1),
                last_serial_number: Some(9),
            }],
            ..empty.clone()
        },
        TbsCrl {
            not_after_seconds: Some(1),
            ..empty.clone()
        },
        empty,
    ]
}
