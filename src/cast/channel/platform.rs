// SPDX-License-Identifier: GPL-3.0-or-later
//! The receiver's side of the control channel: all connections of one device. Messages and commands in, messages and
//! events out.
//!
//! It keeps the virtual connections and drops what comes without one, runs one mirroring application at a time, tells
//! everybody what runs and how loud it is, selects streams, keeps the heartbeat. It never opens a connection, frames
//! bytes (see [`framing`](super::framing)), binds UDP ports or draws.
//!
//! A second sender may launch the running application and offer: when its OFFER is taken, the streams of the first one
//! end and the first one hears CLOSE. An application belongs to the connection that launched it last, or that streams.
//!
//! Where the viewer is asked about launches, who was not permitted to launch is not connected to the application, and can
//! neither stop it nor change the volume ([`Standing`]).
//!
//! Bounded: [`MAX_CONNECTIONS`] connections, each with a limited number of virtual connections and one request for
//! permission; one application; one OFFER that waits for its answer.
//!
//! ```
//! use std::time::Instant;
//! use telecast::cast::channel::message::CastMessage;
//! use telecast::cast::channel::messages::discovery::DeviceInfo;
//! use telecast::cast::channel::namespace;
//! use telecast::cast::channel::platform::{AppSpec, ConnectionId, Input, Output, Platform, PlatformConfig};
//! use telecast::cast::offer::Abilities;
//!
//! let info = DeviceInfo { device_id: "TV-1".into(), model: "TV".into(), friendly_name: "TV".into(), capabilities: 5 };
//! let mut platform = Platform::new(PlatformConfig {
//!     info,
//!     version: "0.1".into(),
//!     apps: AppSpec::chrome_mirroring(),
//!     abilities: Abilities::default(),
//!     session_prefix: "7f3a".into(),
//!     ask_before_launch: false,
//!     authenticates: false,
//!     level: 1.0,
//!     muted: false,
//! });
//! let (now, connection) = (Instant::now(), ConnectionId(1));
//! platform.handle(now, Input::Opened(connection));
//! let ping = CastMessage::text("sender-0", "receiver-0", namespace::HEARTBEAT, r#"{"type":"PING"}"#);
//! platform.handle(now, Input::Message(connection, ping));
//! let Some(Output::Send(to, pong)) = platform.poll(now) else { panic!() };
//! assert_eq!((to, pong.destination.as_str()), (connection, "sender-0"));
//! ```

mod app;
mod auth;
mod connections;
mod offers;
mod types;

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use self::app::{App, PendingLaunch};
use self::connections::Connection;
pub use self::connections::{MAX_CONNECTIONS, PING_INTERVAL, SILENCE_LIMIT};
pub use self::types::{
    AppSpec, Command, ConnectionId, Decline, Event, Input, LaunchId, OfferId, Offered, Output,
    PlatformConfig, Standing, StopReason,
};
use super::message::{BROADCAST, CastMessage, PLATFORM_RECEIVER};
use super::messages::platform::{PlatformAction, PlatformBody, PlatformReply, PlatformRequest};
use super::messages::status::{ReceiverStatus, Volume, VolumeControl};
use super::messages::{discovery, setup};
use super::namespace;

/// The step of the volume buttons, as Open Screen's receiver announces it.
const VOLUME_STEP: f64 = 0.05;

/// The state machine of one receiver.
#[derive(Debug)]
pub struct Platform {
    config: PlatformConfig,
    connections: BTreeMap<ConnectionId, Connection>,
    app: Option<App>,
    launches: BTreeMap<ConnectionId, PendingLaunch>,
    outputs: VecDeque<Output>,
    /// Numbers sessions, OFFERs and requests for permission.
    counter: u64,
}

/// Who sent a request and waits for the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Requester {
    connection: ConnectionId,
    id: String,
    request_id: u32,
}

impl Platform {
    /// A receiver without connections.
    pub fn new(config: PlatformConfig) -> Platform {
        Platform {
            config,
            connections: BTreeMap::new(),
            app: None,
            launches: BTreeMap::new(),
            outputs: VecDeque::new(),
            counter: 0,
        }
    }

