// SPDX-License-Identifier: GPL-3.0-or-later
//! One running mirror: its state machine, control channel, media socket, recovery. Never encodes, draws or parses wire bytes.
//!
//! ```text
//!  SessionHandle ──Command──▶ run ──▶ control ──bytes──▶ TLS          shared runtime
//!       ▲  state, stats        │ ▲
//!       └──────────────────────┤ │ MediaEvent
//!  MediaSource ──Feed──▶ media ┴─┘ ──Datagram──▶ UDP                  media thread
//!       ▲────EncoderControl──────┘
//! ```

mod authenticate;
pub mod connect;
mod control;
pub mod handle;
pub mod leftover;
pub mod link;
mod media;
mod negotiate;
mod opening;
pub mod options;
pub mod reason;
mod recovery;
mod run;
pub mod source;
pub mod state;
pub mod stats;
pub mod timings;
pub mod tls;
pub mod trust;
pub mod unsent;
pub mod whereabouts;

pub use self::media::socket;

use tokio::runtime::Handle;

use self::handle::SessionHandle;
use self::options::{MirrorOptions, Target};
use self::run::Actor;
use self::source::MediaSource;
use self::timings::Timings;

/// Starts sessions.
#[derive(Debug)]
pub struct Session;

impl Session {
    /// Starts mirroring `source` to `target` on the shared runtime. Never fails by itself: how it ends is told by the
    /// handle's state.
    pub fn start(
        runtime: &Handle,
        target: Target,
        options: MirrorOptions,
        source: Box<dyn MediaSource>,
    ) -> SessionHandle {
        Session::start_with(runtime, target, options, source, Timings::default())
    }

    /// The same with other limits in time.
    pub fn start_with(
        runtime: &Handle,
        target: Target,
        options: MirrorOptions,
        source: Box<dyn MediaSource>,
        timings: Timings,
    ) -> SessionHandle {
        let (handle, reporter) = handle::pair();
        let actor = Actor::new(target, options, timings, source, reporter);
        runtime.spawn(actor.run());
        handle
    }
}
