// SPDX-License-Identifier: GPL-3.0-or-later
//! Encoders between two runs of streams: those of streams that are over in, those that fit the next ones out.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::flow::Feeds;
use crate::session::negotiate::{Settled, SettledAudio, SettledVideo};
use crate::session::source::Valve;

/// How long the encoders may take to end; one that hangs is left behind.
const ENCODERS_END: Duration = Duration::from_secs(3);

/// Running encoders that nobody sends for. Ending them takes time: see [`Kept::end`].
#[derive(Debug)]
pub(in crate::session) struct Kept {
    feeds: Feeds,
    valve: Arc<Valve>,
    settled: Settled,
}

impl Kept {
    /// Encoders as they were started for `settled`, and their valve, which is closed.
    pub(super) fn new(feeds: Feeds, valve: Arc<Valve>, settled: Settled) -> Kept {
        Kept {
            feeds,
            valve,
            settled,
        }
    }

    /// Ends those that do not make what is settled now.
    pub(in crate::session) async fn fit(mut self, settled: &Settled) -> Kept {
        let mut over = Feeds::default();
        std::mem::swap(&mut over.failed, &mut self.feeds.failed);
        if !same(
            self.settled.video.as_ref(),
            settled.video.as_ref(),
            is_same_video,
        ) {
            over.video = self.feeds.video.take();
            self.feeds.in_use = super::flow::EncoderInUse::default();
            // Another encoder is asked by a valve of its own.
            self.valve = Arc::default();
        }
        if !same(
            self.settled.audio.as_ref(),
            settled.audio.as_ref(),
            is_same_audio,
        ) {
            over.audio = self.feeds.audio.take();
        }
        drop_elsewhere(over).await;
        self
    }

    /// Ends all of them.
    pub(super) async fn end(self) {
        drop_elsewhere(self.feeds).await;
    }

    pub(super) fn into_parts(self) -> (Feeds, Arc<Valve>) {
        (self.feeds, self.valve)
    }
}

/// Encoders join their threads.
async fn drop_elsewhere(feeds: Feeds) {
    if feeds.video.is_none() && feeds.audio.is_none() && feeds.failed.is_empty() {
        return;
    }
    let ending = tokio::task::spawn_blocking(move || drop(feeds));
    match timeout(ENCODERS_END, ending).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "an encoder did not end cleanly"),
        Err(_) => tracing::warn!("an encoder does not end; going on without it"),
    }
}

fn same<T>(before: Option<&T>, now: Option<&T>, is_same: impl Fn(&T, &T) -> bool) -> bool {
    match (before, now) {
        (Some(before), Some(now)) => is_same(before, now),
        _ => false,
    }
}

fn is_same_video(before: &SettledVideo, now: &SettledVideo) -> bool {
    let makes = |video: &SettledVideo| {
        (
            (video.codec, video.max_size, video.canvas),
            (video.overscan_pct, video.frame_rate, video.max_bitrate),
        )
    };
    makes(before) == makes(now)
}

fn is_same_audio(before: &SettledAudio, now: &SettledAudio) -> bool {
    (before.codec, before.bitrate, before.frame) == (now.codec, now.bitrate, now.frame)
}
