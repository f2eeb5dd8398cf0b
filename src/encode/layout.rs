// SPDX-License-Identifier: GPL-3.0-or-later
//! Where a picture goes within the encoded frame: limits and the picture's size in, a [`Layout`] out. Pure arithmetic.
//!
//! A picture is never enlarged. Frames have even sizes (4:2:0; H.264 encoders insist), and a picture that fits keeps its
//! pixels as they are: of an odd size the last row or column is left out rather than blurring everything by scaling.

use super::config::MAX_OVERSCAN_PCT;
use crate::capture::frame::Rect;

/// How a picture is brought into the receiver's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// The frame has the picture's aspect ratio; the receiver adds borders where it needs them (ANSWER:
    /// `scaling: receiver`).
    Picture,
    /// The frame has the aspect ratio of the limits, with black borders (ANSWER: `scaling: sender`).
    Borders,
}

/// What the frame may look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest frame (width, height); at least 16 each.
    pub max: (u32, u32),
    /// Smallest frame; smaller pictures get borders. Hardware encoders refuse tiny frames.
    pub min: (u32, u32),
    /// What happens to other aspect ratios.
    pub fit: Fit,
    /// Part of the frame's width and height kept free at each edge for displays that cut it off, in percent up to
    /// [`MAX_OVERSCAN_PCT`].
    pub overscan_pct: u32,
}

/// The outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Size of the encoded frame; even.
    pub frame: (u32, u32),
    /// How much of the source is shown, from its top left corner: all of it but for an odd last row or column.
    pub used: (u32, u32),
    /// Where it goes in the frame; even in all four numbers.
    pub picture: Rect,
}

impl Layout {
    /// Places a picture of `source` size (upright; not 0).
    pub fn new(source: (u32, u32), limits: &Limits) -> Layout {
        let max = (
            even_down(limits.max.0.max(16)),
            even_down(limits.max.1.max(16)),
        );
        let natural = fit_within(source, max);
        let mut frame = match limits.fit {
            Fit::Picture => natural,
            Fit::Borders => with_aspect(natural, max),
        };
        frame.0 = frame.0.max(even_up(limits.min.0)).min(max.0);
        frame.1 = frame.1.max(even_up(limits.min.1)).min(max.1);
        let keep = 100 - 2 * limits.overscan_pct.min(MAX_OVERSCAN_PCT);
        let room = if keep == 100 {
            frame
        } else {
            let part =
                |length: u32| even_down((u64::from(length) * u64::from(keep) / 100) as u32).max(2);
            (part(frame.0), part(frame.1))
        };
        let size = fit_within(source, room);
        let unscaled = source.0 - size.0.min(source.0) <= 1 && source.1 - size.1.min(source.1) <= 1;
        Layout {
            frame,
            used: if unscaled {
                (size.0.min(source.0), size.1.min(source.1))
            } else {
                source
            },
            picture: Rect {
                x: even_down((frame.0 - size.0) / 2),
                y: even_down((frame.1 - size.1) / 2),
                width: size.0,
                height: size.1,
            },
        }
    }
}

/// The largest even size within `room` that has the aspect ratio of `source` and is not larger than it.
fn fit_within(source: (u32, u32), room: (u32, u32)) -> (u32, u32) {
    let (w, h) = (u64::from(source.0.max(1)), u64::from(source.1.max(1)));
    let (rw, rh) = (u64::from(room.0), u64::from(room.1));
    // Judged without an odd last row or column: with it, 988x569 would be scaled to fit into its own 988x568.
    let even = (even_down(source.0).max(2), even_down(source.1).max(2));
    if even.0 <= room.0 && even.1 <= room.1 {
        return even;
    }
    // Cross-multiplied comparison of aspect ratios; rounded to the nearest even number on the free side.
    let (fw, fh) = if w * rh >= h * rw {
        (rw, nearest_even(h * rw, w))
    } else {
        (nearest_even(w * rh, h), rh)
    };
    ((fw.min(rw) as u32).max(2), (fh.min(rh) as u32).max(2))
}

/// The smallest even size that contains `inner` and has the aspect ratio of `of`; not larger than `of`.
fn with_aspect(inner: (u32, u32), of: (u32, u32)) -> (u32, u32) {
    let (w, h) = (u64::from(inner.0), u64::from(inner.1));
    let (ow, oh) = (u64::from(of.0), u64::from(of.1));
    let (fw, fh) = if w * oh >= h * ow {
        (w, nearest_even(w * oh, ow))
    } else {
        (nearest_even(h * ow, oh), h)
    };
    ((fw.max(w).min(ow)) as u32, (fh.max(h).min(oh)) as u32)
}

