// SPDX-License-Identifier: GPL-3.0-or-later
//! One proof: a profile in, the mean time of a frame or the reason why not out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gstreamer as gst;

use crate::capture::frame::{Memory, PixelFormat, Plane, RawFrame, Rect, Transform};
use crate::encode::branch::{Branch, Stamp};
use crate::encode::convert::{Converter, Picture};
use crate::encode::error::EncodeError;
use crate::encode::layout::{Fit, Limits};
use crate::encode::profile::Profile;

/// Pictures of a proof: enough to see an encoder that keeps some back.
const PICTURES: u32 = 6;

/// The one that is to be a key frame besides the first.
const KEY: u32 = 3;

/// Size of the pictures: every encoder takes it.
const SIZE: (u32, u32) = (640, 360);

/// Bits per second.
const BITRATE: u32 = 2_000_000;

/// Encodes some pictures. Each must come out as one frame, the first and the one asked for as key frames, within the
/// time limits of [`Branch`]; the whole thing therefore ends in bounded time whatever the driver does.
pub fn prove(profile: &Arc<Profile>) -> Result<Duration, EncodeError> {
    crate::chain::init()?;
    let mut converter = Converter::new(profile.codec, 30, 1);
    let limits = Limits {
        max: SIZE,
        min: profile.min_size,
        fit: Fit::Picture,
        overscan_pct: 0,
    };
    let mut branch: Option<Branch> = None;
    let start = Instant::now();
    for number in 0..PICTURES {
        let picture = converter.convert(&pattern(number, start), &limits, profile.input)?;
        let branch = match &mut branch {
            Some(branch) => branch,
            None => branch.insert(Branch::start(profile, &picture, BITRATE)?),
        };
        encode(branch, &picture, number)?;
    }
    Ok(start.elapsed() / PICTURES)
}

fn encode(branch: &mut Branch, picture: &Picture, number: u32) -> Result<(), EncodeError> {
    let interval = Duration::from_nanos(gst::ClockTime::SECOND.nseconds() / 30);
    let stamp = Stamp {
        at: interval * number,
        lasts: interval,
    };
    branch.encode(picture, stamp, number == KEY).map(|_| ())
}

/// A picture of stripes that move.
fn pattern(number: u32, captured: Instant) -> RawFrame {
    let (width, height) = SIZE;
    let mut pixels = Vec::with_capacity((width * height * 4) as usize);
    for y in 0..height {
        for x in 0..width {
            let stripe = (x + y + number * 8) as u8;
            pixels.extend_from_slice(&[stripe, stripe.wrapping_mul(3), (y / 2) as u8, 0]);
        }
    }
    let plane = Plane {
        offset: 0,
        stride: width as usize * 4,
    };
    RawFrame {
        captured,
        received: captured,
        format: PixelFormat::Bgrx,
        size: SIZE,
        crop: Rect {
            x: 0,
            y: 0,
            width,
            height,
        },
        transform: Transform::None,
        damage: None,
        planes: [plane, plane],
        memory: Memory::Bytes(Arc::new(pixels)),
        cursor: None,
    }
}
