// SPDX-License-Identifier: GPL-3.0-or-later
//! Turns and mirrors a picture plane by plane: a lying picture in, an upright one out.

use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

use super::EncodeError;
use crate::capture::frame::Transform;

pub(super) type Readable = gst_video::VideoFrame<gst_video::video_frame::Readable>;
pub(super) type Writable = gst_video::VideoFrame<gst_video::video_frame::Writable>;

/// Size of the upright picture.
pub(super) fn turned_size((width, height): (u32, u32), transform: Transform) -> (u32, u32) {
    match transform {
        Transform::None | Transform::Rotate180 | Transform::Flipped | Transform::Flipped180 => {
            (width, height)
        }
        Transform::Rotate90
        | Transform::Rotate270
        | Transform::Flipped90
        | Transform::Flipped270 => (height, width),
    }
}

/// Where the pixel at (x, y) of the upright picture lies in a picture of `w` x `h` that is mirrored first, then turned
/// counter-clockwise.
fn origin(x: usize, y: usize, (w, h): (usize, usize), transform: Transform) -> (usize, usize) {
    let (right, bottom) = (w.saturating_sub(1), h.saturating_sub(1));
    let (sx, sy) = match transform {
        Transform::None | Transform::Flipped => (x, y),
        Transform::Rotate90 | Transform::Flipped90 => (right.saturating_sub(y), x),
        Transform::Rotate180 | Transform::Flipped180 => {
            (right.saturating_sub(x), bottom.saturating_sub(y))
        }
        Transform::Rotate270 | Transform::Flipped270 => (y, bottom.saturating_sub(x)),
    };
    match transform {
        Transform::Flipped
        | Transform::Flipped90
        | Transform::Flipped180
        | Transform::Flipped270 => (right.saturating_sub(sx), sy),
        _ => (sx, sy),
    }
}

/// Fills `upright` from `lying`.
pub(super) fn turn(
    lying: &Readable,
    upright: &mut Writable,
    transform: Transform,
) -> Result<(), EncodeError> {
    let planes = lying.n_planes();
    for plane in 0..planes {
        // Packed formats have one plane of 4-byte pixels; NV12 has 1-byte luma and 2-byte chroma at half size.
        let (bytes, step) = match (planes, plane) {
            (1, _) => (4, 1),
            (_, 0) => (1, 1),
            _ => (2, 2),
        };
        let size = (
            lying.width().div_ceil(step) as usize,
            lying.height().div_ceil(step) as usize,
        );
        let width = upright.width().div_ceil(step) as usize;
        let strides = (
            stride(lying.plane_stride(), plane)?,
            stride(upright.plane_stride(), plane)?,
        );
        let from = lying
            .plane_data(plane)
            .map_err(|_| EncodeError::BadPicture)?;
        let to = upright
            .plane_data_mut(plane)
            .map_err(|_| EncodeError::BadPicture)?;
        for (y, row) in to.chunks_mut(strides.1).enumerate() {
            for (x, pixel) in row.chunks_exact_mut(bytes).take(width).enumerate() {
                let (sx, sy) = origin(x, y, size, transform);
                let start = sy * strides.0 + sx * bytes;
                if let Some(source) = from.get(start..start + bytes) {
                    pixel.copy_from_slice(source);
                }
            }
        }
    }
    Ok(())
}

pub(super) fn stride(strides: &[i32], plane: u32) -> Result<usize, EncodeError> {
    strides
        .get(plane as usize)
        .and_then(|stride| usize::try_from(*stride).ok())
        .filter(|stride| *stride > 0)
        .ok_or(EncodeError::BadPicture)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a picture of the pixels `abc` / `def` through a transform.
    fn upright(transform: Transform) -> String {
        let rows = ["abc", "def"];
        let (width, height) = turned_size((3, 2), transform);
        let mut out = Vec::new();
        for y in 0..height as usize {
            let row: String = (0..width as usize)
                .map(|x| {
                    let (sx, sy) = origin(x, y, (3, 2), transform);
                    rows[sy].as_bytes()[sx] as char
                })
                .collect();
            out.push(row);
        }
        out.join("/")
    }

    #[test]
    fn pictures_are_turned_counter_clockwise_after_mirroring() {
        for (transform, expected) in [
            (Transform::None, "abc/def"),
            (Transform::Rotate90, "cf/be/ad"),
            (Transform::Rotate180, "fed/cba"),
            (Transform::Rotate270, "da/eb/fc"),
            (Transform::Flipped, "cba/fed"),
            (Transform::Flipped90, "ad/be/cf"),
            (Transform::Flipped180, "def/abc"),
            (Transform::Flipped270, "fc/eb/da"),
        ] {
            assert_eq!(upright(transform), expected, "{transform:?}");
        }
    }
}
