// SPDX-License-Identifier: GPL-3.0-or-later
//! The answer of a device to our challenge. The root is of our own making, so the seeds are genuine. Whatever was done to
//! them: never genuine by the roots of Cast, never genuine for another connection or another question.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use telecast::cast::auth::{Challenge, CrlRule, Evidence, Roots, assess};
use telecast_fuzz::facts::{LIST_ROOT, NONCE, NOW, TLS, challenge, roots};
use telecast_fuzz::memory::in_proportion;

static OURS: LazyLock<Roots> = LazyLock::new(roots);
static CAST: LazyLock<Roots> = LazyLock::new(Roots::cast);

fuzz_target!(|answer: &[u8]| {
    let challenge = challenge();
    let usual = Evidence {
        challenge: &challenge,
        tls_certificate: TLS,
        roots: &OURS,
        crl_rule: CrlRule::WhenPresent,
        has_screen: true,
        now: NOW,
    };
    let ours = in_proportion(8 * answer.len(), || assess(answer, &usual));
    if !ours.verdict.is_certified() {
        return;
    }
    let (mut other, roots_of_cast) = (NONCE, &*CAST);
    other[0] ^= 1;
    let other = Challenge::new(other);
    for evidence in [
        Evidence {
            roots: roots_of_cast,
            ..usual
        },
        Evidence {
            challenge: &other,
            ..usual
        },
        // Any other certificate will do.
        Evidence {
            tls_certificate: LIST_ROOT,
            ..usual
        },
    ] {
        assert!(!assess(answer, &evidence).verdict.is_certified());
    }
});
