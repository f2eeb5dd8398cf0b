// SPDX-License-Identifier: GPL-3.0-or-later
use proptest::prelude::*;

use super::*;

/// Metadata of these numbers, then these bytes.
fn meta(numbers: &[u32], pixels: &[u8]) -> Vec<u8> {
    let numbers = numbers.iter().flat_map(|number| number.to_ne_bytes());
    numbers.chain(pixels.iter().copied()).collect()
}

const RGBA: u32 = spa::SPA_VIDEO_FORMAT_RGBA;

/// A visible pointer at 30, 40 with the hotspot 1, 2 and a bitmap with this header.
fn with_bitmap(bitmap: [u32; 5], pixels: &[u8]) -> Report {
    let mut numbers = vec![1, 0, 30, 40, 1, 2, 28];
    numbers.extend(bitmap);
    parse(&meta(&numbers, pixels)).unwrap()
}

fn unchanged() -> Report {
    Report::Visible {
        position: (30, 40),
        image: Image::Same,
    }
}

#[test]
fn an_id_of_zero_hides_the_pointer() {
    assert_eq!(
        parse(&meta(&[0, 0, 30, 40, 0, 0, 0], &[])),
        Some(Report::Hidden)
    );
}

#[test]
fn a_position_may_be_negative_and_come_alone() {
    let minus = |n: i32| n.cast_unsigned();
    let report = parse(&meta(&[1, 0, minus(-5), minus(-6), 0, 0, 0], &[]));
    let expected = Report::Visible {
        position: (-5, -6),
        image: Image::Same,
    };
    assert_eq!(report, Some(expected));
}

#[test]
fn images_of_all_orders_become_rgba() {
    for (format, pixel) in [
        (spa::SPA_VIDEO_FORMAT_RGBA, [1, 2, 3, 4]),
        (spa::SPA_VIDEO_FORMAT_BGRA, [3, 2, 1, 4]),
        (spa::SPA_VIDEO_FORMAT_ARGB, [4, 1, 2, 3]),
        (spa::SPA_VIDEO_FORMAT_ABGR, [4, 3, 2, 1]),
    ] {
        let report = with_bitmap([format, 1, 1, 4, 20], &pixel);
        let image = CursorImage {
            size: (1, 1),
            pixels: vec![1, 2, 3, 4],
        };
        let expected = Report::Visible {
            position: (30, 40),
            image: Image::New {
                hotspot: (1, 2),
                image,
            },
        };
        assert_eq!(report, expected, "format {format}");
    }
}

#[test]
fn padding_between_rows_and_before_the_pixels_is_left_out() {
    let pixels = [[9; 4], [1; 4], [9; 4], [2; 4]].concat();
    let Report::Visible {
        image: Image::New { image, .. },
        ..
    } = with_bitmap([RGBA, 1, 2, 8, 24], &pixels)
    else {
        panic!("no image")
    };
    assert_eq!(image.pixels, [[1; 4], [2; 4]].concat());
}

#[test]
fn a_bitmap_without_pixels_is_an_invisible_pointer() {
    for bitmap in [[0; 5], [RGBA, 1, 1, 4, 0], [RGBA, 0, 5, 0, 20]] {
        let expected = Report::Visible {
            position: (30, 40),
            image: Image::Empty,
        };
        assert_eq!(with_bitmap(bitmap, &[0; 16]), expected, "{bitmap:?}");
    }
}

#[test]
fn an_image_that_cannot_be_is_as_if_it_had_not_come() {
    for bitmap in [
        [spa::SPA_VIDEO_FORMAT_NV12, 1, 1, 4, 20],
        [u32::MAX, 1, 1, 4, 20],
        [RGBA, MAX_SIDE + 1, 1, 0, 20],
        [RGBA, 1, u32::MAX, 4, 20],
        [RGBA, u32::MAX, u32::MAX, 0, 20],
        // Rows that overlap, that go backwards, that lie behind the end.
        [RGBA, 2, 1, 4, 20],
        [RGBA, 1, 1, u32::MAX, 20],
        [RGBA, 1, 2, i32::MAX as u32, 20],
        [RGBA, 2, 3, 8, 20],
        // Pixels inside the header, and behind the end.
        [RGBA, 1, 1, 4, 19],
        [RGBA, 1, 1, 4, 36],
        [RGBA, 1, 1, 4, u32::MAX],
    ] {
        assert_eq!(with_bitmap(bitmap, &[0; 16]), unchanged(), "{bitmap:?}");
    }
    for offset in [1, 27, 29, 1000, u32::MAX] {
        let cut = meta(&[1, 0, 30, 40, 1, 2, offset], &[0; 8]);
        assert_eq!(parse(&cut), Some(unchanged()), "{offset}");
    }
}

#[test]
fn a_new_hotspot_comes_only_with_an_image() {
    let mut pointer = Pointer::default();
    pointer.note(with_bitmap([RGBA, 1, 1, 4, 20], &[255; 4]));
    assert_eq!(pointer.now().unwrap().at, (29, 38));
    // GNOME says 0, 0 when nothing but the position is new.
    pointer.note(parse(&meta(&[1, 0, 31, 42, 0, 0, 0], &[])).unwrap());
    assert_eq!(pointer.now().unwrap().at, (30, 40));
    pointer.note(Report::Hidden);
    assert_eq!(pointer.now(), None);
    pointer.note(parse(&meta(&[1, 0, i32::MIN as u32, 5, 0, 0, 0], &[])).unwrap());
    assert_eq!(pointer.now().unwrap().at, (i32::MIN, 3));
}

#[test]
fn what_is_drawn_anew_stays_inside_the_picture() {
    let cursor = |at| Cursor {
        at,
        image: Arc::new(CursorImage {
            size: (10, 10),
            pixels: vec![0; 400],
        }),
    };
    let rect = |x, y, width, height| {
        Some(Rect {
            x,
            y,
            width,
            height,
        })
    };
    let size = (100, 50);
    assert_eq!(covered(&cursor((20, 20)), size), rect(20, 20, 10, 10));
    assert_eq!(covered(&cursor((-4, 45)), size), rect(0, 45, 6, 5));
    assert_eq!(covered(&cursor((100, 0)), size), None);
    assert_eq!(covered(&cursor((-10, 0)), size), None);
    assert_eq!(covered(&cursor((i32::MIN, i32::MAX)), size), None);
}

proptest! {
    #[test]
    fn no_metadata_panics_or_gives_an_image_of_another_size_than_it_says(
        mut numbers in prop::collection::vec(prop_oneof![0_u32..80, any::<u32>()], 0..14),
        pixels in prop::collection::vec(any::<u8>(), 0..400),
        likely in any::<bool>(),
    ) {
        if likely && numbers.len() > 7 {
            numbers[6] = 28;
            numbers[7] = RGBA;
        }
        if let Some(Report::Visible { image: Image::New { image, .. }, .. }) = parse(&meta(&numbers, &pixels)) {
            let (width, height) = image.size;
            prop_assert!(width <= MAX_SIDE && height <= MAX_SIDE);
            prop_assert_eq!(image.pixels.len(), width as usize * height as usize * 4);
        }
    }
}