fn nearest_even(numerator: u64, denominator: u64) -> u64 {
    let twice = 2 * denominator.max(1);
    (numerator + denominator) / twice * 2
}

fn even_down(length: u32) -> u32 {
    length & !1
}

fn even_up(length: u32) -> u32 {
    length.saturating_add(1) & !1
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL_HD: Limits = Limits {
        max: (1920, 1080),
        min: (16, 16),
        fit: Fit::Picture,
        overscan_pct: 0,
    };

    fn rect(x: u32, y: u32, width: u32, height: u32) -> Rect {
        Rect {
            x,
            y,
            width,
            height,
        }
    }

    #[test]
    fn a_picture_that_fits_is_left_alone() {
        let layout = Layout::new((1280, 720), &FULL_HD);
        assert_eq!(layout.frame, (1280, 720));
        assert_eq!(layout.picture, rect(0, 0, 1280, 720));
        assert_eq!(layout.used, (1280, 720));
    }

    #[test]
    fn an_odd_size_loses_its_last_row_and_column_instead_of_being_scaled() {
        let layout = Layout::new((801, 601), &FULL_HD);
        assert_eq!(layout.frame, (800, 600));
        assert_eq!(layout.used, (800, 600));
        for source in [(988, 569), (989, 568), (989, 569)] {
            let layout = Layout::new(source, &FULL_HD);
            assert_eq!(layout.picture, rect(0, 0, 988, 568), "{source:?}");
            assert_eq!(layout.used, (988, 568), "{source:?}");
        }
        let layout = Layout::new((1920, 1081), &FULL_HD);
        assert_eq!((layout.frame, layout.used), ((1920, 1080), (1920, 1080)));
    }

    #[test]
    fn a_larger_picture_is_scaled_with_its_aspect_ratio() {
        let layout = Layout::new((3840, 2400), &FULL_HD);
        assert_eq!(layout.frame, (1728, 1080));
        assert_eq!(layout.used, (3840, 2400));
        assert_eq!(Layout::new((1080, 1920), &FULL_HD).frame, (608, 1080));
    }

    #[test]
    fn borders_fill_the_aspect_ratio_of_the_display_without_enlarging() {
        let limits = Limits {
            fit: Fit::Borders,
            ..FULL_HD
        };
        let layout = Layout::new((800, 600), &limits);
        assert_eq!(layout.frame, (1066, 600));
        assert_eq!(layout.picture, rect(132, 0, 800, 600));
        let tall = Layout::new((1000, 2000), &limits);
        assert_eq!(tall.frame, (1920, 1080));
        assert_eq!(tall.picture, rect(690, 0, 540, 1080));
    }

    #[test]
    fn overscan_keeps_the_edges_free() {
        let limits = Limits {
            overscan_pct: 5,
            ..FULL_HD
        };
        let layout = Layout::new((1920, 1080), &limits);
        assert_eq!(layout.frame, (1920, 1080));
        assert_eq!(layout.picture, rect(96, 54, 1728, 972));
    }

    #[test]
    fn tiny_pictures_get_borders_up_to_the_smallest_frame() {
        let limits = Limits {
            min: (128, 128),
            ..FULL_HD
        };
        let layout = Layout::new((1, 33), &limits);
        assert_eq!(layout.frame, (128, 128));
        assert_eq!(layout.picture.width, 2);
        assert_eq!(layout.picture.height, 32);
    }

    #[test]
    fn every_layout_is_even_and_inside_the_limits() {
        for (w, h) in [
            (1, 1),
            (2, 3),
            (17, 4000),
            (4000, 17),
            (1921, 1081),
            (639, 479),
            (8192, 8192),
        ] {
            for fit in [Fit::Picture, Fit::Borders] {
                for overscan_pct in [0, 3, 10] {
                    let limits = Limits {
                        max: (1279, 719),
                        min: (64, 64),
                        fit,
                        overscan_pct,
                    };
                    let l = Layout::new((w, h), &limits);
                    assert!(l.frame.0 <= 1278 && l.frame.1 <= 718, "{w}x{h}: {l:?}");
                    for n in [
                        l.frame.0,
                        l.frame.1,
                        l.picture.x,
                        l.picture.y,
                        l.picture.width,
                        l.picture.height,
                    ] {
                        assert_eq!(n % 2, 0, "{w}x{h}: {l:?}");
                    }
                    assert!(l.picture.x + l.picture.width <= l.frame.0, "{w}x{h}: {l:?}");
                    assert!(
                        l.picture.y + l.picture.height <= l.frame.1,
                        "{w}x{h}: {l:?}"
                    );
                    assert!(l.used.0 <= w && l.used.1 <= h, "{w}x{h}: {l:?}");
                }
            }
        }
    }
}
