// SPDX-License-Identifier: GPL-3.0-or-later
//! The card as rectangles: a size and a time in, [`Shape`]s out; and the same rectangles in a buffer of pixels.

use std::time::Duration;

use super::code;

/// Cells across the card.
pub const CARD_COLUMNS: u32 = 64;
/// Cells down the card.
pub const CARD_ROWS: u32 = 36;

/// Where the time code's grid begins, in cells.
pub(super) const CODE_AT: (u32, u32) = (24, 3);
/// Cells between a finder and the grid.
pub(super) const GAP: u32 = 1;
/// Cells across a finder: bars of 1, 1, 3, 1, 1.
pub(super) const FINDER: u32 = 7;
/// Where the box is that flashes, in cells: x, y, width, height.
pub const FLASH: (u32, u32, u32, u32) = (54, 15, 8, 6);
/// How long the flash and the beep last from each full second.
pub const FLASH_TIME: Duration = Duration::from_millis(100);
/// Where the patches begin, in cells, and how large one is.
const PATCH_AT: (u32, u32) = (8, 27);
const PATCH_SIZE: (u32, u32) = (6, 6);

/// A colour: red, green, blue, full range sRGB.
pub type Color = [u8; 3];

/// The colours of the patches, left to right. Kept off the very ends of the range, so that a coder's overshoot does not
/// clip unnoticed.
pub const PATCHES: [Color; 8] = [
    [235, 235, 235],
    [200, 200, 20],
    [20, 200, 200],
    [20, 200, 20],
    [200, 20, 200],
    [200, 20, 20],
    [20, 20, 200],
    [20, 20, 20],
];

const PAPER: Color = [244, 244, 244];
const INK: Color = [12, 12, 12];
const GROUND: Color = [94, 104, 118];
const BAND: Color = [70, 78, 90];
const BAND_INK: Color = [196, 200, 206];
const SQUARE: Color = [246, 150, 40];

/// A filled rectangle in pixels of the card's picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
    /// Filled with this.
    pub color: Color,
}

/// A test card of a certain size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    width: u32,
    height: u32,
    cell: u32,
    left: u32,
    top: u32,
}

impl Card {
    /// A card for a picture of `width` x `height` pixels. Below 256 x 144 the code is too small to survive coding.
    pub fn new(width: u32, height: u32) -> Card {
        let cell = (width / CARD_COLUMNS).min(height / CARD_ROWS).max(1);
        Card {
            width,
            height,
            cell,
            left: width.saturating_sub(cell * CARD_COLUMNS) / 2,
            top: height.saturating_sub(cell * CARD_ROWS) / 2,
        }
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Whether the flash is lit (and the beep sounds) at `time`.
    pub fn flashes(time: Duration) -> bool {
        time.subsec_nanos() < FLASH_TIME.subsec_nanos()
    }

    /// Calls `paint` with each rectangle of the card at `time` (the monotonic clock), back to front.
    pub fn paint(&self, time: Duration, mut paint: impl FnMut(Shape)) {
        paint(Shape {
            x: 0,
            y: 0,
            width: self.width,
            height: self.height,
            color: GROUND,
        });
        self.paint_band(time, &mut paint);
        self.paint_square(time, &mut paint);
        self.paint_flash(time, &mut paint);
        self.paint_patches(&mut paint);
        self.paint_code(time, &mut paint);
    }

    fn cells(&self, (x, y, width, height): (u32, u32, u32, u32), color: Color) -> Shape {
        let c = self.cell;
        Shape {
            x: self.left + x * c,
            y: self.top + y * c,
            width: width * c,
            height: height * c,
            color,
        }
    }

    fn paint_code(&self, time: Duration, paint: &mut impl FnMut(Shape)) {
        let (x, y) = CODE_AT;
        let (margin, rows) = (FINDER + GAP + 1, code::ROWS);
        paint(self.cells(
            (x - margin, y - 1, code::COLUMNS + 2 * margin, rows + 2),
            PAPER,
        ));
        for finder in [x - GAP - FINDER, x + code::COLUMNS + GAP] {
            for (bar, width) in [(0, 1), (2, 3), (6, 1)] {
                paint(self.cells((finder + bar, y, width, rows), INK));
            }
        }
        let code = code::encode(time);
        for index in 0..code::ROWS * code::COLUMNS {
            if code >> (63 - index) & 1 == 1 {
                paint(self.cells(
                    (x + index % code::COLUMNS, y + index / code::COLUMNS, 1, 1),
                    INK,
                ));
            }
        }
    }

    /// Bars of many widths that scroll to the left like a line of text, 6 cells a second.
    fn paint_band(&self, time: Duration, paint: &mut impl FnMut(Shape)) {
        const PERIOD: u32 = 128;
        paint(self.cells((0, 10, CARD_COLUMNS, 4), BAND));
        let card = u64::from(self.cell * CARD_COLUMNS);
        let travelled = time.as_millis() as u64 * 6 * u64::from(self.cell) / 1000;
        let (mut column, mut state) = (0, 0x2545_u32);
        while column < PERIOD {
            // a small linear congruential generator: the same bars on every card
            state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345) & 0x7FFF_FFFF;
            let (width, rise) = (1 + (state >> 16) % 3, (state >> 20) % 2);
            let loop_px = u64::from(PERIOD * self.cell);
            let x = (u64::from(column * self.cell) + loop_px - travelled % loop_px) % loop_px;
            if x < card {
                let width = u64::from(width * self.cell).min(card - x) as u32;
                let y = self.top + (11 - rise) * self.cell + self.cell / 2;
                let height = (2 + rise) * self.cell;
                paint(Shape {
                    x: self.left + x as u32,
                    y,
                    width,
                    height,
                    color: BAND_INK,
                });
            }
            column += width + 1;
        }
    }

