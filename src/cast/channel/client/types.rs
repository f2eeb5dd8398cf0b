// SPDX-License-Identifier: GPL-3.0-or-later
//! What goes into a [`Client`](super::Client) and what comes out.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::cast::answer::{Agreement, Answer};
use crate::cast::channel::framing::FramingError;
use crate::cast::channel::messages::connection::CloseReason;
use crate::cast::channel::messages::discovery::DeviceInfo;
use crate::cast::channel::messages::streaming::{Capabilities, Refusal};
use crate::cast::offer::Offer;

/// The Chrome mirroring application, picture and sound.
pub const APP_MIRRORING: &str = "0F5096E8";
/// The Chrome mirroring application for receivers without a screen.
pub const APP_AUDIO_MIRRORING: &str = "85CDB22F";

/// Who the sender says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientConfig {
    /// The number of our endpoint, random in 0..1 000 000; another one for each connection.
    pub sender_id: u32,
    /// The name of this program, as a user agent.
    pub user_agent: String,
    /// Its version.
    pub version: String,
}

/// What a [`Client`](super::Client) takes.
pub enum Input<'a> {
    /// Bytes of the connection, cut anywhere.
    Received(&'a [u8]),
    /// The connection was closed by the other side or is broken.
    Closed,
    /// What was written piles up because the other side does not read.
    Unread,
    /// A wish.
    Command(Command),
}

/// Of bytes the number only: whatever a device tells stays out of logs, as does what it is told.
impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Received(bytes) => write!(f, "Received({} bytes)", bytes.len()),
            Input::Closed => f.write_str("Closed"),
            Input::Unread => f.write_str("Unread"),
            Input::Command(command) => f.debug_tuple("Command").field(command).finish(),
        }
    }
}

/// A wish of the session.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Launch the application, connect to it and offer. Ends in [`Event::Negotiated`], [`Event::OfferFailed`] or
    /// [`Event::StartFailed`].
    Mirror {
        /// Which application.
        app: MirroringApp,
        /// What to offer.
        offer: Box<Offer>,
        /// The session id of our own earlier session on this device, if it may still be there: it is stopped first,
        /// because a launch into its last seconds is killed along with it.
        leftover: Option<String>,
        /// How long all of it may take, without the time of a person at the TV: what is left of
        /// [`NEGOTIATION_LIMIT`](super::NEGOTIATION_LIMIT).
        within: Duration,
    },
    /// Go on after the connection was lost on which an application of ours ran: connect to it and offer anew if it still
    /// runs, launch it if nothing runs. What somebody else has started meanwhile is left alone, with [`Event::Lost`];
    /// the other ends are those of [`Command::Mirror`].
    Resume {
        /// Which application.
        app: MirroringApp,
        /// What to offer.
        offer: Box<Offer>,
        /// Our session.
        session_id: String,
        /// `false`: it has not answered the last time, so it is stopped and launched anew.
        join: bool,
        /// See [`Command::Mirror`].
        within: Duration,
    },
    /// Look whether a session of ours from an earlier connection still runs, and say nothing to it. Ends in
    /// [`Event::Found`], [`Event::Lost`] or [`Event::StartFailed`]; what was found can be stopped.
    Find {
        /// That session.
        session_id: String,
    },
    /// Offer anew to the running application. An OFFER that is not answered yet is forgotten.
    Offer(Box<Offer>),
    /// Provoke a sign of life now, with a PING.
    Ping,
    /// Ask the running application what it can play.
    GetCapabilities,
    /// Ask the device what it is called. Many do not answer, and then nothing follows.
    GetDeviceInfo,
    /// Ask the device which of these applications it has.
    GetAppAvailability(Vec<String>),
    /// Set the volume, 0..=1. Only the newest wish waits.
    SetLevel(f64),
    /// Mute or unmute. Only the newest wish waits.
    SetMuted(bool),
    /// Stop our application, or give the launch up; [`Event::Stopped`] follows within 3 s. The connection stays.
    Stop,
    /// The same, and then close the connection: [`Event::Ended`] follows.
    Close,
}

/// Which mirroring application to launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MirroringApp {
    /// Picture and sound.
    AudioVideo,
    /// Sound alone, for speakers and groups; old video dongles lack it and get the other one.
    AudioOnly,
}

impl MirroringApp {
    /// The ids to try, in order.
    pub(super) fn ids(self) -> &'static [&'static str] {
        match self {
            MirroringApp::AudioVideo => &[APP_MIRRORING],
            MirroringApp::AudioOnly => &[APP_AUDIO_MIRRORING, APP_MIRRORING],
        }
    }
}

