// SPDX-License-Identifier: GPL-3.0-or-later
//! The margin of a window's picture: pictures of one stream in, a smaller crop out. Reads pixels, never changes them.
//!
//! GNOME's crop rectangle is the window's surface, to which belongs the shadow that GTK and others draw around the window
//! themselves. Where the window ends within it no metadata says, but pixels do: a shadow is black that lets light through.
//! Alpha is ignored later on, so that the margin would be seen as a black frame around the window.
//!
//! While the window keeps its size the margin only gets smaller, so that a translucent window with black edges does not
//! make the cast change its size again and again. But it is found anew once when a resize has settled: GNOME's first
//! pictures after one may still show the old window in the new crop. A picture in a DMA-BUF is left as it is: reading it
//! would cost more than the margin does.

use super::buffer::union;
use crate::capture::frame::{Memory, PixelFormat, Plane, RawFrame, Rect};

/// What is darker is no shadow (GTK's have up to 136 of 255 at the window's edge) but perhaps a translucent terminal.
const DARKEST_SHADOW: u8 = 192;

/// Pictures after which a resize has settled: half a second of a moving window.
const SETTLED: u32 = 15;

/// Finds and leaves out the margin of a stream's pictures.
#[derive(Debug, Default)]
pub(super) struct Margin {
    known: Option<Known>,
}

#[derive(Debug)]
struct Known {
    /// The producer's crop.
    crop: Rect,
    /// What of it is the window as far as is known.
    window: Rect,
    /// Pictures that had this crop.
    pictures: u32,
}

impl Margin {
    /// Makes the crop of `frame` smaller by its margin.
    pub fn trim(&mut self, frame: &mut RawFrame) {
        let crop = frame.crop;
        let Some(found) = content(frame) else { return };
        let (pictures, window) = match &self.known {
            Some(known) if known.crop == crop => {
                let pictures = known.pictures.saturating_add(1);
                let anew = pictures == SETTLED;
                (
                    pictures,
                    if anew {
                        found
                    } else {
                        union(known.window, found)
                    },
                )
            }
            _ => (1, found),
        };
        self.known = Some(Known {
            crop,
            window,
            pictures,
        });
        frame.crop = window;
    }
}

/// The smallest part of the crop outside of which everything is shadow; `None` when all of it is, or it cannot be told.
fn content(frame: &RawFrame) -> Option<Rect> {
    let (PixelFormat::Bgra | PixelFormat::Rgba) = frame.format else {
        return None;
    };
    let Memory::Bytes(bytes) = &frame.memory else {
        return None;
    };
    let (crop, [plane, _]) = (frame.crop, frame.planes);
    let rows: Vec<&[u8]> = (crop.y..crop.y.checked_add(crop.height)?)
        .map(|y| row(bytes.bytes(), plane, crop, y))
        .collect::<Option<_>>()?;
    let top = rows.iter().position(|row| first_content(row).is_some())?;
    let bottom = rows.iter().rposition(|row| first_content(row).is_some())?;
    // Both shrink with each row, so that few pixels of the later ones are looked at.
    let mut left = crop.width as usize;
    let mut right = 0;
    for row in rows.get(top..=bottom)? {
        left = first_content(row.get(..4 * left)?).unwrap_or(left);
        right += last_content(row.get(4 * right..)?).map_or(0, |index| index + 1);
    }
    Some(Rect {
        x: crop.x + left as u32,
        y: crop.y + top as u32,
        width: (right - left) as u32,
        height: (bottom - top) as u32 + 1,
    })
}

/// The pixels of the crop in row `y`.
fn row(bytes: &[u8], plane: Plane, crop: Rect, y: u32) -> Option<&[u8]> {
    let start = (y as usize)
        .checked_mul(plane.stride)?
        .checked_add(plane.offset)?
        .checked_add(4 * crop.x as usize)?;
    bytes.get(start..start.checked_add(4 * crop.width as usize)?)
}

fn first_content(row: &[u8]) -> Option<usize> {
    row.chunks_exact(4).position(is_content)
}

fn last_content(row: &[u8]) -> Option<usize> {
    row.chunks_exact(4).rposition(is_content)
}

