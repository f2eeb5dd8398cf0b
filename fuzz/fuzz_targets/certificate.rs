// SPDX-License-Identifier: GPL-3.0-or-later
//! A chain of certificates (slices; the leaf first), and the first slice as a file of roots. The keys of ours have signed
//! the seeds only: what is found a good chain has one of theirs as its leaf.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use telecast::cast::auth::path::Path;
use telecast::cast::auth::{Certificate, Fingerprint, Origin, Roots, TrustAnchor};
use telecast_fuzz::facts::{NOW, roots};
use telecast_fuzz::memory::in_proportion;
use telecast_fuzz::script::Script;

static ROOTS: LazyLock<Roots> = LazyLock::new(roots);

fuzz_target!(|data: &[u8]| {
    let mut script = Script::new(data);
    let mut certificates = Vec::new();
    while let Some(der) = script.slice() {
        if certificates.is_empty() {
            in_proportion(8 * der.len(), || {
                Roots::only(Vec::new(), Vec::new()).add_user(der).ok();
            });
            Fingerprint::of_certificate_key(der);
        }
        if let Ok(certificate) = in_proportion(8 * der.len(), || Certificate::read(der)) {
            certificate.is_valid_at(NOW);
            certificate.common_name();
            TrustAnchor::of(&certificate, Origin::User).ok();
            certificates.push(certificate);
        }
    }
    let Some((leaf, intermediates)) = certificates.split_first() else {
        return;
    };
    if let Ok(path) = Path::find(leaf, intermediates, &ROOTS, NOW) {
        assert_eq!(path.origin(), Origin::Cast);
        path.is_audio_only();
        path.dates().ok();
    }
});
