// SPDX-License-Identifier: GPL-3.0-or-later
//! Whether the receiver shows what the sender's screen shows: still parts of both pictures, and the card's colours.

use std::time::{Duration, Instant};

use telecast::testcard::PATCHES;

use super::cast::Cast;
use super::picture::{Area, Picture, psnr};

/// The snapshot is written once a second and the first ones may be of low quality; the machine may be busy.
const LIMIT: Duration = Duration::from_secs(40);
/// In dB.
const QUALITY: f64 = 30.0;
/// What is lost in 4:2:0 and limited range, besides the coder's noise.
const COLOUR_ERROR: f64 = 6.0;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The card's patches, wherever it is in the receiver's picture. GNOME's picture of a window is not pixel for pixel
    /// what the screen shows (the card comes one to two pixels narrower), so its edges cannot be compared.
    Patches,
    /// These, and the wallpaper beside the card's window; the whole screen is cast.
    PatchesAndWallpaper,
}

/// Waits until the receiver's picture is like the screen's. Panics, saying what is not.
pub fn wait_for_likeness(cast: &Cast, part: Part) {
    let deadline = Instant::now() + LIMIT;
    while let Err(complaint) = compare(cast, part) {
        assert!(
            Instant::now() < deadline,
            "not like the screen within {LIMIT:?}: {complaint}"
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn compare(cast: &Cast, part: Part) -> Result<(), String> {
    let tv = Picture::read(&cast.tv_picture()).ok_or("no picture yet")?;
    let card = tv.card().ok_or("no test card in the decoded picture")?;
    if part == Part::PatchesAndWallpaper {
        let file = cast.desktop.path("screen.png");
        cast.desktop.screenshot(&file);
        let screen = Picture::read(&file).expect("a screenshot");
        let quality = psnr(&screen, &tv, wallpaper(cast, &screen));
        if quality <= QUALITY {
            return Err(format!("the wallpaper has {quality:.1} dB"));
        }
    }
    for (index, patch) in PATCHES.iter().enumerate() {
        let seen = tv.colour_around(card.patch(index));
        let differs = |(seen, wanted): (f64, &u8)| (seen - f64::from(*wanted)).abs() > COLOUR_ERROR;
        if seen.into_iter().zip(patch).any(differs) {
            return Err(format!("patch {index}: {seen:?} instead of {patch:?}"));
        }
    }
    Ok(())
}

/// The wallpaper beside the card's window, without the top bar and its clock.
fn wallpaper(cast: &Cast, screen: &Picture) -> Area {
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
