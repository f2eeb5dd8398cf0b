// SPDX-License-Identifier: GPL-3.0-or-later
//! Draws the mouse pointer: a writable picture in, the same with the pointer out.

use gstreamer_video::prelude::*;

use super::EncodeError;
use super::turn::{Writable, stride};
use crate::capture::frame::{Cursor, PixelFormat, Rect};

/// The pixels that the pointer and the picture share along one axis: where they begin in the pointer and in the picture,
/// and how many they are.
fn overlap(at: i32, length: u32, from: u32, room: u32) -> (usize, usize, usize) {
    let at = i64::from(at) - i64::from(from);
    let (begin, end) = (at.max(0), (at + i64::from(length)).min(i64::from(room)));
    let index = |n: i64| usize::try_from(n).unwrap_or(0);
    (index(begin - at), index(begin), index(end - begin))
}

/// Whether any of the pointer is in the visible part of the picture.
pub(super) fn shows(cursor: &Cursor, crop: Rect) -> bool {
    let (width, height) = cursor.image.size;
    overlap(cursor.at.0, width, crop.x, crop.width).2 > 0
        && overlap(cursor.at.1, height, crop.y, crop.height).2 > 0
}

/// Draws the pointer into the visible part of a picture. Fails for planar formats.
pub(super) fn draw(
    cursor: &Cursor,
    format: PixelFormat,
    crop: Rect,
    picture: &mut Writable,
) -> Result<(), EncodeError> {
    // Where red, green and blue are in a pixel.
    let order = match format {
        PixelFormat::Bgrx | PixelFormat::Bgra => [2, 1, 0],
        PixelFormat::Rgbx | PixelFormat::Rgba => [0, 1, 2],
        PixelFormat::Nv12 => return Err(EncodeError::BadPicture),
    };
    let (width, height) = cursor.image.size;
    let (from_x, to_x, columns) = overlap(cursor.at.0, width, crop.x, crop.width);
    let (from_y, to_y, rows) = overlap(cursor.at.1, height, crop.y, crop.height);
    let stride = stride(picture.plane_stride(), 0)?;
    let pixels = picture
        .plane_data_mut(0)
        .map_err(|_| EncodeError::BadPicture)?;
    let image = cursor
        .image
        .pixels
        .chunks_exact((width as usize * 4).max(4))
        .skip(from_y);
    for (from, to) in image.zip(pixels.chunks_mut(stride).skip(to_y)).take(rows) {
        let from = from.chunks_exact(4).skip(from_x);
        let to = to.chunks_exact_mut(4).skip(to_x);
        for (from, to) in from.zip(to).take(columns) {
            blend(from, to, order);
        }
    }
    Ok(())
}

/// Lays a pixel, multiplied by its alpha already, over another.
fn blend(from: &[u8], to: &mut [u8], order: [usize; 3]) {
    let [colours @ .., alpha] = from else { return };
    let through = u32::from(255 - alpha);
    for (colour, at) in colours.iter().zip(order) {
        if let Some(to) = to.get_mut(at) {
            let below = (u32::from(*to) * through + 127) / 255;
            *to = colour.saturating_add(u8::try_from(below).unwrap_or(u8::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_inside_the_picture_is_drawn() {
        assert_eq!(overlap(10, 5, 0, 100), (0, 10, 5));
        assert_eq!(overlap(-2, 5, 0, 100), (2, 0, 3));
        assert_eq!(overlap(98, 5, 0, 100), (0, 98, 2));
        assert_eq!(overlap(10, 5, 8, 4), (0, 2, 2));
        assert_eq!(overlap(-10, 5, 0, 100).2, 0);
        assert_eq!(overlap(100, 5, 0, 100).2, 0);
        assert_eq!(overlap(i32::MAX, u32::MAX, 0, 100).2, 0);
        assert_eq!(overlap(i32::MIN, u32::MAX, 0, 100), (2_147_483_648, 0, 100));
    }

    #[test]
    fn colours_are_mixed_by_alpha_in_the_order_of_the_picture() {
        let mut pixel = [10, 20, 30, 7];
        blend(&[100, 50, 0, 128], &mut pixel, [2, 1, 0]);
        assert_eq!(pixel, [5, 60, 115, 7]);
        blend(&[1, 2, 3, 255], &mut pixel, [0, 1, 2]);
        assert_eq!(pixel, [1, 2, 3, 7]);
        blend(&[0, 0, 0, 0], &mut pixel, [0, 1, 2]);
        assert_eq!(pixel, [1, 2, 3, 7]);
        // More colour than its alpha allows.
        blend(&[255, 255, 255, 0], &mut pixel, [0, 1, 2]);
        assert_eq!(pixel, [255, 255, 255, 7]);
    }
}
