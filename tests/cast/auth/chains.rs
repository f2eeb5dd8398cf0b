// SPDX-License-Identifier: GPL-3.0-or-later
//! Which chains are good.

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
};
use telecast::cast::auth::path::{DateFault, MAX_INTERMEDIATES, Path, PathError};
use telecast::cast::auth::{AnchorError, Certificate, Origin, Roots, TrustAnchor};

use crate::certificates::{
    ANY_POLICY, AUDIO_ONLY, Chain, DAY, DEVICE, NOW, anchor, at, authority, der, device, key,
    named, with_policies,
};

/// The name of an authority of a length-limited chain.
const DEEP: [&str; 3] = ["Test Root", "Test ICA", "Test ICA below"];

/// What is found of a chain whose root is believed.
#[derive(Debug, PartialEq)]
struct Found {
    dates: Result<(), DateFault>,
    audio_only: bool,
}

const GOOD: Result<Found, PathError> = Ok(Found {
    dates: Ok(()),
    audio_only: false,
});

fn find_at(chain: &Chain, now: i64) -> Result<Found, PathError> {
    let leaf = Certificate::read(&chain.leaf).unwrap();
    let intermediates = chain.intermediates.iter();
    let intermediates: Vec<_> = intermediates
        .map(|der| Certificate::read(der).unwrap())
        .collect();
    let roots = Roots::only(vec![chain.anchor(Origin::Cast)], Vec::new());
    Path::find(&leaf, &intermediates, &roots, now).map(|path| Found {
        dates: path.dates(),
        audio_only: path.is_audio_only(),
    })
}

fn find(links: &[CertificateParams]) -> Result<Found, PathError> {
    find_at(&Chain::of(links), NOW)
}

/// The usual chain with another intermediate.
fn with_intermediate(change: impl FnOnce(&mut CertificateParams)) -> Result<Found, PathError> {
    let mut intermediate = authority("Test ICA");
    change(&mut intermediate);
    find(&[authority("Test Root"), intermediate, device("Device")])
}

/// The usual chain with another device.
fn with_device(change: impl FnOnce(&mut CertificateParams)) -> Result<Found, PathError> {
    let mut last = device("Device");
    change(&mut last);
    find(&[authority("Test Root"), authority("Test ICA"), last])
}

#[test]
fn a_chain_may_have_no_intermediate_or_several_in_any_order() {
    assert_eq!(find_at(&Chain::usual(), NOW), GOOD);
    assert_eq!(find(&[authority("Test Root"), device("Device")]), GOOD);
    let mut long = Chain::of(&[
        authority(DEEP[0]),
        authority(DEEP[1]),
        authority(DEEP[2]),
        device("Device"),
    ]);
    assert_eq!(find_at(&long, NOW), GOOD);
    long.intermediates.reverse();
    assert_eq!(find_at(&long, NOW), GOOD);
    long.intermediates.pop();
    assert_eq!(find_at(&long, NOW), Err(PathError::Untrusted));
}

#[test]
fn a_stranger_s_chain_ends_at_no_known_root() {
    let chain = Chain::usual();
    let leaf = Certificate::read(&chain.leaf).unwrap();
    let intermediate = [Certificate::read(&chain.intermediates[0]).unwrap()];
    let roots = Roots::cast();
    let found = Path::find(&leaf, &intermediate, &roots, NOW);
    assert_eq!(found, Err(PathError::Untrusted));
}

#[test]
fn a_root_of_the_same_name_with_another_key_is_another_root() {
    let chain = Chain::usual();
    let impostor = authority("Test Root").self_signed(key(3)).unwrap();
    let roots = Roots::only(vec![anchor(impostor.der(), Origin::Cast)], Vec::new());
    let leaf = Certificate::read(&chain.leaf).unwrap();
    let intermediate = [Certificate::read(&chain.intermediates[0]).unwrap()];
    let found = Path::find(&leaf, &intermediate, &roots, NOW);
    assert_eq!(found, Err(PathError::Signature));
}

