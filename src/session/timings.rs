// SPDX-License-Identifier: GPL-3.0-or-later
//! How long a session waits for what. `Default` is what people get; tests use shorter ones. The limits of launch and
//! negotiation are the protocol's ([`crate::cast::channel::client`]).

use std::time::Duration;

use super::{authenticate, connect, tls};
use crate::cast::channel::client::{NEGOTIATION_LIMIT, PING_INTERVAL, VANISH_TIMEOUT};

/// How long a session waits for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// From the first attempt to connect to the ANSWER, without the time that people take, here or at the device, and
    /// without authentication.
    pub negotiation: Duration,
    /// For a TCP connection, all addresses together.
    pub connect: Duration,
    /// For the TLS handshake.
    pub tls: Duration,
    /// For the answer to the question who the device is.
    pub authentication: Duration,
    /// Without feedback on the media socket until the session counts as disturbed.
    pub disturbed: Duration,
    /// Without feedback on the media socket until the device counts as gone (Cast documentation: 15 s).
    pub gone: Duration,
    /// Without feedback on the media socket and without a word on the control channel until the device counts as lost, and
    /// is sought.
    pub lost: Duration,
    /// The same when something has just happened to the network, or the computer has slept.
    pub suspect: Duration,
    /// For a TCP connection while a lost device is sought.
    pub knock: Duration,
    /// Without a word on the control channel until the device counts as gone that refuses media, too: it has restarted, and
    /// knows nothing of the session.
    pub restarted: Duration,
    /// With acknowledged frames but no sign of a picture until the next codec is offered.
    pub no_picture: Duration,
    /// Between two statistics, and between two looks at all of the above that concern media.
    pub report: Duration,
    /// For the app to vanish after STOP.
    pub vanish: Duration,
    /// For the TLS connection to be closed in an orderly way.
    pub close: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Timings {
            negotiation: NEGOTIATION_LIMIT,
            connect: connect::CONNECT_TIMEOUT,
            tls: tls::HANDSHAKE_TIMEOUT,
            authentication: authenticate::ANSWER_TIMEOUT,
            disturbed: Duration::from_secs(3),
            gone: Duration::from_secs(15),
            // More than one PING has not been answered.
            lost: PING_INTERVAL + Duration::from_secs(3),
            suspect: Duration::from_secs(2),
            // The kernel asks twice in that time, after 0 and 1 s.
            knock: Duration::from_secs(2),
            // It has not answered a PING then.
            restarted: PING_INTERVAL + Duration::from_secs(2),
            no_picture: Duration::from_secs(6),
            report: Duration::from_secs(1),
            // A little more than the channel itself waits, so that CLOSE still leaves.
            vanish: VANISH_TIMEOUT + Duration::from_millis(500),
            close: Duration::from_secs(1),
        }
    }
}
