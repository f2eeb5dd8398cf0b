// SPDX-License-Identifier: GPL-3.0-or-later
//! The mouse pointer that a compositor sends beside its pictures (`SPA_META_Cursor`), where the portal does not draw it
//! into them.
//!
//! Input: the metadata of each buffer, also of those without a picture. Output: the pointer of each `RawFrame`, and the
//! last picture again when only the pointer has moved. Nothing that a producer writes is believed: an image that cannot
//! be is as if it had not come. It never draws; that is done where the picture is converted.
//!
//! ```text
//! spa_meta_cursor    id, flags, position x, y, hotspot x, y, offset of the bitmap            7 x 4 bytes
//! spa_meta_bitmap    format, width, height, stride, offset of the pixels (from its start)    5 x 4 bytes
//! ```

use std::sync::Arc;
use std::time::Instant;

use ::pipewire::spa::sys as spa;

use super::buffer::{RawBuffer, union};
use super::layout::clip;
use crate::capture::clock::instant_of;
use crate::capture::frame::{Cursor, CursorImage, RawFrame, Rect};

/// Largest width and height of an image, in pixels; others are ignored.
pub(super) const MAX_SIDE: u32 = 1024;

const CURSOR: usize = size_of::<spa::spa_meta_cursor>();
const BITMAP: usize = size_of::<spa::spa_meta_bitmap>();

/// Bytes of the metadata with an image of `side` x `side` pixels.
pub(super) fn meta_size(side: u32) -> usize {
    CURSOR + BITMAP + side as usize * side as usize * 4
}

