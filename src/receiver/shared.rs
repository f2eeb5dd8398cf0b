// SPDX-License-Identifier: GPL-3.0-or-later
//! What the tasks of a receiver and its handle share: the options, the state, the numbers, the last picture.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::options::ReceiverOptions;
use super::stats::{FrameRates, MeasureStats, ReceiverState, ReceiverStats, ReceiverStatus};
use crate::decode;

/// One per receiver. Locks are held for moments only, never across an await.
pub(super) struct Shared {
    pub(super) options: ReceiverOptions,
    status: watch::Sender<ReceiverStatus>,
    stats: watch::Sender<ReceiverStats>,
    /// Loudness, 0 to 1, and whether there is silence; senders set it.
    pub(super) volume: watch::Sender<(f64, bool)>,
    last_picture: Mutex<Option<decode::picture::Picture>>,
}

impl Shared {
    pub(super) fn new(options: ReceiverOptions) -> Shared {
        let stats = ReceiverStats {
            measure: options.measure.then(MeasureStats::default),
            ..ReceiverStats::default()
        };
        Shared {
            options,
            status: watch::Sender::default(),
            stats: watch::Sender::new(stats),
            volume: watch::Sender::new((1.0, false)),
            last_picture: Mutex::new(None),
        }
    }

    /// What the receiver is doing from now on.
    pub(super) fn set_state(&self, state: ReceiverState, sender: Option<IpAddr>) {
        let status = ReceiverStatus {
            state: state.clone(),
            sender,
        };
        let changed = self.status.send_if_modified(|old| {
            let changed = *old != status;
            *old = status;
            changed
        });
        if changed {
            tracing::info!(?state, ?sender, "receiver");
            self.stats
                .send_modify(|stats| (stats.state, stats.sender) = (state, sender));
        }
    }

    pub(super) fn status(&self) -> watch::Receiver<ReceiverStatus> {
        self.status.subscribe()
    }

    /// Publishes the numbers of the cast; state and sender stay what they are.
    pub(super) fn set_stats(&self, stats: ReceiverStats) {
        let now = self.status.borrow().clone();
        self.stats.send_replace(ReceiverStats {
            state: now.state,
            sender: now.sender,
            // Sound alone tells nothing, but its keys are there.
            measure: self
                .options
                .measure
                .then(|| stats.measure.unwrap_or_default()),
            ..stats
        });
    }

    /// Says that nothing moves; the sums of the last cast stay.
    pub(super) fn set_still(&self) {
        self.stats
            .send_modify(|stats| stats.fps = FrameRates::default());
    }

    pub(super) fn stats(&self) -> watch::Receiver<ReceiverStats> {
        self.stats.subscribe()
    }

    pub(super) fn set_picture(&self, picture: decode::picture::Picture) {
        *self
            .last_picture
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(picture);
    }

    pub(super) fn picture(&self) -> Option<decode::picture::Picture> {
        self.last_picture
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
