// SPDX-License-Identifier: GPL-3.0-or-later
//! When a key frame is asked for. Input: wishes of the decoder and key frames; output: whether picture loss is reported.
//!
//! ```text
//!            wish, and the last key frame has been given out
//!   quiet ────────────────────────────────────────────────────▶ asking: picture loss in every report
//!     ▲                                                            │
//!     └───────────────────── a key frame is complete ──────────────┘
//! ```
//! A wish is refused before the first key frame of all (it is on its way) and while one waits to be decoded.

use std::time::{Duration, Instant};

use crate::cast::frame::FrameId;

/// The key frame requests of one stream.
#[derive(Debug, Clone)]
pub(super) struct KeyFrameRequests {
    enabled: bool,
    proactive_interval: Option<Duration>,
    last_received: Option<FrameId>,
    last_proactive: Option<Instant>,
    asking: bool,
}

impl KeyFrameRequests {
    /// `enabled` is off for streams that may not report picture loss.
    pub fn new(enabled: bool, proactive_interval: Option<Duration>) -> KeyFrameRequests {
        KeyFrameRequests {
            enabled,
            proactive_interval,
            last_received: None,
            last_proactive: None,
            asking: false,
        }
    }

    /// Whether picture loss is to be reported.
    pub fn is_asking(&self) -> bool {
        self.asking
    }

    /// The decoder wants a key frame; `last_given` is the last frame that it was given. Returns whether asking begins.
    pub fn request(&mut self, last_given: FrameId) -> bool {
        let is_useful = self
            .last_received
            .is_some_and(|received| received <= last_given);
        let begins = self.enabled && is_useful && !self.asking;
        self.asking |= begins;
        begins
    }

    /// A frame has become too late. Returns whether asking begins.
    pub fn on_late_frame(&mut self, now: Instant, last_given: FrameId) -> bool {
        let Some(interval) = self.proactive_interval else {
            return false;
        };
        let is_too_soon = self
            .last_proactive
            .is_some_and(|last| now.saturating_duration_since(last) < interval);
        if is_too_soon || !self.request(last_given) {
            return false;
        }
        self.last_proactive = Some(now);
        true
    }

    /// A key frame is complete.
    pub fn on_key_frame(&mut self, id: FrameId) {
        self.last_received = self.last_received.max(Some(id));
        self.asking = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_the_first_key_frame_none_is_asked_for() {
        let mut requests = KeyFrameRequests::new(true, None);
        assert!(!requests.request(FrameId::LEADER));
        assert!(!requests.is_asking());
    }

    #[test]
    fn a_request_stays_until_a_key_frame_is_complete() {
        let mut requests = KeyFrameRequests::new(true, None);
        requests.on_key_frame(FrameId(0));
        assert!(requests.request(FrameId(3)));
        assert!(!requests.request(FrameId(4)), "asked for already");
        assert!(requests.is_asking());
        requests.on_key_frame(FrameId(9));
        assert!(!requests.is_asking());
    }

    #[test]
    fn no_key_frame_is_asked_for_while_the_last_one_waits_to_be_decoded() {
        let mut requests = KeyFrameRequests::new(true, None);
        requests.on_key_frame(FrameId(5));
        assert!(!requests.request(FrameId(4)));
        assert!(requests.request(FrameId(5)));
    }

    #[test]
    fn a_stream_that_may_not_report_picture_loss_never_does() {
        let mut requests = KeyFrameRequests::new(false, Some(Duration::ZERO));
        requests.on_key_frame(FrameId(0));
        assert!(!requests.request(FrameId(1)));
        assert!(!requests.on_late_frame(Instant::now(), FrameId(1)));
    }

    #[test]
    fn late_frames_ask_at_most_once_in_the_interval() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut requests = KeyFrameRequests::new(true, Some(Duration::from_millis(500)));
        requests.on_key_frame(FrameId(0));
        assert!(requests.on_late_frame(at(0), FrameId(0)));
        requests.on_key_frame(FrameId(1));
        assert!(!requests.on_late_frame(at(499), FrameId(1)));
        assert!(requests.on_late_frame(at(500), FrameId(1)));
    }
}
