// SPDX-License-Identifier: GPL-3.0-or-later
//! The one API that front ends may call: devices, sessions, settings. Knows nothing about GTK, D-Bus or argv.
//!
//! ```text
//! front end ──find, mirror, receive──▶ Engine ──▶ discovery (what is there), session (one cast), receiver
//!                                        └─ CastSource: capture ──RawFrame──▶ encode ──EncodedFrame──▶ session
//! ```
//! What a front end needs of the rooms below is re-exported here, so that it needs to know no other room.

mod apps;
mod find;
mod known;
mod node;
mod receiver_id;
mod source;
mod store;
mod tokens;
mod tone;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;

pub use crate::capture::source::SourceKind;
pub use crate::cast::codec::{AudioCodec, VideoCodec};
pub use crate::discovery::{Capabilities, Device, DeviceKind, Endpoint};
pub use crate::encode::null::Recording;
pub use crate::encode::output::FramePath;
pub use crate::receiver::{
    ASK_LIMIT, AcceptPolicy, KnownSenders, ListenError, Permission, Picture, Question, Receiver,
    ReceiverError, ReceiverHandle, ReceiverOptions, ReceiverState, ReceiverStats, Screen, Viewer,
    Visitor,
};
pub use crate::session::handle::{Command, SessionHandle, Volume};
pub use crate::session::options::{CodecChoice, MirrorOptions};
pub use crate::session::reason::{Blame, Layer, Missing, Reason, SourceEnd, Waiting};
pub use crate::session::state::{SessionState, Streams, Trouble};
pub use crate::session::stats::SessionStats;
pub use known::{KnownFile, MAX_KNOWN};
pub use node::NodeSource;
pub use tone::{TestSound, play_test_sound};

use crate::capture::source::AudioSource;
use crate::discovery::{Discovery, DiscoveryHandle, DiscoveryOptions, has_interface};
use crate::session::Session;
use crate::session::options::Target;
use apps::Apps;
use source::CastSource;
use tokens::Tokens;

/// How the engine is to run.
#[derive(Debug, Clone, Default)]
pub struct EngineOptions {
    /// Look for devices on this network interface only.
    pub interface: Option<String>,
    /// For measuring everything but the encoder: frames of this recording are sent instead of encoded pictures.
    pub recording: Option<Arc<Recording>>,
}

/// Which sound goes to the TV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AudioChoice {
    /// Only the TV plays.
    Tv,
    /// The TV and this computer play.
    Both,
    /// The sound of the application with this name.
    App(String),
    /// None.
    None,
    /// The test card's own sound.
    Tone,
}

/// What is to be cast, and how.
#[derive(Debug, Clone)]
pub struct MirrorRequest {
    /// Where the picture comes from.
    pub source: SourceKind,
    /// Where the sound comes from.
    pub audio: AudioChoice,
    /// Whether a permission that was given before may be used again, without a dialog.
    pub restore: bool,
    /// The window that the dialog belongs to (an `xdg_foreign` handle).
    pub parent_window: Option<String>,
    /// Codec, size, rate, delay, network.
    pub options: MirrorOptions,
}

/// The running engine. Lives on the tokio runtime on which it was started.
#[derive(Debug)]
pub struct Engine {
    runtime: Handle,
    discovery: DiscoveryHandle,
    interface: Option<String>,
    tokens: Tokens,
    apps: Arc<Apps>,
    recording: Option<Arc<Recording>>,
}

impl Engine {
    /// Starts to look for devices, on the current tokio runtime, and undoes what a crashed cast has left behind.
    pub fn start(options: EngineOptions) -> Engine {
        tokio::task::spawn_blocking(|| {
            if let Err(error) = AudioSource::repair() {
                tracing::warn!(%error, "the default sound output cannot be restored");
            }
        });
        let apps = Apps::of_user(Handle::current());
        let discovery = Discovery::start(DiscoveryOptions {
            interface: options.interface.clone(),
            hosts: Vec::new(),
            hints: apps.devices(),
        });
        Engine {
            runtime: Handle::current(),
            discovery,
            interface: options.interface,
            tokens: Tokens::of_user(),
            apps: Arc::new(apps),
            recording: options.recording,
        }
    }

    /// The devices that are known, as they come and go.
    pub fn devices(&self) -> watch::Receiver<Arc<[Device]>> {
        self.discovery.watch()
    }

    /// Why the network cannot be searched at the moment.
    pub fn discovery_problem(&self) -> Option<String> {
        self.discovery
            .problem()
            .borrow()
            .as_ref()
            .map(ToString::to_string)
    }

    /// The device that `query` means: an id, a name or the beginning of a name in the list, or a host with an optional
    /// port. Both are looked for at the same time, within `wait`; the list goes first.
    ///
    /// # Errors
    /// [`Reason::DeviceNotFound`], [`Reason::HostUnknown`]; [`Reason::System`] when the network cannot be searched;
    /// [`Missing::Interface`] at once when nothing can be found through the interface that was named, because there is
    /// none.
    pub async fn find(&self, query: &str, wait: Duration) -> Result<Device, Reason> {
        if let Some(name) = &self.interface
            && !has_interface(name)
        {
            return Err(Reason::Missing(Missing::Interface(name.clone())));
        }
        find::find(&self.discovery, query, wait).await
    }

    /// Starts to mirror to `device`. The handle tells how it goes; nothing else needs to be kept.
    pub fn mirror(&self, device: &Device, request: MirrorRequest) -> SessionHandle {
        let target = Target {
            name: device.name.clone(),
            addresses: device.endpoints.iter().map(Endpoint::socket_addr).collect(),
            has_screen: device.kind.has_picture(),
            leftovers: self.apps.clone(),
        };
        let options = request.options.clone();
        let mut source = CastSource::new(request, &target, self.tokens.clone());
        source.recording.clone_from(&self.recording);
        Session::start(&self.runtime, target, options, Box::new(source))
    }

    /// Starts to be a Cast device, on the current tokio runtime. Unless the options say otherwise, it has the same id at
    /// each start, and senders that are always allowed are remembered for this user.
    ///
    /// # Errors
    /// [`ReceiverError`], a port in use above all.
    pub async fn receive(mut options: ReceiverOptions) -> Result<ReceiverHandle, ReceiverError> {
        let id = options.id.take();
        options.id = Some(id.unwrap_or_else(|| receiver_id::of(&options.name)));
        if options.known.is_none() && options.accept != AcceptPolicy::Any {
            options.known = Some(Arc::new(KnownFile::of_user()));
        }
        Receiver::start(options).await
    }

    /// Ends the search for devices. Sessions are ended by their handles.
    pub async fn shut_down(self) {
        self.discovery.stop().await;
    }
}
