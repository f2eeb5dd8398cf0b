// SPDX-License-Identifier: GPL-3.0-or-later
//! Where the rows of a picture lie in a buffer's memory, checked against the memory that there is.
//!
//! Input: the agreed format and what the producer says of one buffer. Output: planes that are safe to read, or nothing.

use super::buffer::{Chunk, Filled};
use super::format::Agreement;
use crate::capture::frame::{PixelFormat, Plane, Rect, Transform};

/// One plane: which memory, and where in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PlaneLayout {
    pub memory: usize,
    pub plane: Plane,
    /// One past its last byte, in its memory.
    pub end: usize,
}

/// The planes of a filled buffer; `None` when it is empty or its numbers cannot be true for memories of `lens` bytes.
pub(super) fn layout(
    agreement: &Agreement,
    filled: &Filled,
    lens: &[usize],
) -> Option<Vec<PlaneLayout>> {
    let first = filled.chunks.first()?;
    if filled.corrupted || filled.planes == 0 || first.size == 0 {
        return None;
    }
    let (width, height) = (agreement.size.0 as usize, agreement.size.1 as usize);
    if agreement.format != PixelFormat::Nv12 {
        return Some(vec![plane(0, first, width * 4, height, lens)?]);
    }
    let (chroma_row, chroma_rows) = (width.next_multiple_of(2), height.div_ceil(2));
    let luma = plane(0, first, width, height, lens)?;
    let chroma = if filled.planes >= 2 {
        plane(1, filled.chunks.get(1)?, chroma_row, chroma_rows, lens)?
    } else {
        // One memory: the chroma follows the luma.
        let stride = luma.plane.stride;
        let offset = u32::try_from(luma.plane.offset + stride * height).ok()?;
        let chunk = Chunk {
            offset,
            size: 1,
            stride: i32::try_from(stride).ok()?,
        };
        plane(0, &chunk, chroma_row, chroma_rows, lens)?
    };
    Some(vec![luma, chroma])
}

fn plane(
    memory: usize,
    chunk: &Chunk,
    row: usize,
    rows: usize,
    lens: &[usize],
) -> Option<PlaneLayout> {
    let stride = match usize::try_from(chunk.stride).ok()? {
        0 => row,
        stride => stride,
    };
    let offset = chunk.offset as usize;
    let end = stride
        .checked_mul(rows - 1)?
        .checked_add(offset)?
        .checked_add(row)?;
    (stride >= row && end <= *lens.get(memory)?).then_some(PlaneLayout {
        memory,
        plane: Plane { offset, stride },
        end,
    })
}

/// The visible part: the producer's crop where it makes sense, else everything.
pub(super) fn crop(size: (u32, u32), crop: Option<(i32, i32, u32, u32)>) -> Rect {
    let all = Rect {
        x: 0,
        y: 0,
        width: size.0,
        height: size.1,
    };
    let Some((x, y, width, height)) = crop else {
        return all;
    };
    let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
        return all;
    };
    clip(
        Rect {
            x,
            y,
            width,
            height,
        },
        size,
    )
    .unwrap_or(all)
}

/// The part of `rect` inside a picture of `size`; `None` when that is nothing.
pub(super) fn clip(rect: Rect, size: (u32, u32)) -> Option<Rect> {
    let width = rect.width.min(size.0.checked_sub(rect.x)?);
    let height = rect.height.min(size.1.checked_sub(rect.y)?);
    (width > 0 && height > 0).then_some(Rect {
        width,
        height,
        ..rect
    })
}