    /// A square that wanders to and fro, with a period of 4 s across and 3 s down.
    fn paint_square(&self, time: Duration, paint: &mut impl FnMut(Shape)) {
        let swing = |period_ms: u128, way: u32| {
            let phase =
                (time.as_millis() % period_ms) as u64 * 2 * u64::from(way) / period_ms as u64;
            let way = u64::from(way);
            (if phase > way { 2 * way - phase } else { phase }) as u32
        };
        let (x, y) = (swing(4000, 44 * self.cell), swing(3000, 6 * self.cell));
        let side = 5 * self.cell;
        let (x, y) = (self.left + 2 * self.cell + x, self.top + 15 * self.cell + y);
        paint(Shape {
            x,
            y,
            width: side,
            height: side,
            color: SQUARE,
        });
    }

    fn paint_flash(&self, time: Duration, paint: &mut impl FnMut(Shape)) {
        paint(self.cells(FLASH, if Card::flashes(time) { PAPER } else { INK }));
    }

    fn paint_patches(&self, paint: &mut impl FnMut(Shape)) {
        for (index, color) in (0..).zip(PATCHES) {
            paint(self.cells(
                (
                    PATCH_AT.0 + index * PATCH_SIZE.0,
                    PATCH_AT.1,
                    PATCH_SIZE.0,
                    PATCH_SIZE.1,
                ),
                color,
            ));
        }
    }

    /// Draws the card at `time` into 4-byte pixels (blue, green, red, opaque), rows without padding.
    ///
    /// Pixels beyond the buffer are left out.
    pub fn draw(&self, time: Duration, bgrx: &mut [u8]) {
        let stride = self.width as usize * 4;
        self.paint(time, |shape| fill(bgrx, stride, shape));
    }
}

/// Where the middle of patch `index` lies, in cells from the top left of the time code's grid.
pub(super) fn patch_center(index: usize) -> (f32, f32) {
    let x = (PATCH_AT.0 + index as u32 * PATCH_SIZE.0) as f32 + PATCH_SIZE.0 as f32 / 2.0;
    let y = PATCH_AT.1 as f32 + PATCH_SIZE.1 as f32 / 2.0;
    (x - CODE_AT.0 as f32, y - CODE_AT.1 as f32)
}

/// Where the middle of the flashing box lies, in cells from the top left of the time code's grid.
pub(super) fn flash_center() -> (f32, f32) {
    let (x, y, width, height) = FLASH;
    (
        x as f32 + width as f32 / 2.0 - CODE_AT.0 as f32,
        y as f32 + height as f32 / 2.0 - CODE_AT.1 as f32,
    )
}

/// Fills one rectangle: its first row pixel by pixel, the others by copying that one.
fn fill(bgrx: &mut [u8], stride: usize, shape: Shape) {
    if stride == 0 {
        return;
    }
    let [red, green, blue] = shape.color;
    let start = shape.y as usize * stride + shape.x as usize * 4;
    let len = (shape.width as usize * 4).min(stride.saturating_sub(shape.x as usize * 4));
    let Some(first) = bgrx.get_mut(start..start + len) else {
        return;
    };
    first.as_chunks_mut::<4>().0.fill([blue, green, red, 255]);
    for row in 1..shape.height as usize {
        let to = start + row * stride;
        if to + len > bgrx.len() {
            return;
        }
        bgrx.copy_within(start..start + len, to);
    }
}
