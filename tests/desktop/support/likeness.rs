// SPDX-License-Identifier: GPL-3.0-or-later
//! Whether the receiver shows what the sender's screen shows: still parts of both pictures, and the card's colours.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use telecast::testcard::{PATCHES, Reading};

use super::picture::{Area, Picture, psnr};
use super::session::Session;

/// The snapshot is written once a second and the first ones may be of low quality; the machine may be busy.
const LIMIT: Duration = Duration::from_secs(40);
/// The title of the card's window.
pub const CARD: &str = "Telecast Test Card";
/// In dB.
const QUALITY: f64 = 30.0;
/// What is lost in 4:2:0 and limited range, besides the coder's noise.
const COLOUR_ERROR: f64 = 6.0;

/// What is cast, and so what is compared besides the card's patches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cast {
    /// The screen: the wallpaper beside the card's window.
    Screen,
    /// The card's window: its size to the pixel, and all of it around and below the patches.
    Window,
    /// The same, and on a busy machine a smaller picture of it will do: then only the card's colours are compared.
    WindowOrSmaller,
    /// A monitor beside the first one: its size, and the card's window that was moved there.
    Monitor(Area),
}

/// The place that an object of [`windows`](super::session::Session::windows) or
/// [`monitors`](super::session::Session::monitors) names.
pub fn place(object: &Value) -> Area {
    let number = |key: &str| u32::try_from(object[key].as_i64().unwrap().max(0)).unwrap();
    Area {
        x: number("x"),
        y: number("y"),
        width: number("width"),
        height: number("height"),
    }
}

/// Waits until the receiver's picture is like the screen's. Panics, saying what is not.
pub fn wait_for_likeness(desktop: &Session, tv_picture: &Path, what: Cast) {
    let deadline = Instant::now() + LIMIT;
    while let Err(complaint) = compare(desktop, tv_picture, what) {
        assert!(
            Instant::now() < deadline,
            "not like the screen within {LIMIT:?}: {complaint}"
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn compare(desktop: &Session, tv_picture: &Path, what: Cast) -> Result<(), String> {
    let tv = Picture::read(tv_picture).ok_or("no picture yet")?;
    let card = tv.card().ok_or("no test card in the decoded picture")?;
    let file = desktop.path("screen.png");
    desktop.screenshot(&file);
    let screen = Picture::read(&file).expect("a screenshot");
    let window = window(desktop);
    let smaller =
        tv.width < window.width && tv.width * window.height / tv.height.max(1) == window.width;
    if what == Cast::WindowOrSmaller && smaller {
        return compare_colours(&tv, &card);
    }
    let (area, name) = match what {
        Cast::Screen if (tv.width, tv.height) != (screen.width, screen.height) => {
            return Err(format!(
                "{}x{} is not the screen's size",
                tv.width, tv.height
            ));
        }
        Cast::Screen => (wallpaper(window, &screen), "wallpaper"),
        Cast::Window | Cast::WindowOrSmaller
            if (tv.width, tv.height) != (window.width, window.height) =>
        {
            return Err(format!("{}x{} is not like {window:?}", tv.width, tv.height));
        }
        Cast::Window | Cast::WindowOrSmaller => (below(window, card.patch(0).1), "window"),
        Cast::Monitor(monitor) if (tv.width, tv.height) != (monitor.width, monitor.height) => {
            return Err(format!(
                "{}x{} is not like {monitor:?}",
                tv.width, tv.height
            ));
        }
        Cast::Monitor(monitor) => {
            let (x, y) = card.patch(0);
            let (left, top) = (window.x - monitor.x, window.y - monitor.y);
            if x < left || y < top {
                return Err(format!("the card is still on its way to {window:?}"));
            }
            (below(window, y - top), "window on the monitor")
        }
    };
    let at = match what {
        Cast::Screen => (area.x, area.y),
        Cast::Window | Cast::WindowOrSmaller => (area.x - window.x, area.y - window.y),
        Cast::Monitor(monitor) => (area.x - monitor.x, area.y - monitor.y),
    };
    let quality = psnr(&screen, area, &tv, at);
    if quality <= QUALITY {
        return Err(format!("the {name} has {quality:.1} dB"));
    }
    compare_colours(&tv, &card)
}

fn compare_colours(tv: &Picture, card: &Reading) -> Result<(), String> {
    for (index, patch) in PATCHES.iter().enumerate() {
        let seen = tv.colour_around(card.patch(index));
        let differs = |(seen, wanted): (f64, &u8)| (seen - f64::from(*wanted)).abs() > COLOUR_ERROR;
        if seen.into_iter().zip(patch).any(differs) {
            return Err(format!("patch {index}: {seen:?} instead of {patch:?}"));
        }
    }
    Ok(())
}

/// Where the card's window is on the screen.
fn window(desktop: &Session) -> Area {
    let windows = desktop.windows();
    let card = windows.iter().find(|window| window["title"] == CARD);
    place(card.expect("the test card's window"))
}

/// The part of the window where nothing moves: from the upper half of the patches, whose middle is `y` pixels below the
/// window's edge, to the round corners.
fn below(window: Area, y: u32) -> Area {
    let (above, corners) = (4, 16);
    Area {
        y: window.y + y - above,
        height: window.height - y + above - corners,
        ..window
    }
}

/// The wallpaper beside the card's window, without the top bar and its clock.
fn wallpaper(window: Area, screen: &Picture) -> Area {
    let (left, right) = (window.x, window.x + window.width);
    let (top, bottom) = (48, screen.height);
    // A shadow surrounds the window.
    let margin = 40;
    let (x, end) = if left > screen.width - right {
        (0, left.saturating_sub(margin))
    } else {
        (right + margin, screen.width)
    };
    let area = Area {
        x,
        y: top,
        width: end.saturating_sub(x),
        height: bottom - top,
    };
    assert!(
        area.width > 50,
        "the window leaves no still part: {window:?}"
    );
    area
}