#[test]
fn the_leaf_must_say_that_it_signs() {
    let leaf_usage = Err(PathError::LeafUsage);
    assert_eq!(with_device(|leaf| leaf.key_usages.clear()), leaf_usage);
    let encipherment = vec![KeyUsagePurpose::KeyEncipherment];
    assert_eq!(
        with_device(|leaf| leaf.key_usages = encipherment),
        leaf_usage
    );
    let both = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::KeyEncipherment,
    ];
    assert_eq!(with_device(|leaf| leaf.key_usages = both), GOOD);
    // A root that is shown as a device.
    let root = Chain::usual().root;
    let read = Certificate::read(&root).unwrap();
    let roots = Roots::only(vec![anchor(&root, Origin::Cast)], Vec::new());
    assert_eq!(
        Path::find(&read, &[], &roots, NOW),
        Err(PathError::LeafUsage)
    );
}

#[test]
fn an_issuer_must_be_an_authority_that_signs() {
    assert_eq!(
        with_intermediate(|issuer| issuer.is_ca = IsCa::ExplicitNoCa),
        Err(PathError::NotAnAuthority)
    );
    assert_eq!(
        with_intermediate(|issuer| issuer.is_ca = IsCa::NoCa),
        Err(PathError::NotAnAuthority)
    );
    let lists = vec![KeyUsagePurpose::CrlSign];
    assert_eq!(
        with_intermediate(|issuer| issuer.key_usages = lists),
        Err(PathError::NotAnAuthority)
    );
    assert_eq!(with_intermediate(|issuer| issuer.key_usages.clear()), GOOD);
}

#[test]
fn a_device_cannot_issue_for_another_one() {
    let found = find(&[authority("Test Root"), device("Device"), device("Other")]);
    assert_eq!(found, Err(PathError::NotAnAuthority));
}

#[test]
fn dates_are_told_apart() {
    let chain = Chain::usual();
    let dates = |chain: &Chain, now| find_at(chain, now).map(|found| found.dates);
    assert_eq!(dates(&chain, NOW - 2 * DAY), Ok(Err(DateFault::NotYet)));
    assert_eq!(dates(&chain, NOW - DAY), Ok(Ok(())));
    assert_eq!(dates(&chain, NOW + 1000 * DAY), Ok(Ok(())));
    assert_eq!(
        dates(&chain, NOW + 1000 * DAY + 1),
        Ok(Err(DateFault::LeafExpired))
    );
    for (name, known) in [("Chromecast ICA 3", true), ("Chromecast ICA 5", false)] {
        let mut old = authority(name);
        old.not_after = at(NOW - 1).into();
        let chain = Chain::of(&[authority("Test Root"), old, device("Device")]);
        assert_eq!(
            dates(&chain, NOW),
            Ok(Err(DateFault::IntermediateExpired { known })),
            "{name}"
        );
    }
}

#[test]
fn an_expired_root_does_not_matter() {
    let mut root = authority("Test Root");
    root.not_after = at(NOW - 1).into();
    assert_eq!(find(&[root, authority("Test ICA"), device("Device")]), GOOD);
}

#[test]
fn a_valid_intermediate_is_preferred_to_an_expired_one_of_the_same_name() {
    let mut chain = Chain::usual();
    let mut old = authority("Test ICA");
    old.not_after = at(NOW - 1).into();
    let issuer = authority("Test Root");
    let issuer = Issuer::from_params(&issuer, key(0));
    let old = old.signed_by(key(1), &issuer).unwrap();
    chain.intermediates.insert(0, old.der().to_vec());
    assert_eq!(find_at(&chain, NOW), GOOD);
}

#[test]
fn path_lengths_of_intermediates_and_of_the_root_hold() {
    let limited = |name: &str, length| {
        let mut issuer = authority(name);
        issuer.is_ca = IsCa::Ca(BasicConstraints::Constrained(length));
        issuer
    };
    let three = |root: CertificateParams, middle: CertificateParams| {
        find(&[root, middle, authority(DEEP[2]), device("Device")])
    };
    assert_eq!(three(limited(DEEP[0], 2), limited(DEEP[1], 1)), GOOD);
    assert_eq!(
        three(limited(DEEP[0], 1), authority(DEEP[1])),
        Err(PathError::PathLength)
    );
    assert_eq!(
        three(authority(DEEP[0]), limited(DEEP[1], 0)),
        Err(PathError::PathLength)
    );
}

