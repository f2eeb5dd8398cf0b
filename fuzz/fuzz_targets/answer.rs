// SPDX-License-Identifier: GPL-3.0-or-later
//! The body of an ANSWER to one OFFER: what is understood can be written and is understood again, names only what was
//! offered, and leaves limits that an encoder can keep.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use telecast::cast::answer::Answer;
use telecast::cast::offer::Offer;
use telecast_fuzz::facts;
use telecast_fuzz::memory::in_proportion;

static OFFER: LazyLock<Offer> = LazyLock::new(facts::offer);

fuzz_target!(|text: &str| {
    let Ok(body) = serde_json::from_str(text) else {
        return;
    };
    let Ok(answer) = in_proportion(text.len(), || Answer::parse(&body)) else {
        return;
    };
    assert!(Answer::parse(&answer.to_json()).is_ok());
    let limits = answer.capture_limits();
    assert!(limits.video.min_bit_rate <= limits.video.max_bit_rate);
    assert!(limits.audio.min_bit_rate <= limits.audio.max_bit_rate);
    if let Ok(agreement) = answer.agree(&OFFER) {
        assert!(agreement.audio.is_some() || agreement.video.is_some());
        answer.marks_all_streams();
    }
});
