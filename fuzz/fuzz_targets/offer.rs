// SPDX-License-Identifier: GPL-3.0-or-later
//! The body of an OFFER: what is understood can be written and is the same again, and an ANSWER to what is taken of it
//! agrees with it.
#![no_main]

use std::num::NonZeroU16;

use libfuzzer_sys::fuzz_target;
use telecast::cast::answer::Answer;
use telecast::cast::offer::Offer;
use telecast_fuzz::facts::abilities;
use telecast_fuzz::memory::in_proportion;

fuzz_target!(|text: &str| {
    let Ok(body) = serde_json::from_str(text) else {
        return;
    };
    let Ok(offer) = in_proportion(text.len(), || Offer::parse(&body)) else {
        return;
    };
    assert_eq!(Offer::parse(&offer.to_json()).as_ref(), Ok(&offer));
    let Ok(selection) = offer.select(&abilities()) else {
        return;
    };
    let answer = Answer::to(&selection, NonZeroU16::MIN);
    let again = Answer::parse(&answer.to_json()).expect("our own words");
    again.agree(&offer).expect("it was offered");
});