/// Size of the picture as it is seen: cropped and turned.
pub(super) fn visible_size(crop: Rect, transform: Transform) -> (u32, u32) {
    match transform {
        Transform::Rotate90
        | Transform::Rotate270
        | Transform::Flipped90
        | Transform::Flipped270 => (crop.height, crop.width),
        _ => (crop.width, crop.height),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreement(format: PixelFormat, width: u32, height: u32) -> Agreement {
        Agreement {
            format,
            size: (width, height),
            modifier: None,
        }
    }

    fn filled(chunks: &[(u32, u32, i32)]) -> Filled {
        let mut filled = Filled {
            planes: chunks.len(),
            ..Filled::default()
        };
        for (to, &(offset, size, stride)) in filled.chunks.iter_mut().zip(chunks) {
            *to = Chunk {
                offset,
                size,
                stride,
            };
        }
        filled
    }

    #[test]
    fn a_picture_with_padded_rows_needs_no_padding_after_the_last() {
        let planes = layout(
            &agreement(PixelFormat::Bgrx, 3, 2),
            &filled(&[(8, 40, 16)]),
            &[36],
        )
        .unwrap();
        assert_eq!(
            planes,
            [PlaneLayout {
                memory: 0,
                plane: Plane {
                    offset: 8,
                    stride: 16
                },
                end: 36
            }]
        );
        assert!(
            layout(
                &agreement(PixelFormat::Bgrx, 3, 2),
                &filled(&[(8, 40, 16)]),
                &[35]
            )
            .is_none()
        );
    }

    #[test]
    fn numbers_that_cannot_be_true_are_refused() {
        let rgb = agreement(PixelFormat::Rgba, 4, 4);
        for (chunk, lens) in [
            ((0, 64, 15), &[64_usize][..]),
            ((0, 64, -16), &[64]),
            ((1, 64, 16), &[64]),
            ((u32::MAX, 64, i32::MAX), &[64]),
            ((0, 64, 16), &[]),
            ((0, 0, 16), &[64]),
        ] {
            assert_eq!(layout(&rgb, &filled(&[chunk]), lens), None, "{chunk:?}");
        }
        assert_eq!(layout(&rgb, &filled(&[]), &[64]), None);
        let corrupted = Filled {
            corrupted: true,
            ..filled(&[(0, 64, 16)])
        };
        assert_eq!(layout(&rgb, &corrupted, &[64]), None);
        assert!(layout(&rgb, &filled(&[(0, 64, 0)]), &[64]).is_some());
    }

    #[test]
    fn nv12_may_lie_in_one_memory_or_in_two() {
        let nv12 = agreement(PixelFormat::Nv12, 5, 3);
        let one = layout(&nv12, &filled(&[(0, 48, 8)]), &[38]).unwrap();
        assert_eq!(
            one[1],
            PlaneLayout {
                memory: 0,
                plane: Plane {
                    offset: 24,
                    stride: 8
                },
                end: 38
            }
        );
        assert!(layout(&nv12, &filled(&[(0, 48, 8)]), &[37]).is_none());
        let two = layout(&nv12, &filled(&[(0, 24, 8), (2, 16, 8)]), &[24, 16]).unwrap();
        assert_eq!(
            two[1],
            PlaneLayout {
                memory: 1,
                plane: Plane {
                    offset: 2,
                    stride: 8
                },
                end: 16
            }
        );
        assert!(layout(&nv12, &filled(&[(0, 24, 8), (3, 16, 8)]), &[24, 16]).is_none());
    }

    #[test]
    fn the_crop_stays_inside_the_picture() {
        let all = Rect {
            x: 0,
            y: 0,
            width: 100,
            height: 50,
        };
        assert_eq!(crop((100, 50), None), all);
        assert_eq!(
            crop((100, 50), Some((10, 5, 20, 20))),
            Rect {
                x: 10,
                y: 5,
                width: 20,
                height: 20
            }
        );
        assert_eq!(
            crop((100, 50), Some((90, 0, 20, 70))),
            Rect {
                x: 90,
                y: 0,
                width: 10,
                height: 50
            }
        );
        assert_eq!(crop((100, 50), Some((-1, 0, 20, 20))), all);
        assert_eq!(crop((100, 50), Some((100, 0, 20, 20))), all);
        assert_eq!(
            crop((100, 50), Some((i32::MAX, i32::MAX, u32::MAX, u32::MAX))),
            all
        );
    }

    #[test]
    fn a_turned_picture_has_its_sides_swapped() {
        let rect = Rect {
            x: 1,
            y: 2,
            width: 30,
            height: 20,
        };
        assert_eq!(visible_size(rect, Transform::Flipped180), (30, 20));
        assert_eq!(visible_size(rect, Transform::Rotate90), (20, 30));
    }
}
