// SPDX-License-Identifier: GPL-3.0-or-later
//! `RawFrame` and `AudioBlock`: what leaves the capture room, still as the compositor or the sound server made it.

use std::fmt;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Instant;

/// Memory layout of a raw picture. The names follow memory order, as DRM's little-endian fourccs do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// 4 bytes: blue, green, red, ignored.
    Bgrx,
    /// 4 bytes: blue, green, red, alpha (treated as opaque).
    Bgra,
    /// 4 bytes: red, green, blue, ignored.
    Rgbx,
    /// 4 bytes: red, green, blue, alpha (treated as opaque).
    Rgba,
    /// A plane of luma, then a plane of interleaved chroma at half size (limited range).
    Nv12,
}

impl PixelFormat {
    /// The usual name, as GStreamer and PipeWire write it.
    pub fn name(self) -> &'static str {
        match self {
            PixelFormat::Bgrx => "BGRx",
            PixelFormat::Bgra => "BGRA",
            PixelFormat::Rgbx => "RGBx",
            PixelFormat::Rgba => "RGBA",
            PixelFormat::Nv12 => "NV12",
        }
    }
}

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rect {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width; never 0 in a [`RawFrame`].
    pub width: u32,
    /// Height; never 0 in a [`RawFrame`].
    pub height: u32,
}

/// How the picture must be turned to stand upright: counter-clockwise degrees, after an optional horizontal flip
/// (`SPA_META_VideoTransform`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Transform {
    /// Upright already.
    #[default]
    None,
    /// 90°.
    Rotate90,
    /// 180°.
    Rotate180,
    /// 270°.
    Rotate270,
    /// Mirrored.
    Flipped,
    /// Mirrored, then 90°.
    Flipped90,
    /// Mirrored, then 180°.
    Flipped180,
    /// Mirrored, then 270°.
    Flipped270,
}

/// One plane of a picture within its memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plane {
    /// Where it starts, in bytes.
    pub offset: usize,
    /// Bytes from one row to the next.
    pub stride: usize,
}

/// Bytes of a picture that lie in memory. Dropping the last clone gives the buffer back to where it came from.
pub trait PictureBytes: Send + Sync {
    /// All bytes of all planes.
    fn bytes(&self) -> &[u8];
}

impl PictureBytes for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }
}

/// A DMA-BUF picture: a buffer of the GPU, given back to the producer when the last clone is dropped.
pub trait DmaBuf: Send + Sync {
    /// A duplicate of the plane's file descriptor.
    fn dup_fd(&self, plane: usize) -> std::io::Result<OwnedFd>;
    /// The DRM format modifier.
    fn modifier(&self) -> u64;
}

/// A pixel layout that the consumer can take as a DMA-BUF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DmaBufFormat {
    /// The layout.
    pub format: PixelFormat,
    /// DRM format modifiers, best first; `DRM_FORMAT_MOD_INVALID` for the implicit one.
    pub modifiers: Vec<u64>,
}

/// Where the pixels are.
#[derive(Clone)]
pub enum Memory {
    /// Readable by the CPU.
    Bytes(Arc<dyn PictureBytes>),
    /// On the GPU.
    DmaBuf(Arc<dyn DmaBuf>),
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Memory::Bytes(_) => "Bytes",
            Memory::DmaBuf(_) => "DmaBuf",
        })
    }
}

/// What the mouse pointer looks like.
#[derive(Clone, PartialEq, Eq)]
pub struct CursorImage {
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// Rows of red, green, blue, alpha, without padding; colours are multiplied by alpha already.
    pub pixels: Vec<u8>,
}

impl fmt::Debug for CursorImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CursorImage({}x{})", self.size.0, self.size.1)
    }
}

/// A mouse pointer that the compositor did not draw into the picture: whoever converts the picture draws it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Where its image begins in the buffer, left and top, in pixels; may lie outside.
    pub at: (i32, i32),
    /// Its image.
    pub image: Arc<CursorImage>,
}

/// One raw picture. Cheap to clone: clones share the buffer.
///
/// Travels through a slot in which the newest frame wins: when the encoder is behind, the older one is dropped *before*
/// encoding.
#[derive(Debug, Clone)]
pub struct RawFrame {
    /// When it was drawn, on the monotonic clock (from PipeWire's header where it comes, else the arrival).
    pub captured: Instant,
    /// When it reached this process.
    pub received: Instant,
    /// Layout of the pixels.
    pub format: PixelFormat,
    /// Size of the whole buffer in pixels (width, height).
    pub size: (u32, u32),
    /// The part that is the picture; inside `size`.
    pub crop: Rect,
    /// How it must be turned.
    pub transform: Transform,
    /// Bounding box of what changed since the picture before it, in buffer coordinates; `None`: not told, so anything.
    pub damage: Option<Rect>,
    /// One plane, or two for NV12.
    pub planes: [Plane; 2],
    /// The pixels.
    pub memory: Memory,
    /// The mouse pointer, where the pixels do not show it already. Only with packed formats in memory.
    pub cursor: Option<Cursor>,
}

impl RawFrame {
    /// A whole upright picture of packed pixels in this process's memory, rows of `stride` bytes, that came when it was
    /// captured.
    pub fn packed(
        format: PixelFormat,
        size: (u32, u32),
        stride: usize,
        pixels: Arc<Vec<u8>>,
        captured: Instant,
    ) -> RawFrame {
        let plane = Plane { offset: 0, stride };
        RawFrame {
            captured,
            received: captured,
            format,
            size,
            crop: Rect {
                x: 0,
                y: 0,
                width: size.0,
                height: size.1,
            },
            transform: Transform::None,
            damage: None,
            planes: [plane, plane],
            memory: Memory::Bytes(pixels),
            cursor: None,
        }
    }
}

/// Samples a second of every [`AudioBlock`].
pub const AUDIO_RATE: u32 = 48_000;

/// Channels of every [`AudioBlock`].
pub const AUDIO_CHANNELS: usize = 2;

/// A block of sound: 48 kHz, stereo, interleaved 32-bit floats; of any length.
#[derive(Debug, Clone, PartialEq)]
pub struct AudioBlock {
    /// When its first sample was taken, on the monotonic clock.
    pub captured: Instant,
    /// Sample frames (at [`AUDIO_RATE`]) that are missing before the first one; 0 where the sound is continuous.
    pub lost: u32,
    /// Interleaved samples, left first.
    pub samples: Vec<f32>,
}
