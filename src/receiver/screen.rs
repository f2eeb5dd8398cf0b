// SPDX-License-Identifier: GPL-3.0-or-later
//! `Screen`: the embedder's side of a receiver. It gets pictures at the moment they are to be shown.

use std::fmt;
use std::net::IpAddr;
use std::time::Instant;

use bytes::Bytes;

/// A decoded picture: 4 bytes a pixel (red, green, blue, opaque), full range, rows without gaps. Cheap to clone.
#[derive(Clone)]
pub struct Picture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `width * height * 4` bytes.
    pub rgba: Bytes,
    /// When it is to be seen.
    pub show_at: Instant,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({}x{})", self.width, self.height)
    }
}

/// What the embedder does with a cast. Called on the receiver's threads; must not block.
pub trait Screen: Send + Sync {
    /// A sender began to cast.
    fn started(&self, sender: IpAddr);
    /// This picture is due now. Only the newest counts: one that could not be drawn is simply replaced.
    fn show(&self, picture: Picture);
    /// The cast is over.
    fn stopped(&self);
}
