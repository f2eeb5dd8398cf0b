// SPDX-License-Identifier: GPL-3.0-or-later
//! Sources that need neither a portal nor PipeWire: the test card's picture ([`card`]) and sound ([`tone`]).
//!
//! Each runs on a thread of its own, paced by the clock: a late wake-up is followed by more work, never by drift.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use super::source::Running;

pub mod card;
pub mod tone;

/// Tells a paced thread to end.
#[derive(Debug, Default)]
struct Stop {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    /// Sleeps until `deadline`; false when it is time to end.
    fn sleep_until(&self, deadline: Instant) -> bool {
        let mut stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if *stopped || left.is_zero() {
                return !*stopped;
            }
            stopped = self
                .changed
                .wait_timeout(stopped, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

/// A thread that works at given times; dropping it ends and joins the thread.
#[derive(Debug)]
struct Paced {
    stop: Arc<Stop>,
    thread: Option<JoinHandle<()>>,
}

impl Paced {
    /// Calls `work` again and again, first at once; each call returns when the next one is due.
    fn spawn(name: &str, mut work: impl FnMut() -> Instant + Send + 'static) -> io::Result<Self> {
        let stop = Arc::new(Stop::default());
        let own = Arc::clone(&stop);
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || while own.sleep_until(work()) {})?;
        Ok(Paced {
            stop,
            thread: Some(thread),
        })
    }
}

impl Running for Paced {}

impl Drop for Paced {
    fn drop(&mut self) {
        *self
            .stop
            .stopped
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = true;
        self.stop.changed.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a synthetic source panicked");
        }
    }
}
