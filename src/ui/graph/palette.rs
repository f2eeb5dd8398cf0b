// SPDX-License-Identifier: GPL-3.0-or-later
//! The colours of graphs and of the delay bar, of GNOME's palette, light and dark.

use gtk4::gdk::RGBA;

const BLUE_1: u32 = 0x99_c1_f1;
const BLUE_2: u32 = 0x62_a0_ea;
const BLUE_3: u32 = 0x35_84_e4;
const BLUE_4: u32 = 0x1c_71_d8;
const YELLOW_2: u32 = 0xf8_e4_5c;
const YELLOW_4: u32 = 0xf5_c2_11;
const ORANGE_2: u32 = 0xff_a3_48;
const ORANGE_3: u32 = 0xff_78_00;
const ORANGE_4: u32 = 0xe6_61_00;

/// What was measured.
pub fn measured(dark: bool) -> RGBA {
    colour(if dark { BLUE_2 } else { BLUE_3 })
}

/// What is shown with it.
pub fn companion(dark: bool) -> RGBA {
    colour(if dark { ORANGE_2 } else { ORANGE_4 })
}

/// What both are compared with; `foreground` is the widget's.
pub fn reference(foreground: &RGBA) -> RGBA {
    foreground.with_alpha(0.62)
}

/// The parts of the delay: capture, encode, pacing, network, margin.
pub fn stages(dark: bool, foreground: &RGBA) -> [RGBA; 5] {
    let [capture, encode, pacing, network] = if dark {
        [BLUE_3, BLUE_1, ORANGE_3, YELLOW_2]
    } else {
        [BLUE_4, BLUE_1, ORANGE_4, YELLOW_4]
    }
    .map(colour);
    [
        capture,
        encode,
        pacing,
        network,
        foreground.with_alpha(0.14),
    ]
}

fn colour(rgb: u32) -> RGBA {
    let [_, red, green, blue] = rgb.to_be_bytes().map(|byte| f32::from(byte) / 255.0);
    RGBA::new(red, green, blue, 1.0)
}
