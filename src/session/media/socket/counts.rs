// SPDX-License-Identifier: GPL-3.0-or-later
//! What a media socket has seen since its start. Numbers, and a line in the log when something goes wrong.

use std::io;

use crate::session::unsent::{SendFault, Unsent};

/// What a socket has seen since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Datagrams that the kernel took.
    pub sent: u64,
    /// Calls of the kernel that were needed to send.
    pub send_calls: u64,
    /// Datagrams that did not leave.
    pub unsent: Unsent,
    /// Errors reported while receiving.
    pub receive_errors: u64,
    /// Datagrams from somebody else, or from another port of the device.
    pub strangers: u64,
    /// Datagrams from another address that was announced for the device.
    pub from_elsewhere: u64,
}

impl Counts {
    /// Notes that datagrams did not leave, and says so in the log, ever less often.
    pub(super) fn not_sent(&mut self, kind: SendFault, count: u64, error: &io::Error) {
        let before = self.unsent.of(kind);
        self.unsent.add(kind, count);
        let now = self.unsent.of(kind);
        if before.checked_ilog2() != now.checked_ilog2() {
            let name = kind.name();
            if kind == SendFault::Refused {
                // A device that ends its stream closes its port before it says so.
                tracing::debug!(%error, kind = name, count = now, "media was refused");
            } else {
                tracing::warn!(%error, kind = name, count = now, "cannot send media");
            }
        }
    }
}
