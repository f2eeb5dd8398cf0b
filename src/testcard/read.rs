// SPDX-License-Identifier: GPL-3.0-or-later
//! Finding and reading the card in a decoded picture: luma in, the time and the places of the card's parts out.
//!
//! The card may be anywhere and of any size in the picture (a window on a desktop, scaled, with borders). A row through
//! the code crosses two finders, each a run of dark and light bars 1:1:3:1:1; the distance between them gives the size
//! of a cell, the height of their bars the place of the rows, and the check sum says whether it really was a card.

use std::time::Duration;

use super::code::{self, COLUMNS, ROWS};
use super::picture::{self, FINDER, GAP};

/// Brighter than this is light. Half way between black (16) and white (235) of limited-range luma.
const THRESHOLD: u8 = 126;

/// Cells from the middle of one finder to the middle of the other.
const FINDER_DISTANCE: f32 = (FINDER + 2 * GAP + COLUMNS) as f32;

/// Every how many rows a picture is searched at first; a code is at least 4 cells of 4 pixels high.
const ROW_STEP: usize = 8;

/// A plane of luma.
#[derive(Debug, Clone, Copy)]
pub struct Luma<'a> {
    /// The samples.
    pub data: &'a [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
    /// Samples a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Luma<'_> {
    fn row(&self, y: usize) -> Option<&[u8]> {
        if y >= self.height {
            return None;
        }
        self.data.get(y * self.stride..y * self.stride + self.width)
    }

    fn is_dark(&self, x: usize, y: usize) -> Option<bool> {
        Some(*self.row(y)?.get(x)? <= THRESHOLD)
    }
}

/// Where the code's grid lies in a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    /// Top left of the grid, in pixels.
    origin: (f32, f32),
    /// Size of a cell, in pixels.
    cell: (f32, f32),
}

/// What a picture said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The monotonic time at which the card was drawn.
    pub time: Duration,
    place: Place,
}

impl Reading {
    /// The pixel in the middle of colour patch `index` (see [`super::PATCHES`]).
    pub fn patch(&self, index: usize) -> (u32, u32) {
        self.pixel(picture::patch_center(index))
    }

    /// The pixel in the middle of the box that flashes.
    pub fn flash(&self) -> (u32, u32) {
        self.pixel(picture::flash_center())
    }

    fn pixel(&self, (x, y): (f32, f32)) -> (u32, u32) {
        let Place { origin, cell } = self.place;
        (
            (origin.0 + x * cell.0).max(0.0) as u32,
            (origin.1 + y * cell.1).max(0.0) as u32,
        )
    }
}

/// Reads pictures one after the other; remembers where the card was.
#[derive(Debug, Default)]
pub struct Reader {
    last: Option<Place>,
}

impl Reader {
    /// The time that the card in `picture` shows; `None` when there is no readable card.
    pub fn read(&mut self, picture: Luma<'_>) -> Option<Reading> {
        if let Some(place) = self.last
            && let Some(time) = read_at(picture, place)
        {
            return Some(Reading { time, place });
        }
        let reading = (0..picture.height)
            .step_by(ROW_STEP)
            .find_map(|y| search_row(picture, y));
        self.last = reading.map(|reading| reading.place);
        reading
    }
}

/// A finder in a row: the middle of its wide bar and the size of a cell, in pixels.
#[derive(Debug, Clone, Copy)]
struct Finder {
    middle: f32,
    cell: f32,
}

fn search_row(picture: Luma<'_>, y: usize) -> Option<Reading> {
    let finders = finders(picture.row(y)?);
    for (index, left) in finders.iter().enumerate() {
        for right in &finders[index + 1..] {
            let cell = (right.middle - left.middle) / FINDER_DISTANCE;
            if (cell - left.cell).abs() > 0.25 * cell || (cell - right.cell).abs() > 0.25 * cell {
                continue;
            }
            let Some((top, bottom)) = bar(picture, left.middle as usize, y) else {
                continue;
            };
            let x = left.middle + (FINDER as f32 / 2.0 + GAP as f32) * cell;
            let place = Place {
                origin: (x, top),
                cell: (cell, (bottom - top) / ROWS as f32),
            };
            if let Some(time) = read_at(picture, place) {
                return Some(Reading { time, place });
            }
        }
    }
    None
}

/// All runs dark, light, dark, light, dark of the widths 1:1:3:1:1 in a row; at most 16, a card has two.
fn finders(row: &[u8]) -> Vec<Finder> {
    let mut found = Vec::new();
    let mut starts = [0_usize; 6];
    let mut dark = false;
    for (x, sample) in row.iter().chain(std::iter::once(&u8::MAX)).enumerate() {
        let is_dark = *sample <= THRESHOLD;
        if is_dark == dark && x < row.len() {
            continue;
        }
        starts.rotate_left(1);
        starts[5] = x;
        // a finder ends where a dark run ends
        if dark && let Some(finder) = finder(starts) {
            found.push(finder);
            if found.len() == 16 {
                break;
            }
        }
        dark = is_dark;
    }
    found
}

