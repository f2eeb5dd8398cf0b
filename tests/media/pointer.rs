// SPDX-License-Identifier: GPL-3.0-or-later
//! A mouse pointer that comes beside the pictures, from a PipeWire producer to the converted picture.

use pipewire::spa::sys as spa;
use telecast::capture::frame::RawFrame;
use telecast::capture::pipewire::video::StreamRequest;
use telecast::cast::codec::VideoCodec;
use telecast::encode::convert::Converter;
use telecast::encode::layout::{Fit, Limits};
use telecast::encode::profile::Layout420;

use super::consumer::{Consumer, picture, request};
use super::pipewire_daemon::{Daemon, wait_for};
use super::producer::{Picture, Pointer, PointerImage, Producer, Spec};

const SIZE: (u32, u32) = (64, 48);
const GREY: u8 = 100;
const WHITE: [u8; 4] = [255; 4];

const LIMITS: Limits = Limits {
    max: (1920, 1080),
    min: (16, 16),
    fit: Fit::Picture,
    overscan_pct: 0,
};

/// Luma of a grey value.
fn luma(grey: u8) -> u8 {
    (16.0 + 219.0 * f64::from(grey) / 255.0).round() as u8
}

/// Where the converted picture is not of the screen's grey: left, top, right, bottom (inclusive) and luma, which has to
/// be the same everywhere inside.
fn drawn(frame: &RawFrame) -> Option<(usize, usize, usize, usize, u8)> {
    telecast::chain::init().unwrap();
    let mut converter = Converter::new(VideoCodec::Vp8, 30, 1);
    let picture = converter.convert(frame, &LIMITS, Layout420::I420).unwrap();
    let map = picture.buffer.map_readable().unwrap();
    let (width, height) = (SIZE.0 as usize, SIZE.1 as usize);
    let at = |x: usize, y: usize| map[y * width + x];
    let other: Vec<(usize, usize)> = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .filter(|&(x, y)| at(x, y).abs_diff(luma(GREY)) > 2)
        .collect();
    let &(first_x, first_y) = other.first()?;
    let &(last_x, last_y) = other.last()?;
    assert_eq!(
        other.len(),
        (last_x + 1 - first_x) * (last_y + 1 - first_y),
        "a whole rectangle: {other:?}"
    );
    let value = at(first_x, first_y);
    assert!(other.iter().all(|&(x, y)| at(x, y).abs_diff(value) <= 2));
    Some((first_x, first_y, last_x, last_y, value))
}

/// A pointer that looks as before.
fn at(x: i32, y: i32) -> Pointer {
    Pointer {
        position: (x, y),
        image: None,
    }
}

fn image(hotspot: (i32, i32), size: (u32, u32), pixel: [u8; 4]) -> PointerImage {
    PointerImage {
        hotspot,
        size,
        pixel,
    }
}

/// A buffer without a picture, as compositors send it when only the pointer has moved.
fn only(pointer: Option<Pointer>) -> Picture {
    Picture {
        empty: true,
        corrupted: true,
        pointer,
        ..Picture::default()
    }
}

fn rig() -> (Daemon, Producer, Consumer) {
    let daemon = Daemon::start();
    let spec = Spec {
        pointer: true,
        formats: vec![spa::SPA_VIDEO_FORMAT_RGBx],
        ..Spec::bgrx(SIZE.0, SIZE.1)
    };
    let producer = Producer::start(daemon.connect(), spec);
    let request = StreamRequest {
        cursor: true,
        ..request()
    };
    let consumer = Consumer::start(&daemon, producer.node, request, 4);
    producer.wait_streaming();
    (daemon, producer, consumer)
}

/// A stream that flows, so that it is not switched off and on in the middle.
fn flowing() -> (Daemon, Producer, Consumer) {
    let (daemon, producer, consumer) = rig();
    for _ in 0..3 {
        send(&producer, &picture(GREY));
        assert_eq!(drawn(&consumer.frame()), None);
    }
    (daemon, producer, consumer)
}

fn send(producer: &Producer, picture: &Picture) {
    wait_for("a free buffer", || {
        producer.draw(picture.clone()).then_some(())
    });
}

#[test]
fn the_pointer_is_drawn_where_its_hotspot_points_and_moves_without_new_pictures() {
    let (_daemon, producer, consumer) = flowing();
    send(
        &producer,
        &Picture {
            pointer: Some(Pointer {
                position: (20, 10),
                image: Some(image((2, 4), (8, 6), WHITE)),
            }),
            ..picture(GREY)
        },
    );
    let white = luma(255);
    assert_eq!(drawn(&consumer.frame()), Some((18, 6, 25, 11, white)));
    for (position, expected) in [
        // Elsewhere; then over each edge and corner.
        ((40, 30), Some((38, 26, 45, 31, white))),
        ((0, 0), Some((0, 0, 5, 1, white))),
        ((63, 47), Some((61, 43, 63, 47, white))),
        ((-6, 20), None),
        ((-5, 20), Some((0, 16, 0, 21, white))),
        ((30, 1000), None),
        ((30, 20), Some((28, 16, 35, 21, white))),
    ] {
        send(&producer, &only(Some(at(position.0, position.1))));
        assert_eq!(drawn(&consumer.frame()), expected, "{position:?}");
    }
    send(&producer, &only(None));
    assert_eq!(drawn(&consumer.frame()), None);
    send(&producer, &only(None));
    consumer.no_frame();
    // It comes back as it was.
    send(&producer, &only(Some(at(30, 20))));
    assert_eq!(drawn(&consumer.frame()), Some((28, 16, 35, 21, white)));
}

#[test]
fn a_translucent_pointer_lets_the_screen_through() {
    let (_daemon, producer, consumer) = flowing();
    send(
        &producer,
        &Picture {
            // Half of white, multiplied by its alpha.
            pointer: Some(Pointer {
                position: (10, 10),
                image: Some(image((0, 0), (4, 4), [128; 4])),
            }),
            ..picture(GREY)
        },
    );
    let (left, top, right, bottom, value) = drawn(&consumer.frame()).unwrap();
    assert_eq!((left, top, right, bottom), (10, 10, 13, 13));
    assert!(value.abs_diff(luma(178)) <= 2, "{value}");
}

#[test]
fn a_pointer_that_moves_before_there_is_a_picture_shows_in_the_first_one() {
    let (_daemon, producer, consumer) = rig();
    let new = Pointer {
        position: (4, 4),
        image: Some(image((0, 0), (4, 4), WHITE)),
    };
    send(&producer, &only(Some(new)));
    consumer.no_frame();
    send(
        &producer,
        &Picture {
            pointer: Some(at(8, 8)),
            ..picture(GREY)
        },
    );
    let expected = Some((8, 8, 11, 11, luma(255)));
    assert_eq!(drawn(&consumer.frame()), expected);
}