/// What one buffer says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Report {
    /// There is no pointer on this screen.
    Hidden,
    Visible {
        position: (i32, i32),
        image: Image,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Image {
    /// As before.
    Same,
    /// None: the pointer is invisible.
    Empty,
    New {
        hotspot: (i32, i32),
        image: CursorImage,
    },
}

/// The pointer of one stream.
#[derive(Debug, Default)]
pub(super) struct Pointer {
    position: Option<(i32, i32)>,
    hotspot: (i32, i32),
    /// Sent only when it changes, so kept while the pointer is elsewhere.
    image: Option<Arc<CursorImage>>,
    /// Where the pointer is in `last`.
    shown: Option<Cursor>,
    /// The last picture; its buffer goes back with the next one.
    pub last: Option<RawFrame>,
    /// When it was reported last, in nanoseconds of `CLOCK_MONOTONIC`.
    pts: Option<i64>,
}

impl Pointer {
    /// Takes note of what `buffer` says; whether that shows.
    pub fn read(&mut self, buffer: RawBuffer) -> bool {
        let Some(report) = buffer.cursor().and_then(parse) else {
            return false;
        };
        self.pts = buffer.filled().pts;
        self.note(report);
        self.now() != self.shown
    }

    fn note(&mut self, report: Report) {
        let Report::Visible { position, image } = report else {
            self.position = None;
            return;
        };
        self.position = Some(position);
        match image {
            Image::Same => {}
            Image::Empty => self.image = None,
            Image::New { hotspot, image } => {
                self.hotspot = hotspot;
                self.image = Some(Arc::new(image));
            }
        }
    }

    fn now(&self) -> Option<Cursor> {
        let (position, image) = (self.position?, self.image.as_ref()?);
        Some(Cursor {
            at: (
                position.0.saturating_sub(self.hotspot.0),
                position.1.saturating_sub(self.hotspot.1),
            ),
            image: Arc::clone(image),
        })
    }

    /// A new picture with the pointer.
    pub fn added_to(&mut self, mut frame: RawFrame) -> RawFrame {
        frame.cursor = self.now();
        frame.damage = frame
            .damage
            .map(|damage| self.moved(frame.size).map_or(damage, |m| union(damage, m)));
        self.shown.clone_from(&frame.cursor);
        self.last = Some(frame.clone());
        frame
    }

    /// The last picture with the pointer as it is now; `None` before the first one.
    pub fn repeat(&mut self, received: Instant) -> Option<RawFrame> {
        let mut frame = self.last.clone()?;
        frame.cursor = self.now();
        frame.damage = self.moved(frame.size);
        frame.received = received;
        frame.captured = self
            .pts
            .and_then(|pts| instant_of(pts, received))
            .unwrap_or(received);
        self.shown.clone_from(&frame.cursor);
        Some(frame)
    }

    /// What is drawn anew in a picture of `size` because the pointer is elsewhere now.
    fn moved(&self, size: (u32, u32)) -> Option<Rect> {
        let now = self.now();
        if now == self.shown {
            return None;
        }
        let covered = |cursor: &Cursor| covered(cursor, size);
        let (new, old) = (
            now.as_ref().and_then(covered),
            self.shown.as_ref().and_then(covered),
        );
        match (new, old) {
            (Some(new), Some(old)) => Some(union(new, old)),
            (new, old) => new.or(old),
        }
    }
}

/// The part of a picture of `size` that a pointer covers.
fn covered(cursor: &Cursor, size: (u32, u32)) -> Option<Rect> {
    let begin = |at: i32| u32::try_from(at.max(0)).unwrap_or(0);
    let left = |at: i32, length: u32| length.saturating_sub(at.min(0).unsigned_abs());
    let rect = Rect {
        x: begin(cursor.at.0),
        y: begin(cursor.at.1),
        width: left(cursor.at.0, cursor.image.size.0),
        height: left(cursor.at.1, cursor.image.size.1),
    };
    clip(rect, size)
}

/// A native-endian number at `at`.
fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

fn parse(meta: &[u8]) -> Option<Report> {
    let signed = |at| number(meta, at).map(u32::cast_signed);
    if number(meta, 0)? == 0 {
        return Some(Report::Hidden);
    }
    let position = (signed(8)?, signed(12)?);
    let hotspot = (signed(16)?, signed(20)?);
    let offset = number(meta, 24)? as usize;
    let image = if offset == 0 {
        Image::Same
    } else {
        let bitmap = meta.get(offset..).filter(|_| offset >= CURSOR);
        bitmap
            .and_then(|bitmap| image(bitmap, hotspot))
            .unwrap_or(Image::Same)
    };
    Some(Report::Visible { position, image })
}

/// The bitmap at the start of `bytes`; `None` for one that cannot be.
fn image(bytes: &[u8], hotspot: (i32, i32)) -> Option<Image> {
    let format = number(bytes, 0)?;
    let (width, height) = (number(bytes, 4)?, number(bytes, 8)?);
    let stride = number(bytes, 12)?.cast_signed();
    let offset = number(bytes, 16)? as usize;
    if offset == 0 || width == 0 || height == 0 {
        return Some(Image::Empty);
    }
    if offset < BITMAP || width > MAX_SIDE || height > MAX_SIDE {
        return None;
    }
    // Where red, green, blue and alpha are in a pixel.
    let order = match format {
        spa::SPA_VIDEO_FORMAT_RGBA => [0, 1, 2, 3],
        spa::SPA_VIDEO_FORMAT_BGRA => [2, 1, 0, 3],
        spa::SPA_VIDEO_FORMAT_ARGB => [1, 2, 3, 0],
        spa::SPA_VIDEO_FORMAT_ABGR => [3, 2, 1, 0],
        _ => return None,
    };
    let row = width as usize * 4;
    let stride = match usize::try_from(stride).ok()? {
        0 => row,
        stride => stride,
    };
    if stride < row {
        return None;
    }
    let mut pixels = Vec::with_capacity(row * height as usize);
    for y in 0..height as usize {
        let start = y.checked_mul(stride)?.checked_add(offset)?;
        let source = bytes.get(start..start.checked_add(row)?)?;
        for pixel in source.chunks_exact(4) {
            pixels.extend(order.map(|at| pixel.get(at).copied().unwrap_or(0)));
        }
    }
    Some(Image::New {
        hotspot,
        image: CursorImage {
            size: (width, height),
            pixels,
        },
    })
}

#[cfg(test)]
mod tests;