/// Whether a pixel (colour premultiplied, alpha last) is anything else than shadow.
fn is_content(pixel: &[u8]) -> bool {
    !matches!(pixel, [0, 0, 0, alpha] if *alpha < DARKEST_SHADOW)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use super::*;
    use crate::capture::frame::Transform;

    const SIZE: (u32, u32) = (40, 30);

    fn rect(x: u32, y: u32, width: u32, height: u32) -> Rect {
        Rect {
            x,
            y,
            width,
            height,
        }
    }

    /// A picture of [`SIZE`] whose pixels lie in `crop` of a larger buffer.
    fn frame(format: PixelFormat, crop: Rect, pixel: impl Fn(u32, u32) -> [u8; 4]) -> RawFrame {
        let stride = 4 * 64;
        let mut bytes = vec![0; stride * 64];
        for y in 0..crop.height {
            for x in 0..crop.width {
                let at = (crop.y + y) as usize * stride + 4 * (crop.x + x) as usize;
                bytes[at..at + 4].copy_from_slice(&pixel(x, y));
            }
        }
        let now = Instant::now();
        let plane = Plane { offset: 0, stride };
        RawFrame {
            captured: now,
            received: now,
            format,
            size: (64, 64),
            crop,
            transform: Transform::None,
            damage: None,
            planes: [plane, plane],
            memory: Memory::Bytes(Arc::new(bytes)),
            cursor: None,
        }
    }

    fn inside(area: Rect, x: u32, y: u32) -> bool {
        (area.x..area.x + area.width).contains(&x) && (area.y..area.y + area.height).contains(&y)
    }

    /// A window of one colour with a shadow around it.
    fn window(area: Rect, colour: [u8; 4]) -> impl Fn(u32, u32) -> [u8; 4] {
        move |x, y| {
            if inside(area, x, y) {
                colour
            } else {
                [0, 0, 0, (x + y) as u8]
            }
        }
    }

    #[test]
    fn the_shadow_around_a_window_is_left_out() {
        let crop = rect(3, 2, SIZE.0, SIZE.1);
        for colour in [[9, 9, 9, 255], [0, 0, 0, 255], [5, 0, 0, 100]] {
            let mut frame = frame(PixelFormat::Bgra, crop, window(rect(6, 4, 30, 20), colour));
            Margin::default().trim(&mut frame);
            assert_eq!(frame.crop, rect(9, 6, 30, 20), "{colour:?}");
        }
    }

    #[test]
    fn a_single_pixel_of_content_counts() {
        let crop = rect(0, 0, SIZE.0, SIZE.1);
        let lonely = |x, y| match (x, y) {
            (5, 20) | (30, 7) => [1, 0, 0, 2],
            _ => [0; 4],
        };
        let mut frame = frame(PixelFormat::Rgba, crop, lonely);
        Margin::default().trim(&mut frame);
        assert_eq!(frame.crop, rect(5, 7, 26, 14));
    }

    #[test]
    fn the_margin_only_gets_smaller_but_for_the_end_of_a_resize() {
        let mut margin = Margin::default();
        let mut after = |crop, area| {
            let mut frame = frame(PixelFormat::Bgra, crop, window(area, [9, 9, 9, 255]));
            margin.trim(&mut frame);
            frame.crop
        };
        let crop = rect(0, 0, SIZE.0, SIZE.1);
        assert_eq!(after(crop, rect(6, 4, 30, 20)), rect(6, 4, 30, 20));
        assert_eq!(after(crop, rect(10, 8, 10, 10)), rect(6, 4, 30, 20));
        assert_eq!(after(crop, rect(4, 4, 10, 22)), rect(4, 4, 32, 22));
        for _ in 4..SETTLED {
            assert_eq!(after(crop, rect(6, 4, 20, 20)), rect(4, 4, 32, 22));
        }
        assert_eq!(after(crop, rect(6, 4, 20, 20)), rect(6, 4, 20, 20));
        assert_eq!(after(crop, rect(7, 4, 18, 20)), rect(6, 4, 20, 20));
        let smaller = rect(0, 0, 20, 20);
        assert_eq!(after(smaller, rect(2, 2, 16, 16)), rect(2, 2, 16, 16));
    }

    #[test]
    fn pictures_that_are_shadow_alone_or_without_alpha_or_too_short_stay_whole() {
        let crop = rect(0, 0, SIZE.0, SIZE.1);
        let area = rect(6, 4, 30, 20);
        let mut empty = frame(PixelFormat::Bgra, crop, |_, _| [0, 0, 0, 50]);
        let mut opaque = frame(PixelFormat::Bgrx, crop, window(area, [9; 4]));
        let mut short = frame(PixelFormat::Bgra, crop, window(area, [9; 4]));
        short.memory = Memory::Bytes(Arc::new(vec![9; 100]));
        for frame in [&mut empty, &mut opaque, &mut short] {
            Margin::default().trim(frame);
            assert_eq!(frame.crop, crop);
        }
    }
}