/// A finder whose five bars begin at the first five of `starts` and end at the last.
fn finder(starts: [usize; 6]) -> Option<Finder> {
    let cell = (starts[5] - starts[0]) as f32 / FINDER as f32;
    let fits = starts
        .windows(2)
        .zip([1.0, 1.0, 3.0, 1.0, 1.0])
        .all(|(edges, width)| {
            let off = (edges[1] - edges[0]) as f32 - width * cell;
            off.abs() <= 0.5 * cell
        });
    (fits && cell >= 2.0).then(|| Finder {
        middle: (starts[2] + starts[3]) as f32 / 2.0,
        cell,
    })
}

/// The upper and lower end of the dark bar around (`x`, `y`).
fn bar(picture: Luma<'_>, x: usize, y: usize) -> Option<(f32, f32)> {
    let dark = |y: usize| picture.is_dark(x, y).unwrap_or(false);
    if !dark(y) {
        return None;
    }
    let top = (0..=y).rev().take_while(|y| dark(*y)).last()?;
    let bottom = (y..picture.height).take_while(|y| dark(*y)).last()? + 1;
    Some((top as f32, bottom as f32))
}

fn read_at(picture: Luma<'_>, place: Place) -> Option<Duration> {
    let mut bits = 0;
    for index in 0..ROWS * COLUMNS {
        let (column, row) = (index % COLUMNS, index / COLUMNS);
        let x = place.origin.0 + (column as f32 + 0.5) * place.cell.0;
        let y = place.origin.1 + (row as f32 + 0.5) * place.cell.1;
        if x < 0.0 || y < 0.0 {
            return None;
        }
        bits = bits << 1 | u64::from(picture.is_dark(x as usize, y as usize)?);
    }
    code::decode(bits)
}

#[cfg(test)]
mod tests {
    use super::super::Card;
    use super::*;

    /// The card as luma, full range, in the middle of a larger dark picture.
    fn framed(card: Card, time: Duration, border: usize) -> (Vec<u8>, usize, usize) {
        let (width, height) = card.size();
        let mut pixels = vec![0; width as usize * height as usize * 4];
        card.draw(time, &mut pixels);
        let (outer_width, outer_height) =
            (width as usize + 2 * border, height as usize + 2 * border);
        let mut luma = vec![30; outer_width * outer_height];
        for y in 0..height as usize {
            for x in 0..width as usize {
                let at = (y * width as usize + x) * 4;
                luma[(y + border) * outer_width + x + border] = pixels[at + 1];
            }
        }
        (luma, outer_width, outer_height)
    }

    #[test]
    fn the_time_is_read_from_cards_of_many_sizes_and_places() {
        let time = Duration::from_micros(98_765_432_101);
        for (width, height, border) in [
            (1280, 720, 0),
            (1920, 1080, 0),
            (640, 400, 57),
            (320, 180, 3),
            (801, 601, 20),
        ] {
            let (luma, w, h) = framed(Card::new(width, height), time, border);
            let reading = Reader::default().read(Luma {
                data: &luma,
                stride: w,
                width: w,
                height: h,
            });
            assert_eq!(
                reading.map(|r| r.time),
                Some(time),
                "{width}x{height}+{border}"
            );
        }
    }

    #[test]
    fn a_card_that_moved_is_found_again() {
        let mut reader = Reader::default();
        for border in [0, 40, 16] {
            let time = Duration::from_millis(1234 + border as u64);
            let (luma, w, h) = framed(Card::new(640, 360), time, border);
            let reading = reader.read(Luma {
                data: &luma,
                stride: w,
                width: w,
                height: h,
            });
            assert_eq!(reading.map(|r| r.time), Some(time));
        }
    }

    #[test]
    fn patches_and_flash_lie_where_the_reading_says() {
        let time = Duration::from_millis(5_050);
        let (luma, w, h) = framed(Card::new(1280, 720), time, 10);
        let reading = Reader::default()
            .read(Luma {
                data: &luma,
                stride: w,
                width: w,
                height: h,
            })
            .expect("readable");
        for (index, color) in super::super::PATCHES.iter().enumerate() {
            let (x, y) = reading.patch(index);
            assert_eq!(luma[y as usize * w + x as usize], color[1], "patch {index}");
        }
        let (x, y) = reading.flash();
        assert!(
            luma[y as usize * w + x as usize] > 200,
            "the flash is lit in the first 100 ms of a second"
        );
    }

    #[test]
    fn noise_and_emptiness_are_not_read() {
        let mut state = 1_u32;
        let noise: Vec<u8> = (0..640 * 360)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        let mut reader = Reader::default();
        assert_eq!(
            reader.read(Luma {
                data: &noise,
                stride: 640,
                width: 640,
                height: 360
            }),
            None
        );
        assert_eq!(
            reader.read(Luma {
                data: &[],
                stride: 0,
                width: 0,
                height: 0
            }),
            None
        );
        assert_eq!(
            reader.read(Luma {
                data: &noise[..100],
                stride: 640,
                width: 640,
                height: 360
            }),
            None
        );
    }
}
