// SPDX-License-Identifier: GPL-3.0-or-later
//! A bundle of revocation lists. Read without panic, in proportion, and only when one signed by our root is in it.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use telecast::cast::auth::{Crl, Roots};
use telecast_fuzz::facts::{NOW, roots};
use telecast_fuzz::memory::in_proportion;

static OURS: LazyLock<Roots> = LazyLock::new(roots);
static CAST: LazyLock<Roots> = LazyLock::new(Roots::cast);

fuzz_target!(|bundle: &[u8]| {
    if in_proportion(8 * bundle.len(), || Crl::read(bundle, &OURS, NOW)).is_ok() {
        assert!(Crl::read(bundle, &CAST, NOW).is_err());
    }
});
