// SPDX-License-Identifier: GPL-3.0-or-later
//! Limited-range YUV to full-range RGB, rounded to the nearest value: planes in, packed RGB out.
//!
//! GStreamer's converter is faster but cuts off what it cannot express, which darkens a picture by one to three steps.

use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

use crate::decode::picture::Picture;

/// Fixed-point position: 1.0 is `1 << SHIFT`.
const SHIFT: u32 = 16;

/// Contribution of the components, in fixed point (ITU-R BT.601 and BT.709).
struct Matrix {
    luma: i32,
    red_cr: i32,
    green_cb: i32,
    green_cr: i32,
    blue_cb: i32,
}

impl Matrix {
    /// From the luma weights of red and blue.
    fn new(kr: f64, kb: f64) -> Matrix {
        let fixed = |value: f64| (value * f64::from(1 << SHIFT)).round() as i32;
        let (chroma, kg) = (255.0 / 224.0, 1.0 - kr - kb);
        Matrix {
            luma: fixed(255.0 / 219.0),
            red_cr: fixed(chroma * (2.0 - 2.0 * kr)),
            green_cb: fixed(-chroma * (2.0 - 2.0 * kb) * kb / kg),
            green_cr: fixed(-chroma * (2.0 - 2.0 * kr) * kr / kg),
            blue_cb: fixed(chroma * (2.0 - 2.0 * kb)),
        }
    }

    fn rgb(&self, luma: u8, cb: u8, cr: u8) -> [u8; 3] {
        let y = (i32::from(luma) - 16) * self.luma + (1 << (SHIFT - 1));
        let (cb, cr) = (i32::from(cb) - 128, i32::from(cr) - 128);
        let byte = |value: i32| (value >> SHIFT).clamp(0, 255) as u8;
        [
            byte(y + cr * self.red_cr),
            byte(y + cb * self.green_cb + cr * self.green_cr),
            byte(y + cb * self.blue_cb),
        ]
    }
}

/// The picture as rows of red, green, blue; `None` for a layout that decoders here do not produce.
pub(super) fn rgb(picture: &Picture) -> Option<Vec<u8>> {
    let matrix = match picture.colours().matrix() {
        gst_video::VideoColorMatrix::Bt709 => Matrix::new(0.2126, 0.0722),
        _ => Matrix::new(0.299, 0.114),
    };
    // Plane of Cb, plane of Cr, bytes from one sample to the next, offset of Cr.
    let (blue, red, step, offset) = match picture.frame().format() {
        gst_video::VideoFormat::I420 => (1, 2, 1, 0),
        gst_video::VideoFormat::Yv12 => (2, 1, 1, 0),
        gst_video::VideoFormat::Nv12 => (1, 1, 2, 1),
        _ => return None,
    };
    let (luma, luma_stride) = picture.plane(0);
    let (blue_plane, blue_stride) = picture.plane(blue);
    let (red_plane, red_stride) = picture.plane(red);
    let (width, height) = (picture.size().0 as usize, picture.size().1 as usize);
    let mut pixels = Vec::with_capacity(width * height * 3);
    for row in 0..height {
        let luma = luma.get(row * luma_stride..)?.get(..width)?;
        let blues = blue_plane.get(row / 2 * blue_stride..)?;
        let reds = red_plane.get(row / 2 * red_stride + offset..)?;
        for (column, luma) in luma.iter().enumerate() {
            let at = column / 2 * step;
            pixels.extend(matrix.rgb(*luma, *blues.get(at)?, *reds.get(at)?));
        }
    }
    Some(pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_white_and_the_primaries_come_out_exact() {
        let bt601 = Matrix::new(0.299, 0.114);
        assert_eq!(bt601.rgb(16, 128, 128), [0, 0, 0]);
        assert_eq!(bt601.rgb(235, 128, 128), [255, 255, 255]);
        assert_eq!(bt601.rgb(126, 128, 128), [128, 128, 128]);
        // Red of full strength in BT.709: Y' 62.6, Cb 102.3, Cr 240.
        let [r, g, b] = Matrix::new(0.2126, 0.0722).rgb(63, 102, 240);
        assert!(r >= 254 && g <= 1 && b <= 1, "{r} {g} {b}");
    }
}