    /// Takes one input. Drain [`Platform::poll`] afterwards.
    pub fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::Opened(connection) => self.open(now, connection),
            Input::Message(connection, message) => self.on_message(now, connection, &message),
            Input::Closed(connection) => self.on_closed(connection),
            Input::Command(command) => self.on_command(command),
        }
    }

    /// The next output, in order; `None` when there is nothing more to do before [`Platform::next_timeout`].
    pub fn poll(&mut self, now: Instant) -> Option<Output> {
        self.connections_on_time(now);
        self.launches_on_time(now);
        self.outputs.pop_front()
    }

    /// When to call [`Platform::poll`] next if nothing else happens.
    pub fn next_timeout(&self) -> Option<Instant> {
        let connections = self.connections.values().map(Connection::next_timeout);
        connections
            .chain(self.launches.values().map(|launch| launch.until))
            .min()
    }

    /// What runs and how loud it is.
    pub fn status(&self) -> ReceiverStatus {
        let volume = Volume {
            control_type: VolumeControl::Attenuation,
            level: Some(self.config.level),
            muted: Some(self.config.muted),
            step_interval: Some(VOLUME_STEP),
        };
        ReceiverStatus::new(self.app.iter().map(App::to_status).collect(), volume)
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Answer(id, answer) => self.answer(id, answer),
            Command::Permit(launch, allowed) => self.permit(launch, allowed),
            Command::Admit(connection, standing) => self.admit(connection, standing),
            Command::Authenticate(connection, reply) => self.authenticate(connection, reply),
            Command::Stop => {
                if self.stop_app(StopReason::Viewer) {
                    self.broadcast_status();
                }
            }
            Command::SetLevel(level) => {
                if self.set_volume(Some(level), None) {
                    self.broadcast_status();
                }
            }
            Command::SetMuted(muted) => {
                if self.set_volume(None, Some(muted)) {
                    self.broadcast_status();
                }
            }
        }
    }

    /// A message to the platform's own endpoint.
    fn on_platform_message(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        message: &CastMessage,
        text: &str,
    ) {
        let from = |request_id| Requester {
            connection,
            id: message.source.clone(),
            request_id,
        };
        match message.namespace.as_str() {
            namespace::RECEIVER => {
                if let Some(request) = PlatformRequest::parse(text) {
                    self.on_request(now, &from(request.request_id), request.action);
                }
            }
            namespace::DISCOVERY => {
                if let Some(request_id) = discovery::parse_request(text) {
                    let reply = self.config.info.reply(request_id);
                    self.send(
                        connection,
                        PLATFORM_RECEIVER,
                        &message.source,
                        namespace::DISCOVERY,
                        reply,
                    );
                }
            }
            namespace::SETUP => {
                if let Some(request_id) = setup::parse_request(text) {
                    let reply = setup::reply(request_id, &self.config.info, &self.config.version);
                    self.send(
                        connection,
                        PLATFORM_RECEIVER,
                        &message.source,
                        namespace::SETUP,
                        reply,
                    );
                }
            }
            _ => {}
        }
    }

    fn on_request(&mut self, now: Instant, from: &Requester, action: PlatformAction) {
        let controls = matches!(
            action,
            PlatformAction::Stop(_) | PlatformAction::SetVolume { .. }
        );
        if controls && !self.may_control(from.connection) {
            return self.reply(from, PlatformBody::InvalidRequest("NOT_ALLOWED".to_owned()));
        }
        match action {
            PlatformAction::GetStatus => self.reply_status(from),
            PlatformAction::GetAppAvailability(None) => {}
            PlatformAction::GetAppAvailability(Some(ids)) => {
                let availability = ids.into_iter().map(|id| {
                    let available = self.spec(&id).is_some();
                    (id, available)
                });
                let body = PlatformBody::AppAvailability(availability.collect());
                self.reply(from, body);
            }
            PlatformAction::Launch(app_id) => self.on_launch(now, from, app_id),
            PlatformAction::Stop(session_id) => self.on_stop(from, session_id.as_deref()),
            PlatformAction::SetVolume {
                level: None,
                muted: None,
            } => {
                self.reply(
                    from,
                    PlatformBody::InvalidRequest("INVALID_PARAMS".to_owned()),
                );
            }
            PlatformAction::SetVolume { level, muted } => {
                if self.set_volume(level, muted) {
                    let (level, muted) = (self.config.level, self.config.muted);
                    self.outputs
                        .push_back(Output::Event(Event::Volume { level, muted }));
                    self.broadcast_status();
                }
                self.reply_status(from);
            }
            PlatformAction::Unknown => {
                self.reply(
                    from,
                    PlatformBody::InvalidRequest("INVALID_COMMAND".to_owned()),
                );
            }
        }
    }

    /// Whether that changed anything.
    fn set_volume(&mut self, level: Option<f64>, muted: Option<bool>) -> bool {
        let level = level
            .filter(|level| level.is_finite())
            .map_or(self.config.level, |level| level.clamp(0.0, 1.0));
        let muted = muted.unwrap_or(self.config.muted);
        let changed =
            (level - self.config.level).abs() > f64::EPSILON || muted != self.config.muted;
        self.config.level = level;
        self.config.muted = muted;
        changed
    }

    fn spec(&self, app_id: &str) -> Option<&AppSpec> {
        self.config
            .apps
            .iter()
            .find(|spec| spec.app_id.eq_ignore_ascii_case(app_id))
    }

    fn count(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    fn reply_status(&mut self, to: &Requester) {
        let status = self.status();
        self.reply(to, PlatformBody::Status(status));
    }

    fn reply(&mut self, to: &Requester, body: PlatformBody) {
        let text = PlatformReply {
            request_id: to.request_id,
            body,
        }
        .to_json();
        self.send(
            to.connection,
            PLATFORM_RECEIVER,
            &to.id,
            namespace::RECEIVER,
            text,
        );
    }

    /// Tells everybody what runs; nobody asked, so the request id is 0.
    fn broadcast_status(&mut self) {
        let text = PlatformReply {
            request_id: 0,
            body: PlatformBody::Status(self.status()),
        }
        .to_json();
        let everybody: Vec<ConnectionId> = self.connections.keys().copied().collect();
        for connection in everybody {
            self.send(
                connection,
                PLATFORM_RECEIVER,
                BROADCAST,
                namespace::RECEIVER,
                text.clone(),
            );
        }
    }

    fn send(
        &mut self,
        connection: ConnectionId,
        source: &str,
        destination: &str,
        namespace: &str,
        text: String,
    ) {
        let message = CastMessage::text(source, destination, namespace, text);
        self.outputs.push_back(Output::Send(connection, message));
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }
}
