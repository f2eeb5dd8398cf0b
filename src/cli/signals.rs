// SPDX-License-Identifier: GPL-3.0-or-later
//! Interrupt and termination as something to wait for.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for SIGINT, SIGTERM and SIGHUP.
#[derive(Debug)]
pub struct Signals {
    all: [Signal; 3],
    came: bool,
}

impl Signals {
    /// From now on these signals no longer end the process by themselves.
    pub fn new() -> std::io::Result<Signals> {
        Ok(Signals {
            all: [
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
                signal(SignalKind::hangup())?,
            ],
            came: false,
        })
    }

    /// The next one.
    pub async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.all;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        self.came = true;
    }

    /// Whether one has come.
    pub fn came(&self) -> bool {
        self.came
    }
}