/// What a [`Client`](super::Client) gives.
#[derive(PartialEq)]
pub enum Output {
    /// Bytes to write to the connection, in order.
    Transmit(Vec<u8>),
    /// News.
    Event(Event),
}

/// Of bytes the number only: an OFFER holds the keys of the session.
impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Output::Transmit(bytes) => write!(f, "Transmit({} bytes)", bytes.len()),
            Output::Event(event) => f.debug_tuple("Event").field(event).finish(),
        }
    }
}

/// News for the session.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The TV asks its viewer; up to 120 s may pass.
    ConfirmationNeeded,
    /// The viewer agreed.
    Confirmed,
    /// The application runs and our OFFER is on its way.
    Launched {
        /// Names this run of the application; keep it for `leftover`.
        session_id: String,
        /// The application's id.
        app_id: String,
        /// Its name for people.
        display_name: String,
    },
    /// The session of [`Command::Find`] runs; [`Event::Lost`] tells when it does no longer.
    Found,
    /// The launch failed. The connection stays.
    StartFailed(StartError),
    /// Both sides agreed on streams.
    Negotiated(Box<Negotiated>),
    /// An OFFER came to nothing. The application still runs, and streams agreed on earlier stay in effect.
    OfferFailed(OfferFailure),
    /// The reply to [`Command::GetCapabilities`]; `None` if none came.
    Capabilities(Option<Result<Capabilities, Refusal>>),
    /// The reply to [`Command::GetAppAvailability`], by id in upper case; `None` if none came.
    AppAvailability(Option<BTreeMap<String, bool>>),
    /// The reply to [`Command::GetDeviceInfo`].
    DeviceInfo(DeviceInfo),
    /// The volume as the device now tells it.
    Volume(VolumeState),
    /// The device did not take a wish for the volume.
    VolumeRefused,
    /// The device says who it is: the payload of its answer. Whoever asked before the channel began may want it.
    Authentication(Vec<u8>),
    /// The running application is gone. The connection stays.
    Lost(Loss),
    /// [`Command::Stop`] is done.
    Stopped {
        /// Whether the device was seen to run our application no longer; else nothing of ours ran, or it did not say.
        vanished: bool,
    },
    /// The channel is over; nothing follows. Drop the connection.
    Ended(ChannelEnd),
}

/// What both sides agreed on.
#[derive(Debug, Clone, PartialEq)]
pub struct Negotiated {
    /// The OFFER.
    pub offer: Offer,
    /// The ANSWER: port, limits, display.
    pub answer: Answer,
    /// The streams, with keys and SSRCs; at least one.
    pub agreement: Agreement,
}

/// Why a launch failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The device has no such application, or it does not start.
    #[error("the device refuses the application: {0}")]
    Refused(String),
    /// Somebody at the device said no.
    #[error("declined at the device")]
    Declined,
    /// Nobody at the device confirmed within 120 s.
    #[error("not confirmed at the device")]
    NotConfirmed,
    /// The application did not come up in time.
    #[error("the application did not start in time")]
    Timeout,
    /// The client is busy with an application already.
    #[error("an application is already under way")]
    Busy,
}

/// Why an OFFER came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OfferFailure {
    /// No ANSWER within 4 s.
    #[error("no ANSWER in time")]
    Timeout,
    /// The receiver refused it, or its ANSWER cannot be used.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No application runs to which it could go.
    #[error("no application runs")]
    NotRunning,
}

/// How the running application was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// Another application runs now.
    Replaced {
        /// Its id.
        app_id: String,
        /// Its name for people.
        display_name: String,
    },
    /// It was stopped and nothing runs now.
    Gone {
        /// Whether the TV went to standby.
        stand_by: bool,
    },
    /// It closed its connection to us and did not vanish from the device's status.
    Closed(CloseReason),
}

/// The volume of a device.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VolumeState {
    /// 0..=1.
    pub level: f64,
    /// Whether it is muted.
    pub muted: bool,
    /// Whether the level can be set.
    pub adjustable: bool,
}

/// How the channel ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelEnd {
    /// We closed it.
    #[error("closed")]
    Closed,
    /// The device closed the connection, or it broke.
    #[error("the device closed the connection")]
    ClosedByPeer,
    /// The device's platform closed the virtual connection to us.
    #[error("the device refused the connection ({0:?})")]
    Refused(CloseReason),
    /// Nothing was heard for so long.
    #[error("nothing was heard for {0:?}")]
    Silent(Duration),
    /// It does not read what is written to it.
    #[error("the device does not read what is sent to it")]
    Unread,
    /// The bytes cannot be understood.
    #[error("the device sent garbage: {0}")]
    Garbage(#[from] FramingError),
}
