// SPDX-License-Identifier: GPL-3.0-or-later
//! One whole cast through everything real: GNOME's screen and sound, the dialog, the portal, PipeWire, the encoder, TLS,
//! UDP and mDNS between two hosts, the decoder. `make test` runs this one.

use std::time::Duration;

use telecast::testcard::PATCHES;
use telecast::testcard::sound::TONE_HZ;

use super::support::cast::Cast;
use super::support::picture::{Area, Picture, psnr};
use super::support::wait_until;

/// What is lost in 4:2:0 and limited range, besides the coder's noise.
const COLOUR_ERROR: f64 = 6.0;

#[test]
fn a_screen_and_its_sound_arrive_at_another_host() {
    let Some(mut cast) = Cast::start("screen", &["Share"], &["--audio", "both", "--codec", "vp8"])
    else {
        return;
    };
    let tv = cast.wait_for_tv("a measured picture and its sound", |object| {
        object["screen_to_decoded_ms"]["p50"].as_f64() > Some(0.0)
            && (object["audio"]["frequency_hz"].as_f64().unwrap_or(0.0) - f64::from(TONE_HZ)).abs()
                < 5.0
            && object["av_skew_ms"].is_number()
    });
    assert_eq!(
        (tv["width"].as_u64(), tv["height"].as_u64()),
        (Some(1280), Some(720))
    );
    assert_eq!(tv["codec"], "vp8");

    let screen = cast.desktop.path("screen.png");
    let mut found = None;
    // The snapshot is written once a second; the first ones may be of low quality.
    wait_until(
        "a picture like the screen's",
        Duration::from_secs(20),
        || {
            cast.desktop.screenshot(&screen);
            let screen = Picture::read(&screen).expect("a screenshot");
            let Some(picture) = Picture::read(&cast.tv_picture()) else {
                return false;
            };
            let still = still_area(&cast, &screen);
            let quality = psnr(&screen, &picture, still);
            if quality > 30.0 {
                found = Some(picture);
            }
            found.is_some()
        },
    );
    let picture = found.unwrap();
    let card = picture
        .card()
        .expect("the test card in the decoded picture");
    for (index, patch) in PATCHES.iter().enumerate() {
        let seen = picture.colour_around(card.patch(index));
        for (seen, wanted) in seen.into_iter().zip(patch.map(f64::from)) {
            assert!(
                (seen - wanted).abs() <= COLOUR_ERROR,
                "patch {index}: {seen} instead of {wanted}"
            );
        }
    }
    cast.stop();
}

/// What does not move: the wallpaper beside the card's window, without the top bar and its clock.
fn still_area(cast: &Cast, screen: &Picture) -> Area {
    let windows = cast.desktop.windows();
    let window = windows.first().expect("the test card's window");
    let number = |key: &str| u32::try_from(window[key].as_i64().unwrap().max(0)).unwrap();
    let (left, right) = (number("x"), number("x") + number("width"));
    let (top, bottom) = (48, screen.height);
    // A shadow surrounds the window.
    let margin = 40;
    let area = if left > screen.width - right {
        Area {
            x: 0,
            y: top,
            width: left.saturating_sub(margin),
            height: bottom - top,
        }
    } else {
        Area {
            x: right + margin,
            y: top,
            width: screen.width.saturating_sub(right + margin),
            height: bottom - top,
        }
    };
    assert!(area.width > 50, "the window leaves no still part: {window}");
    area
}