#[test]
fn an_absurd_path_length_is_refused() {
    let found = with_intermediate(|issuer| {
        issuer.is_ca = IsCa::NoCa;
        let absurd = [der(0x01, &[0xff]), der(0x02, &[1, 0])].concat();
        let extension = CustomExtension::from_oid_content(&[2, 5, 29, 19], der(0x30, &absurd));
        issuer.custom_extensions.push(extension);
    });
    assert_eq!(found, Err(PathError::PathLength));
}

#[test]
fn names_outside_of_what_an_issuer_may_certify_are_refused() {
    let organization = |name: &str| {
        let mut all = DistinguishedName::new();
        all.push(DnType::OrganizationName, name);
        all
    };
    let constrain = |constraints: NameConstraints| {
        let mut device_name = organization("Maker");
        device_name.push(DnType::CommonName, "Device");
        let mut last = device("Device");
        last.distinguished_name = device_name;
        let mut issuer = authority("Test ICA");
        issuer.name_constraints = Some(constraints);
        find(&[authority("Test Root"), issuer, last])
    };
    let only = |permitted: &str| NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DirectoryName(organization(permitted))],
        excluded_subtrees: Vec::new(),
    };
    let not = |excluded: &str| NameConstraints {
        permitted_subtrees: Vec::new(),
        excluded_subtrees: vec![GeneralSubtree::DirectoryName(organization(excluded))],
    };
    assert_eq!(constrain(only("MAKER ")), GOOD);
    assert_eq!(
        constrain(only("Other maker")),
        Err(PathError::NameConstraint)
    );
    assert_eq!(constrain(not("Other maker")), GOOD);
    assert_eq!(constrain(not("Maker")), Err(PathError::NameConstraint));
    let hosts = NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName(String::from("example.com"))],
        excluded_subtrees: Vec::new(),
    };
    assert_eq!(constrain(hosts), GOOD, "the device has no host name");
}

#[test]
fn a_kind_of_name_that_is_not_compared_is_refused_where_it_is_constrained() {
    let mut issuer = authority("Test ICA");
    issuer.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName(String::from("example.com"))],
        excluded_subtrees: Vec::new(),
    });
    let mut params = CertificateParams::new(vec![String::from("tv.example.com")]).unwrap();
    params.distinguished_name = named("Device");
    params.key_usages = device("Device").key_usages;
    let found = find(&[authority("Test Root"), issuer, params]);
    assert_eq!(found, Err(PathError::NameConstraint));
}

#[test]
fn unknown_critical_extensions_of_issuers_are_refused_and_those_of_devices_are_not() {
    let unknown = || {
        let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], der(0x05, &[]));
        extension.set_criticality(true);
        extension
    };
    assert_eq!(
        with_intermediate(|issuer| issuer.custom_extensions.push(unknown())),
        Err(PathError::UnknownCritical)
    );
    assert_eq!(
        with_device(|leaf| leaf.custom_extensions.push(unknown())),
        GOOD
    );
    let mut root = authority("Test Root");
    root.custom_extensions.push(unknown());
    let root = root.self_signed(key(0)).unwrap();
    let root = Certificate::read(root.der()).unwrap();
    assert_eq!(
        TrustAnchor::of(&root, Origin::User),
        Err(AnchorError::UnknownCritical)
    );
}

#[test]
fn mappings_of_any_policy_are_refused() {
    let mapping = |from: &[u8], to: &[u8]| {
        let pair = [der(0x06, from), der(0x06, to)].concat();
        let content = der(0x30, &der(0x30, &pair));
        CustomExtension::from_oid_content(&[2, 5, 29, 33], content)
    };
    let other = &[0x2a, 0x03, 0x04];
    for (from, to, expected) in [
        (ANY_POLICY, other as &[u8], Err(PathError::PolicyMapping)),
        (other, ANY_POLICY, Err(PathError::PolicyMapping)),
        (other, other, GOOD),
    ] {
        let found = with_intermediate(|issuer| issuer.custom_extensions.push(mapping(from, to)));
        assert_eq!(found, expected);
    }
}

