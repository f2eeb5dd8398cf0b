// SPDX-License-Identifier: GPL-3.0-or-later
//! The one API that front ends may call: devices, sessions, settings. Knows nothing about GTK, D-Bus or argv.
//!
//! ```text
//! front end ──find, mirror, stop, …──▶ Engine ──▶ discovery (what is there), sessions (the casts), receiver
//!                                        └─ CastSource: capture ──RawFrame──▶ encode ──EncodedFrame──▶ session
//! ```
//! Casts are named by [`Device::id`]; there is one to a device at a time. Those of the same source share its capture, and
//! their encode as long as they want the same of it.
//!
//! What a front end needs of the rooms below is re-exported here, so that it needs to know no other room.

mod apps;
mod banners;
mod captures;
mod casts;
mod desktop;
mod devices;
mod find;
mod health;
mod history;
mod host;
mod interfaces;
mod known;
mod left_behind;
mod listing;
mod network;
mod node;
mod permits;
mod players;
mod preview;
mod receiver_id;
mod remedy;
mod remembered;
mod report;
mod sessions;
mod settings;
mod sharing;
mod source;
mod store;
mod tokens;
mod tone;
mod trust;
mod whereabouts;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;

pub use crate::capture::source::SourceKind;
pub use crate::cast::auth::{AnchorError, Assessment, Fingerprint, Roots, Verdict as AuthVerdict};
pub use crate::cast::codec::{AudioCodec, VideoCodec};
pub use crate::discovery::{Capabilities, Device, DeviceKind, Endpoint};
pub use crate::encode::config::MAX_OVERSCAN_PCT;
pub use crate::encode::null::Recording;
pub use crate::encode::output::FramePath;
pub use crate::receiver::{
    ASK_LIMIT, AcceptPolicy, CredentialsError, KnownSenders, ListenError, Permission, Picture,
    Question, Receiver, ReceiverError, ReceiverHandle, ReceiverOptions, ReceiverState,
    ReceiverStats, Screen, Viewer, Visitor,
};
pub use crate::session::handle::{Command, SessionHandle, Volume};
pub use crate::session::link::Link;
pub use crate::session::options::{CodecChoice, MirrorOptions, Quality};
#[cfg(test)]
pub use crate::session::reason::samples;
pub use crate::session::reason::{Blame, Fault, Layer, Missing, Reason, SourceEnd, Waiting};
pub use crate::session::state::{Absence, SessionState, Setback, Streams, Trouble};
pub use crate::session::stats::{AudioStats, Bitrates, FrameRates, SessionStats, StageLatencies};
pub use crate::session::trust::Distrust;
pub use crate::session::unsent::{SendFault, Unsent};
pub use banners::Banners;
pub use desktop::{
    Ability, DesktopOptions, DesktopWords, Leave, Notice, NoticeChange, Notices, Presence,
    ShortcutState, ShortcutWords, Urgency, ask_leave, missing_abilities, tell_background,
};
pub use devices::remembered as remembered_devices;
pub use health::{Advice, Cause, HOLD, Health, Tone, Verdict};
pub use history::{Delays, Figure, HISTORY, History, SAMPLES, Sample};
pub use host::{HostError, check_host};
pub use interfaces::interfaces;
pub use known::{KnownFile, KnownSender, MAX_KNOWN};
pub use left_behind::{AllLeftBehind, LeftBehind};
pub use listing::{Forgotten, ListedDevice};
pub use network::{Finding, Firewall, Judgement, LinkKind, Network, NetworkFacts, Vpn};
pub use node::NodeSource;
pub use permits::{Permits, TakenPermit};
pub use preview::{Preview, SmallPicture};
pub use remedy::{PreferencesPage, Remedies, Remedy};
pub use report::{ReportOf, report};
pub use sessions::{CastStatus, CommandError, Ending, MAX_ENDED};
pub use settings::key as setting;
pub use settings::{
    Choice, Effect, FIRST_FREE_PORT, LatencyProfile, MonitorSize, PictureSize, PortsError,
    Settings, SettingsError, SoundDefault, desktop_of_user, options_of_user, ports,
    request_of_user,
};
pub use tone::{TestSound, play_test_sound};
pub use trust::{
    AddRootError, AddedRoot, AddedRoots, ForgottenTrust, MAX_REMEMBERED, Remembered, TakenRoot,
    TrustAsker, TrustOptions, TrustQuestion, TrustRule, TrustedDevices,
};

use crate::capture::source::{AudioSource, VideoSource};
use crate::discovery::{Discovery, DiscoveryHandle, DiscoveryOptions, has_interface};
use apps::Apps;
use captures::Captures;
use desktop::Desktop;
use devices::Devices;
use sessions::Sessions;
use tokens::Tokens;
use trust::Memory;

