// SPDX-License-Identifier: GPL-3.0-or-later
//! One whole cast through everything real: GNOME's screen and sound, the dialog, the portal, PipeWire, the encoder, TLS,
//! UDP and mDNS between two hosts, the decoder. `make test` runs this one.

use std::time::Duration;

use telecast::testcard::sound::{BEEP_HZ, TONE_HZ};

use super::support::cast::Cast;
use super::support::likeness::{self, wait_for_likeness};

/// A beep a second, ten of them, and again when the machine was busy.
const AV_LIMIT: Duration = Duration::from_mins(1);
/// How far sound and picture may be apart.
const AV_SKEW_MS: f64 = 45.0;

/// Whether the strongest pitch is the card's tone, or its beep: both have a period of a second, the beep and the
/// receiver's look at the sound, so each look of a run may fall on a beep.
fn is_of_the_card(pitch: Option<f64>) -> bool {
    pitch.is_some_and(|pitch| {
        [TONE_HZ, BEEP_HZ]
            .iter()
            .any(|known| (pitch - f64::from(*known)).abs() < 5.0)
    })
}

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

    wait_for_likeness(&cast, likeness::Cast::Screen);

    // By media times. What remains is the desktop's own: a picture is stamped when the compositor shows it, some 35 ms
    // after the card drew it, and later while this machine renders late. So the card draws 30 pictures a second on a
    // small screen, and a machine that was busy gets time for another ten.
    cast.receiver
        .wait_for_object("ten beeps with their flashes", AV_LIMIT, |object| {
            object["av_pairs"].as_u64() >= Some(10)
                && object["av_skew_ms"]
                    .as_f64()
                    .is_some_and(|skew| skew.abs() < AV_SKEW_MS)
        });
    cast.stop();
}
