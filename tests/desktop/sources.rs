// SPDX-License-Identifier: GPL-3.0-or-later
//! Casts of the other sources and codecs, and what happens to them on the way.

use std::time::Duration;

use serde_json::Value;
use telecast::testcard::sound::is_of_the_card;

use super::support::cast::Cast;
use super::support::likeness::{self, place};
use super::support::wait_until;

/// A window moves at once, but this desktop is rendered without a GPU.
const MOVES: Duration = Duration::from_secs(10);

/// A picture whose time code was read, in this codec.
fn is_measured(object: &Value, codec: &str) -> bool {
    object["codec"] == codec && object["screen_to_decoded_ms"]["p50"].as_f64() > Some(0.0)
}

/// Casts the card's window, and resizes it meanwhile.
fn cast_a_window(codec: &str) {
    let options = ["--codec", codec, "--audio", "none"];
    let Some(mut cast) = Cast::start("window", &["Telecast Test Card*", "Share"], &options) else {
        return;
    };
    cast.wait_for_tv("the window's picture", |object| is_measured(object, codec));
    cast.wait_for_likeness(likeness::Cast::Window);
    cast.desktop
        .shell(&["resize", "Telecast Test Card", "500", "600"]);
    cast.wait_for_likeness(likeness::Cast::Window);
    cast.stop();
}

#[test]
fn a_window_is_cast_in_h264_and_goes_on_when_it_is_resized() {
    cast_a_window("h264");
}

#[test]
fn a_window_is_cast_in_vp8_and_goes_on_when_it_is_resized() {
    cast_a_window("vp8");
}

#[test]
fn a_screen_is_cast_in_h264_as_it_looks() {
    let options = ["--codec", "h264", "--audio", "none"];
    let Some(mut cast) = Cast::start("screen", &["Share"], &options) else {
        return;
    };
    cast.wait_for_tv("the screen's picture", |object| is_measured(object, "h264"));
    cast.wait_for_likeness(likeness::Cast::Screen);
    cast.stop();
}

#[test]
fn a_virtual_monitor_is_cast_as_it_looks_with_a_tone() {
    let options = ["--codec", "vp8", "--audio", "tone"];
    let Some(mut cast) = Cast::start("virtual", &["Share"], &options) else {
        return;
    };
    cast.wait_for_tv("a new monitor's picture and the tone", |object| {
        (object["width"].as_u64(), object["height"].as_u64()) == (Some(1920), Some(1080))
            && object["fps"]["decoded"].as_f64() > Some(0.0)
            && is_of_the_card(object["audio"]["frequency_hz"].as_f64())
    });
    let monitors = cast.desktop.monitors();
    let [_, monitor] = monitors.as_slice() else {
        panic!("not one monitor more: {monitors:?}");
    };
    let monitor = place(monitor);
    let (x, y) = (monitor.x + 200, monitor.y + 150);
    cast.desktop
        .shell(&["move", "Telecast Test Card", &x.to_string(), &y.to_string()]);
    wait_until("the card on the new monitor", MOVES, || {
        let card = place(&cast.desktop.windows()[0]);
        (card.x, card.y) == (x, y)
    });
    cast.wait_for_tv("the card's picture", |object| is_measured(object, "vp8"));
    cast.wait_for_likeness(likeness::Cast::Monitor(monitor));
    cast.stop();
}

#[test]
fn closing_the_window_that_is_cast_ends_the_cast_with_a_sentence() {
    let options = ["--audio", "none"];
    let Some(mut cast) = Cast::start("window", &["Telecast Test Card*", "Share"], &options) else {
        return;
    };
    cast.wait_for_tv("a picture", |object| {
        object["fps"]["decoded"].as_f64() > Some(0.0)
    });
    cast.desktop.shell(&["close", "Telecast Test Card"]);
    let status = cast.mirror.wait(Duration::from_secs(15));
    let words = cast.mirror.error_lines();
    assert!(status.success(), "{status}: {words:?}");
    let sentence = words.last().expect("a sentence");
    assert!(sentence.contains("closed"), "{sentence}");
    cast.wait_for_tv_to_be_idle();
}
