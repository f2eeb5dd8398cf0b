// SPDX-License-Identifier: GPL-3.0-or-later
//! Pictures in files: reading, comparing, finding the test card.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use telecast::testcard::{Luma, Reader, Reading};

/// RGB, eight bits each.
pub struct Picture {
    pub width: u32,
    pub height: u32,
    data: Vec<u8>,
}

/// A rectangle of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

impl Picture {
    /// Reads a PNG file; `None` while there is none.
    pub fn read(path: &Path) -> Option<Self> {
        let file = File::open(path).ok()?;
        let mut decoder = png::Decoder::new(BufReader::new(file));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().unwrap();
        let mut buffer = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut buffer).unwrap();
        let channels = info.color_type.samples();
        assert!(channels >= 3, "{}: not in colour", path.display());
        let data = buffer[..info.buffer_size()]
            .chunks_exact(channels)
            .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
            .collect();
        Some(Picture {
            width: info.width,
            height: info.height,
            data,
        })
    }

    pub fn pixel(&self, x: u32, y: u32) -> [u8; 3] {
        let at = 3 * (y * self.width + x) as usize;
        [self.data[at], self.data[at + 1], self.data[at + 2]]
    }

    /// The mean colour of the 5x5 pixels around a point.
    pub fn colour_around(&self, (x, y): (u32, u32)) -> [f64; 3] {
        let mut sum = [0.0; 3];
        for row in y - 2..=y + 2 {
            for column in x - 2..=x + 2 {
                for (sum, value) in sum.iter_mut().zip(self.pixel(column, row)) {
                    *sum += f64::from(value);
                }
            }
        }
        sum.map(|sum| sum / 25.0)
    }

    /// The test card somewhere in it.
    pub fn card(&self) -> Option<Reading> {
        let luma: Vec<u8> = self
            .data
            .chunks_exact(3)
            .map(|pixel| {
                let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(f64::from);
                (16.0 + (0.299 * r + 0.587 * g + 0.114 * b) * 219.0 / 255.0) as u8
            })
            .collect();
        Reader::default().read(Luma {
            data: &luma,
            stride: self.width as usize,
            width: self.width as usize,
            height: self.height as usize,
        })
    }
}

/// Peak signal to noise ratio between an area of a picture and the one at `place` in another, in dB; infinite when they
/// are equal.
pub fn psnr(one: &Picture, area: Area, other: &Picture, place: (u32, u32)) -> f64 {
    let mut squares = 0.0;
    for y in 0..area.height {
        for x in 0..area.width {
            let a = one.pixel(area.x + x, area.y + y);
            let b = other.pixel(place.0 + x, place.1 + y);
            for (a, b) in a.into_iter().zip(b) {
                squares += (f64::from(a) - f64::from(b)).powi(2);
            }
        }
    }
    let mean = squares / f64::from(3 * area.width * area.height);
    10.0 * (255.0 * 255.0 / mean).log10()
}
