// SPDX-License-Identifier: GPL-3.0-or-later
//! Being a Cast device: TLS server, application dispatcher, the streaming application. The embedder chooses the user interface.
//!
//! ```text
//! TLS ──bytes──▶ connection ──▶ cast::channel (platform, OFFER/ANSWER) ──▶ streaming application
//! UDP ──datagrams──▶ media loop ──▶ cast::receiver ──EncodedFrame──▶ decode ──▶ Screen (the embedder's), PipeWire
//! ```

mod options;
mod screen;
mod stats;

pub use options::{AcceptPolicy, ReceiverOptions};
pub use screen::{Picture, Screen};
pub use stats::{
    AudioStats, FrameRates, MeasureStats, Percentiles, ReceiverState, ReceiverStats, ReceiverStatus,
};
