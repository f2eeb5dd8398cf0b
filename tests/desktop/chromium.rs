// SPDX-License-Identifier: GPL-3.0-or-later
//! Somebody else's sender: Chromium finds our receiver, has it prove who it is, and mirrors a page with moving content and
//! sound to it, over the network between two hosts.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use crate::support::cast::{START, TELECAST, TV};
use crate::support::chromium::{Cast, Ground};
use crate::support::home::wait_until_idle;
use crate::support::picture::Picture;
use crate::support::program::Program;
use crate::support::wait_until;

/// How long a cast is watched.
const CAST_S: usize = 10;
/// Pictures that must be decoded in each second of moving content, on the average.
const LEAST_RATE: f64 = 15.0;
/// How long that may take: Chromium makes its pictures small, and then fewer, while the machine is busy, and recovers
/// slowly.
const LIMIT: Duration = Duration::from_mins(3);
/// What the page plays, in Hz, and how far off it may be.
const TONE: (f64, f64) = (1000.0, 20.0);
/// How far a colour may be off in each of its three parts: it was made limited-range, and coded.
const COLOUR: f64 = 24.0;
/// The fields of the page: at which part of its width and height, and their colours.
const RED: [f64; 3] = [192.0, 48.0, 48.0];
const GREEN: [f64; 3] = [48.0, 160.0, 64.0];
const BLUE: [f64; 3] = [48.0, 80.0, 192.0];
const YELLOW: [f64; 3] = [208.0, 192.0, 48.0];
const PAGE: [((f64, f64), [f64; 3]); 4] = [
    ((0.2, 0.2), RED),
    ((0.8, 0.2), GREEN),
    ((0.2, 0.8), BLUE),
    ((0.8, 0.8), YELLOW),
];
/// The same where the browser's own controls are above the page.
const SCREEN: [((f64, f64), [f64; 3]); 4] = [
    ((0.2, 0.35), RED),
    ((0.8, 0.35), GREEN),
    ((0.2, 0.85), BLUE),
    ((0.8, 0.85), YELLOW),
];

/// Waits until so many objects in a row that the receiver prints from now on, one a second, are as they should be.
fn wait_for_row(ground: &Ground, what: &str, length: usize, condition: impl Fn(&[Value]) -> bool) {
    let before = ground.receiver.objects().len();
    wait_until(what, LIMIT, || {
        let objects = ground.receiver.objects();
        let new = objects.get(before..).unwrap_or_default();
        new.windows(length).any(&condition)
    });
}

/// Waits until the receiver's picture has these colours at these places.
fn wait_for_picture(ground: &Ground, fields: &[((f64, f64), [f64; 3])]) {
    let mut seen = Vec::new();
    wait_until("the picture", LIMIT, || {
        let Some(picture) = Picture::read(&ground.snapshot()) else {
            return false;
        };
        let at = |part: f64, whole: u32| (part * f64::from(whole)) as u32;
        seen = fields
            .iter()
            .map(|((x, y), colour)| {
                let place = (at(*x, picture.width), at(*y, picture.height));
                (picture.colour_around(place), *colour)
            })
            .collect();
        seen.iter().all(|(seen, colour)| is_like(*seen, *colour))
    });
}

/// The last picture is no proof of the next cast.
fn forget_picture(ground: &Ground) {
    fs::remove_file(ground.snapshot()).unwrap();
}

fn is_like(one: [f64; 3], other: [f64; 3]) -> bool {
    one.iter()
        .zip(other)
        .all(|(one, other)| (one - other).abs() < COLOUR)
}

/// Moving pictures for ten seconds: with sound in the last one, and after the first two at least fifteen pictures a second.
fn is_cast(objects: &[Value]) -> bool {
    let (tone, off) = TONE;
    let rate = |object: &Value| object["fps"]["decoded"].as_f64().unwrap_or_default();
    let rates: Vec<f64> = objects[2..].iter().map(rate).collect();
    let heard = objects[CAST_S - 1]["audio"]["frequency_hz"].as_f64();
    objects.iter().all(|object| object["state"] == "streaming")
        && rates.iter().sum::<f64>() >= LEAST_RATE * rates.len() as f64
        && heard.is_some_and(|heard| (heard - tone).abs() < off)
}

#[test]
fn chromium_mirrors_a_tab_with_its_sound_again_and_again_and_a_whole_screen() {
    let Some(ground) = Ground::new() else {
        return;
    };
    let mut browser = ground.browser(&ground.root());
    for _ in 0..2 {
        browser.cast(TV, Cast::Tab);
        wait_for_row(&ground, "ten seconds", CAST_S, is_cast);
        wait_for_picture(&ground, &PAGE);
        browser.stop(TV);
        wait_until_idle(&ground.receiver);
        forget_picture(&ground);
    }
    browser.cast(TV, Cast::Desktop);
    wait_for_picture(&ground, &SCREEN);
    browser.stop(TV);
    wait_until_idle(&ground.receiver);
}

/// What shows that the first test proves something: Chromium looks at the proof.
#[test]
fn chromium_does_not_believe_a_receiver_of_another_developer() {
    let Some(mut ground) = Ground::new() else {
        return;
    };
    let other = ground.desk.path("other-keys");
    let mut stranger = Program::start(
        "another receiver",
        ground
            .desk
            .command(TELECAST)
            .args(["receive", "--headless", "--listen", "127.0.0.1"])
            .arg("--credentials")
            .arg(&other),
    );
    stranger.wait_for_words("Listening on ", START);
    assert!(stranger.interrupt(START).success());
    let mut browser = ground.browser(&other.join("root.crt"));
    ground.receiver.wait_for_words("connected peer=", LIMIT);
    ground
        .receiver
        .wait_for_words("the connection ended", LIMIT);
    assert!(!browser.finds(TV, 10), "it is believed");
}
