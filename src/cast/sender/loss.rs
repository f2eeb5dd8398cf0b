// SPDX-License-Identifier: GPL-3.0-or-later
//! Packets that left and packets that were lost in; how often packets are lost, and how many may be repeated before
//! anybody missed them, out.
//!
//! A loss is counted when a report proves it, so the rate is that of the way there, whatever happens on the way back.

/// About so many packets are looked back at: a second of video.
const MEMORY: f64 = 400.0;

/// As if so many packets had arrived before the first: one loss at the start is not a lossy path.
const PRIOR: f64 = 20.0;

/// Beyond this the path is not lossy but broken, and more repetition would not mend it.
const MAX_RATE: f64 = 0.5;

/// Bytes that may be repeated ahead, for each byte sent once: this part of what the losses cost anyway, p / (1 − p) …
const AHEAD_OF_LOSS: f64 = 0.4;
/// … and this much on top. Together they leave repairs room below 1.5 · p / (1 − p) + 3 %.
const AHEAD_ALWAYS: f64 = 0.01;

/// Bytes that may be saved up for repeating ahead: about twenty full packets.
const MAX_SAVED: f64 = 30_000.0;

/// Bytes that may be repeated on suspicion, for each byte sent once. Only for receivers that would otherwise freeze for
/// half a second.
const ON_SUSPICION: f64 = 1.0;

/// Bytes that may be saved up for that: about three large frames.
const MAX_SUSPICION: f64 = 120_000.0;

/// The losses of the path to the receiver.
#[derive(Debug)]
pub(super) struct Losses {
    sent: f64,
    lost: f64,
    /// Bytes that may be repeated ahead.
    saved: f64,
    /// Bytes that may be repeated on suspicion.
    suspicion: f64,
}

impl Losses {
    pub(super) fn new() -> Losses {
        Losses {
            sent: PRIOR,
            lost: 0.0,
            saved: 0.0,
            suspicion: 0.0,
        }
    }

    /// A packet with this much payload left; `again` if not for the first time.
    pub(super) fn on_sent(&mut self, payload: usize, again: bool) {
        let keep = 1.0 - 1.0 / MEMORY;
        self.sent = self.sent * keep + 1.0;
        self.lost *= keep;
        if !again {
            let rate = self.rate();
            let share = AHEAD_OF_LOSS * rate / (1.0 - rate) + AHEAD_ALWAYS;
            self.saved = (self.saved + payload as f64 * share).min(MAX_SAVED);
            self.suspicion = (self.suspicion + payload as f64 * ON_SUSPICION).min(MAX_SUSPICION);
        }
    }

    /// A packet that left was lost.
    pub(super) fn on_lost(&mut self) {
        self.lost += 1.0;
    }

    /// The part of the packets that is lost, 0 to 0.5.
    pub(super) fn rate(&self) -> f64 {
        (self.lost / self.sent).min(MAX_RATE)
    }

    /// Takes `payload` bytes out of what may be repeated ahead, if there are as many.
    pub(super) fn take_ahead(&mut self, payload: usize) -> bool {
        take(&mut self.saved, payload)
    }

    /// Takes `payload` bytes out of what may be repeated on suspicion, if there are as many.
    pub(super) fn take_suspicion(&mut self, payload: usize) -> bool {
        take(&mut self.suspicion, payload)
    }
}

fn take(budget: &mut f64, bytes: usize) -> bool {
    let bytes = bytes as f64;
    let is_enough = *budget >= bytes;
    if is_enough {
        *budget -= bytes;
    }
    is_enough
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends so many packets of 1000 bytes, of which each `one_in`-th is lost; returns the bytes repeated ahead.
    fn run(losses: &mut Losses, packets: usize, one_in: usize) -> usize {
        let mut ahead = 0;
        for index in 0..packets {
            losses.on_sent(1000, false);
            if index % one_in == 0 {
                losses.on_lost();
            }
            while losses.take_ahead(1000) {
                ahead += 1000;
            }
        }
        ahead
    }

    #[test]
    fn the_rate_follows_within_a_second_of_video() {
        let mut losses = Losses::new();
        run(&mut losses, 1000, 10);
        assert!((losses.rate() - 0.1).abs() < 0.01, "{}", losses.rate());
        run(&mut losses, 1000, 1_000_000);
        assert!(losses.rate() < 0.02, "{}", losses.rate());
    }

    #[test]
    fn one_loss_at_the_start_is_not_a_lossy_path_and_no_path_loses_more_than_half() {
        let mut losses = Losses::new();
        run(&mut losses, 1, 1);
        assert!(losses.rate() < 0.05);
        run(&mut losses, 1000, 1);
        assert!((losses.rate() - MAX_RATE).abs() < 1e-9);
    }

    #[test]
    fn what_is_repeated_ahead_depends_on_the_loss() {
        // (one packet of so many is lost, at most this part is repeated ahead)
        for (one_in, part) in [(1_000_000, 0.011), (50, 0.02), (10, 0.06), (5, 0.12)] {
            let ahead = run(&mut Losses::new(), 10_000, one_in);
            let share = ahead as f64 / 10_000_000.0;
            assert!(share <= part && share > part / 2.0, "{one_in}: {share}");
        }
    }
}
