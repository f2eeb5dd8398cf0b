// SPDX-License-Identifier: GPL-3.0-or-later
//! One whole cast through everything real: GNOME's screen and sound, the dialog, the portal, PipeWire, the encoder, TLS,
//! UDP and mDNS between two hosts, the decoder. `make test` runs this one.

use std::time::Duration;

use telecast::testcard::sound::is_of_the_card;

use super::support::cast::Cast;
use super::support::likeness;

/// A beep a second, ten of them, with time for some that a busy machine loses.
const AV_LIMIT: Duration = Duration::from_mins(1);
/// How far sound and picture may be apart.
const AV_SKEW_MS: f64 = 45.0;

#[test]
fn a_screen_and_its_sound_arrive_at_another_host() {
    let Some(mut cast) = Cast::start("screen", &["Share"], &["--audio", "both", "--codec", "vp8"])
    else {
        return;
    };
    let tv = cast.wait_for_tv("a measured picture and its sound", |object| {
        object["screen_to_decoded_ms"]["p50"].as_f64() > Some(0.0)
            && is_of_the_card(object["audio"]["frequency_hz"].as_f64())
            && object["av_skew_ms"].is_number()
    });
    assert_eq!(
        (tv["width"].as_u64(), tv["height"].as_u64()),
        (Some(1280), Some(720))
    );
    assert_eq!(tv["codec"], "vp8");

    cast.wait_for_likeness(likeness::Cast::Screen);

    // By media times. What remains is the desktop's own: a picture is stamped when the compositor shows it, some 35 ms
    // after the card drew it, and later while this machine renders late. So the card draws 30 pictures a second on a
    // small screen, and a machine that was busy gets a second chance.
    let mut skew = median_of_ten(&mut cast, 10);
    if skew.abs() >= AV_SKEW_MS {
        println!("sound and picture are {skew:.1} ms apart; the next ten pairs decide");
        skew = median_of_ten(&mut cast, 20);
    }
    assert!(skew.abs() < AV_SKEW_MS, "{skew:.1} ms apart");
    cast.stop();
}

/// Waits for so many flashes with their beeps: how far the last ten were apart, in the middle, in milliseconds.
fn median_of_ten(cast: &mut Cast, pairs: u64) -> f64 {
    let enough = |object: &serde_json::Value| object["av_pairs"].as_u64() >= Some(pairs);
    let object = cast
        .receiver
        .wait_for_object("beeps with their flashes", AV_LIMIT, enough);
    object["av_skew_ms"].as_f64().expect("a skew of pairs")
}
