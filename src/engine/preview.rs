// SPDX-License-Identifier: GPL-3.0-or-later
//! Small pictures of what is sent, for the person who casts: the newest frame of the capture in, scaled down on a thread of
//! its own, at most twice a second and only while somebody looks.
//!
//! They are made of frames that are in memory anyway. A frame that only the GPU can read has no small picture; then the one
//! before stays, or there is none.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::source::pictures::Seat;
use crate::capture::frame::RawFrame;
use crate::capture::slot::{Next, SlotReader};
use crate::encode::convert::small::Shrinker;
pub use crate::encode::convert::small::SmallPicture;

/// From one look at the capture to the next.
const INTERVAL: Duration = Duration::from_millis(500);

/// How long a frame is waited for that the capture does not keep.
const PATIENCE: Duration = Duration::from_millis(400);

/// No picture is larger, in pixels: sharp on a page of 480 px, and not a megabyte.
const BOUNDS: (u32, u32) = (640, 360);

/// Where a session sits at its capture, once it does.
#[derive(Debug, Default)]
pub(super) struct Place(Mutex<Weak<Seat>>);

impl Place {
    /// The session has got its seat.
    pub(super) fn take(&self, seat: &Arc<Seat>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(seat);
    }

    fn seat(&self) -> Option<Arc<Seat>> {
        let seat = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seat.upgrade()
    }
}

/// The frame that is there, else the next one.
async fn newest(frames: &SlotReader<RawFrame>) -> Option<RawFrame> {
    if let Some(frame) = frames.try_take() {
        return Some(frame);
    }
    match timeout(PATIENCE, frames.take()).await {
        Ok(Next::Item(frame)) => Some(frame),
        _ => None,
    }
}

/// The newest small picture; `None` until there is one.
pub type Preview = watch::Receiver<Option<Arc<SmallPicture>>>;

/// Follows what sits at `place` on `runtime` until the last receiver is dropped, or the session has gone.
pub(super) fn follow(place: Weak<Place>, runtime: &Handle) -> Preview {
    let (pictures, preview) = watch::channel(None);
    runtime.spawn(async move {
        let mut tick = interval(INTERVAL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let shrinker = Arc::new(Mutex::new(Shrinker::new(BOUNDS)));
        let mut shown: Option<Instant> = None;
        loop {
            tokio::select! {
                () = pictures.closed() => return,
                _ = tick.tick() => {}
            }
            let Some(place) = place.upgrade() else {
                return;
            };
            let Some(frames) = place.seat().and_then(|seat| seat.look()) else {
                continue;
            };
            let Some(frame) = newest(&frames).await else {
                continue;
            };
            drop(frames);
            if shown == Some(frame.captured) {
                continue;
            }
            let captured = frame.captured;
            let of_thread = Arc::clone(&shrinker);
            let made = tokio::task::spawn_blocking(move || {
                let mut shrinker = of_thread.lock().unwrap_or_else(PoisonError::into_inner);
                shrinker.shrink(&frame)
            });
            match made.await {
                Ok(Ok(picture)) => {
                    shown = Some(captured);
                    pictures.send_replace(Some(Arc::new(picture)));
                }
                Ok(Err(error)) => tracing::trace!(%error, "no small picture"),
                Err(error) => tracing::warn!(%error, "no small picture"),
            }
        }
    });
    preview
}
