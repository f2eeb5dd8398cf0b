// SPDX-License-Identifier: GPL-3.0-or-later
//! Being a Cast device: TLS server, application dispatcher, the streaming application. The embedder chooses the user interface.
//!
//! ```text
//! TLS ──bytes──▶ connection ──▶ cast::channel (platform, OFFER/ANSWER) ──▶ streaming application
//! UDP ──datagrams──▶ media loop ──▶ cast::receiver ──EncodedFrame──▶ decode ──▶ Screen (the embedder's), PipeWire
//! ```

mod connection;
mod credentials;
mod handle;
mod hub;
mod identity;
mod listen;
mod measure;
mod media;
mod negotiate;
mod options;
mod playout;
mod screen;
mod shared;
mod spectrum;
mod stats;
mod streaming;
mod tally;
mod viewer;

pub use credentials::CredentialsError;
pub use handle::{Receiver, ReceiverError, ReceiverHandle};
pub use identity::IdentityError;
pub use listen::ListenError;
pub use options::{ASK_LIMIT, AcceptPolicy, ReceiverOptions};
pub use screen::{Picture, Screen};
pub use stats::{
    AudioStats, FrameRates, MeasureStats, Percentiles, ReceiverState, ReceiverStats, ReceiverStatus,
};
pub use viewer::{KnownSenders, Permission, Question, Viewer, Visitor};
