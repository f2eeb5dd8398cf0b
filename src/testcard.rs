// SPDX-License-Identifier: GPL-3.0-or-later
//! The test card: a moving picture and a sound that tell when they were made.
//!
//! The picture carries the monotonic time as a block code that survives lossy coding and scaling, patches of known
//! colours, and a flash at each full second; the sound beeps with the flash. Whoever decodes picture and sound can so
//! measure the time from a pixel on the screen to the decoded picture, the colours, and how far picture and sound are
//! apart, for any sender that mirrors this screen.
//!
//! Pure: geometry, rectangles and numbers. Capture draws it into frames, `ui` draws it on the screen, the receiver
//! reads it.
//!
//! ```text
//!  ┌──────────────────────────────────────────────────────────┐   64 x 36 cells; a cell is a whole number of pixels
//!  │              ▌│█│▌ ▓░▓▓░░▓ time code ░▓░ ▌│█│▌           │   finder bars 1:1:3:1:1 on both sides
//!  │   ▒▒▒ ▒▒▒▒ ▒▒ ▒▒▒▒▒ ▒▒ a band that scrolls ▒▒▒ ▒▒▒▒▒     │
//!  │        ■ a square that wanders               ┌───────┐   │
//!  │                                              │ flash │   │
//!  │  ┌────┐┌────┐┌────┐┌────┐┌────┐┌────┐┌────┐┌─└───────┘   │
//!  │  │ colour patches                          ││    │       │
//!  └──────────────────────────────────────────────────────────┘
//! ```

pub mod code;
pub mod picture;
pub mod read;
pub mod sound;

pub use picture::{Card, Color, PATCHES, Shape};
pub use read::{Luma, Reader, Reading};
