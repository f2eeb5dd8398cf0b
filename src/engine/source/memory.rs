// SPDX-License-Identifier: GPL-3.0-or-later
//! Which memory the capture is asked for: what encoders take in, a wish that the capture follows out.
//!
//! Shared memory is always allowed. DMA-BUFs are asked for a bounded number of times in the life of a source, because each
//! change exchanges the stream's buffers: encoders that take turns must not make it change for ever.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::capture::frame::DmaBufFormat;

/// How often DMA-BUFs are asked for: at the start, after a fail-over, with another codec.
pub const ASKS: u32 = 3;

/// The wish of the moment; begins with shared memory.
#[derive(Debug)]
pub struct MemoryChoice {
    wish: watch::Sender<Vec<DmaBufFormat>>,
    asks: Mutex<Asks>,
}

#[derive(Debug)]
struct Asks {
    left: u32,
    /// An encoder has spoken: what was expected of the first one no longer counts.
    decided: bool,
}

impl MemoryChoice {
    /// The choice, and what the capture follows. DMA-BUFs are asked for `left` times, normally [`ASKS`].
    pub fn new(left: u32) -> (MemoryChoice, watch::Receiver<Vec<DmaBufFormat>>) {
        let (wish, followed) = watch::channel(Vec::new());
        let asks = Mutex::new(Asks {
            left,
            decided: false,
        });
        (MemoryChoice { wish, asks }, followed)
    }

    /// What the encoder that is expected to be the first one takes. Counts only until an encoder is started.
    pub fn expect(&self, formats: Vec<DmaBufFormat>) {
        let mut asks = self.asks.lock().unwrap_or_else(PoisonError::into_inner);
        if !asks.decided {
            self.ask(&mut asks, formats);
        }
    }

    /// What the encoder takes that is in use from now on; empty: shared memory only.
    pub fn want(&self, formats: Vec<DmaBufFormat>) {
        let mut asks = self.asks.lock().unwrap_or_else(PoisonError::into_inner);
        asks.decided = true;
        self.ask(&mut asks, formats);
    }

    fn ask(&self, asks: &mut Asks, mut formats: Vec<DmaBufFormat>) {
        if *self.wish.borrow() == formats {
            return;
        }
        if !formats.is_empty() {
            if asks.left == 0 {
                tracing::info!("the capture stays with shared memory");
                // What was asked for was meant for another encoder.
                formats = Vec::new();
            }
            asks.left = asks.left.saturating_sub(1);
        }
        self.wish.send_if_modified(|wish| {
            let changed = *wish != formats;
            *wish = formats;
            changed
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::frame::PixelFormat;

    fn formats(modifier: u64) -> Vec<DmaBufFormat> {
        vec![DmaBufFormat {
            format: PixelFormat::Bgrx,
            modifiers: vec![modifier],
        }]
    }

    #[test]
    fn the_capture_follows_the_encoder_in_use() {
        let (choice, wish) = MemoryChoice::new(ASKS);
        assert!(wish.borrow().is_empty());
        choice.expect(formats(1));
        assert_eq!(*wish.borrow(), formats(1));
        choice.want(formats(1));
        choice.want(Vec::new());
        assert!(wish.borrow().is_empty());
        choice.want(formats(2));
        assert_eq!(*wish.borrow(), formats(2));
    }

    #[test]
    fn what_was_expected_comes_too_late_when_an_encoder_has_spoken() {
        let (choice, wish) = MemoryChoice::new(ASKS);
        choice.want(Vec::new());
        choice.expect(formats(1));
        assert!(wish.borrow().is_empty());
    }

    #[test]
    fn encoders_that_take_turns_end_in_shared_memory() {
        let (choice, wish) = MemoryChoice::new(ASKS);
        let mut asked = 0;
        for _ in 0..20 {
            choice.want(formats(1));
            asked += u32::from(!wish.borrow().is_empty());
            choice.want(Vec::new());
        }
        assert_eq!(asked, ASKS);
        let (choice, wish) = MemoryChoice::new(ASKS);
        for modifier in 0..20 {
            choice.want(formats(modifier));
        }
        assert!(wish.borrow().is_empty(), "no wish of another encoder stays");
    }

    #[test]
    fn a_source_whose_pixels_must_be_read_is_never_asked() {
        let (choice, wish) = MemoryChoice::new(0);
        choice.expect(formats(1));
        choice.want(formats(1));
        assert!(wish.borrow().is_empty());
    }
}