#[test]
fn the_audio_policy_counts_wherever_it_stands() {
    for place in 0..3 {
        let mut links = [
            authority("Test Root"),
            authority("Test ICA"),
            device("Device"),
        ];
        for (at, link) in links.iter_mut().enumerate() {
            let policy = if at == place { AUDIO_ONLY } else { ANY_POLICY };
            *link = with_policies(link.clone(), &[policy]);
        }
        let found = find(&links).unwrap();
        assert!(found.audio_only, "place {place}");
    }
    assert!(!find_at(&Chain::usual(), NOW).unwrap().audio_only);
}

#[test]
fn keys_other_than_rsa_are_too_weak() {
    let other = KeyPair::generate().unwrap();
    let issuer = authority("Test ICA");
    let issuer = Issuer::from_params(&issuer, key(1));
    let leaf = device("Device").signed_by(&other, &issuer).unwrap();
    let mut chain = Chain::usual();
    chain.leaf = leaf.der().to_vec();
    assert_eq!(find_at(&chain, NOW), Err(PathError::WeakKey));
}

#[test]
fn a_changed_byte_breaks_the_signature_or_the_certificate() {
    let chain = Chain::usual();
    let mut broken = chain.clone();
    // In the signature itself.
    let last = broken.leaf.len() - 1;
    broken.leaf[last] ^= 1;
    assert_eq!(find_at(&broken, NOW), Err(PathError::Signature));
    // In the name.
    let mut renamed = chain.clone();
    let name = b"0123456789AB";
    let place = renamed.leaf.windows(name.len()).position(|at| at == name);
    renamed.leaf[place.unwrap()] = b'9';
    assert_eq!(find_at(&renamed, NOW), Err(PathError::Signature));
}

#[test]
fn certificates_that_issue_each_other_end_the_search() {
    // Two that name each other, again and again, and a leaf below them.
    let (one, two) = (authority("One"), authority("Two"));
    let from =
        |issuer: &CertificateParams, issuer_key| Issuer::new(issuer.clone(), key(issuer_key));
    let first = one.signed_by(key(1), &from(&two, 2)).unwrap();
    let second = two.signed_by(key(2), &from(&one, 1)).unwrap();
    let leaf = device("Device")
        .signed_by(key(DEVICE), &from(&one, 1))
        .unwrap();
    let read = |der: &[u8]| Certificate::read(der).unwrap();
    let circle: Vec<_> = (0..MAX_INTERMEDIATES / 2)
        .flat_map(|_| [read(first.der()), read(second.der())])
        .collect();
    let roots = Roots::only(vec![anchor(&Chain::usual().root, Origin::Cast)], Vec::new());
    let leaf = read(leaf.der());
    let found = Path::find(&leaf, &circle, &roots, NOW);
    assert_eq!(found, Err(PathError::Untrusted));
    let many: Vec<_> = [circle, vec![read(first.der())]].concat();
    let found = Path::find(&leaf, &many, &roots, NOW);
    assert_eq!(found, Err(PathError::TooMany(MAX_INTERMEDIATES + 1)));
}

#[test]
fn a_root_of_the_user_is_read_from_pem_and_from_der() {
    let root = authority("Test Root").self_signed(key(0)).unwrap();
    let other = authority("Other Root").self_signed(key(1)).unwrap();
    let none = Roots::cast();
    let mut pem = Roots::cast();
    pem.add_user(format!("a comment\n{}{}", root.pem(), other.pem()).as_bytes())
        .unwrap();
    assert_ne!(pem, none);
    let mut der = Roots::cast();
    der.add_user(root.der()).unwrap();
    der.add_user(other.der()).unwrap();
    der.add_user(other.der()).unwrap();
    assert_eq!(der, pem, "the same one twice is one");
}

#[test]
fn what_cannot_be_a_root_is_refused_and_adds_nothing() {
    let device = Chain::usual().leaf;
    let secret = key(0).serialize_pem();
    for (file, error) in [
        (&b""[..], AnchorError::NoCertificate),
        (b"hello", AnchorError::NoCertificate),
        (secret.as_bytes(), AnchorError::NoCertificate),
        (&device, AnchorError::NotAnAuthority),
    ] {
        let mut roots = Roots::cast();
        assert_eq!(roots.add_user(file), Err(error));
        assert_eq!(roots, Roots::cast());
    }
}