/// How the engine is to run.
#[derive(Debug, Clone, Default)]
pub struct EngineOptions {
    /// Look for devices on this network interface only.
    pub interface: Option<String>,
    /// Whether the devices that are found are remembered for the next start. They are listed and asked for in any case.
    pub remember: bool,
    /// For measuring everything but the encoder: frames of this recording are sent instead of encoded pictures.
    pub recording: Option<Arc<Recording>>,
    /// Which devices will do.
    pub trust: TrustOptions,
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
    devices: Devices,
    interface: Option<String>,
    tokens: Tokens,
    apps: Arc<Apps>,
    left_behind: left_behind::Search,
    recording: Option<Arc<Recording>>,
    captures: Arc<Captures>,
    sessions: Sessions,
    trust: Mutex<TrustOptions>,
    memory: Memory,
    desktop: Desktop,
}

impl Engine {
    /// Starts to look for devices, on the current tokio runtime. What a crashed cast has left behind is undone here, and
    /// looked for on its device: see [`Engine::left_behind`].
    pub fn start(options: EngineOptions) -> Engine {
        tokio::task::spawn_blocking(|| {
            if let Err(error) = AudioSource::repair() {
                tracing::warn!(%error, "the default sound output cannot be restored");
            }
        });
        let apps = Arc::new(Apps::of_user(Handle::current()));
        let devices = Devices::of_user();
        let memory = Memory::of_user();
        let reading = memory.clone();
        // Those who watch it have it then.
        tokio::task::spawn_blocking(move || reading.all());
        let (mut hints, mut hosts) = devices.with(|listing| (listing.hints(), listing.hosts()));
        hints.extend(apps.devices());
        if !options.remember {
            // They are the window's, which has entered them.
            hosts.clear();
        }
        let discovery = Discovery::start(DiscoveryOptions {
            interface: options.interface.clone(),
            hosts,
            hints,
        });
        tokio::spawn(devices.clone().follow(discovery.watch(), options.remember));
        let left_behind = left_behind::Search::begin(
            &Handle::current(),
            Arc::clone(&apps),
            options.interface.clone(),
            discovery.watch(),
        );
        Engine {
            runtime: Handle::current(),
            discovery,
            devices,
            interface: options.interface,
            tokens: Tokens::of_user(),
            apps,
            left_behind,
            recording: options.recording,
            captures: Arc::default(),
            sessions: Sessions::new(Handle::current()),
            trust: Mutex::new(options.trust),
            memory,
            desktop: Desktop::new(),
        }
    }

    /// The devices that are known, as they come and go.
    pub fn devices(&self) -> watch::Receiver<Arc<[Device]>> {
        self.discovery.watch()
    }

    /// The devices as lists show them, with those that are remembered and away; in no particular order.
    pub fn listed(&self) -> watch::Receiver<Arc<[ListedDevice]>> {
        self.devices.watch()
    }

    /// Adds an address that a person entered, for good. It is listed at once, under the id that is returned.
    ///
    /// # Errors
    /// See [`check_host`]; [`HostError::TooMany`].
    pub async fn add_host(&self, text: &str) -> Result<String, HostError> {
        let host = host::parse(text)?;
        if !self.devices.with(|listing| listing.add_host(&host)) {
            return Err(HostError::TooMany);
        }
        let id = host.id();
        self.discovery.add_host(host).await;
        Ok(id)
    }

    /// Forgets a listed device and the addresses by which it was added; `None` when it is not listed.
    pub async fn forget(&self, id: &str) -> Option<Forgotten> {
        let forgotten = self.devices.with(|listing| listing.forget(id))?;
        for host in forgotten.hosts() {
            self.discovery.remove_host(host.clone()).await;
        }
        Some(forgotten)
    }

    /// Takes back [`Engine::forget`].
    pub async fn restore(&self, forgotten: Forgotten) {
        for host in forgotten.hosts() {
            self.discovery.add_host(host.clone()).await;
        }
        let now = std::time::Instant::now();
        self.devices.with(|listing| listing.restore(forgotten, now));
    }

    /// Measures what the network is like, which takes some seconds. Needs the tokio runtime.
    pub fn network_facts(&self) -> impl Future<Output = NetworkFacts> + Send + 'static {
        network::measure(self.interface.clone(), self.discovery_problem())
    }

    /// Counts how often the network has changed.
    pub fn network_changes(&self) -> watch::Receiver<u64> {
        self.discovery.changes()
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

    /// The applications that play sound, as they come and go, for as long as the receiver is kept: what
    /// [`AudioChoice::App`] can be.
    pub fn players(&self) -> watch::Receiver<Arc<[String]>> {
        players::follow(&self.runtime)
    }

    /// The kinds of source that this desktop offers; `None` when it does not tell. Needs the tokio runtime.
    pub async fn offered_sources() -> Option<Vec<SourceKind>> {
        VideoSource::offered()
            .await
            .inspect_err(|error| tracing::debug!(%error, "the desktop does not say what it offers"))
            .ok()
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

    /// Ends the search for devices. Casts that run are ended, too, but not waited for: [`Engine::stop_all`] does that.
    pub async fn shut_down(&self) {
        self.discovery.stop().await;
    }
}
