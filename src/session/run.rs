// SPDX-License-Identifier: GPL-3.0-or-later
//! The life of one session, from the first connection to the last CLOSE: `Command`s, control events, media events and
//! the source's end come in; states and the calls to control channel, source and media loop go out.
//!
//! It reads top-down like the state machine. Every wait is one call of [`Actor::next`], which serves everything else
//! meanwhile and ends the session when there is a reason.

mod agree;
mod reach;
mod recover;
mod serve;
mod stream;

use std::convert::Infallible;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::cast::auth::Assessment;
use crate::cast::channel::client::{Event as Channel, Negotiated};
use crate::cast::codec::VideoCodec;

use super::authenticate::Question;
use super::control::Control;
use super::handle::Reporter;
use super::media::socket::Bound;
use super::media::{Kept, Media, MediaEvent};
use super::negotiate::Settled;
use super::opening::{Opening, Progress};
use super::options::{MirrorOptions, Quality, Target};
use super::reason::Reason;
use super::recovery::Recovery;
use super::source::MediaSource;
use super::state::{SessionState, Step, Streams};
use super::timings::Timings;

/// How long the source may take to end and to put back what it changed. It takes milliseconds, unless PipeWire hangs.
const PUT_BACK: Duration = Duration::from_secs(5);

/// Everything that one session owns.
pub(super) struct Actor {
    target: Target,
    options: MirrorOptions,
    timings: Timings,
    reporter: Reporter,
    state: SessionState,
    source: Opening,
    control: Option<Control>,
    /// The question who the device is, as long as it has not answered.
    unanswered: Option<Question>,
    media: Option<Media>,
    /// Media that ended by itself; its encoders have yet to be ended.
    broken: Option<Media>,
    /// Encoders of streams that are over, for the next ones.
    kept: Option<Kept>,
    /// A socket for the first streams.
    bound: Option<Bound>,
    recovery: Recovery,
    /// Our endpoint on every connection of this session is `sender-<number>`.
    sender_id: u32,
    /// The session of our app on the device.
    app_session: Option<String>,
    /// Whether the app is worth joining where it still runs.
    joins: bool,
    /// What the device proved when it was accepted.
    accepted: Option<Assessment>,
    /// When the way to the device changed last.
    suspected: Option<Instant>,
    /// News of the network that nobody has looked at.
    news: bool,
    /// Video codecs that were accepted and brought no picture.
    tried: Vec<VideoCodec>,
    /// Larger packets than this, in bytes of UDP payload, were found to vanish.
    packet_limit: usize,
    paused: bool,
    quality: Quality,
    /// What is left for the negotiation.
    negotiation: Duration,
    /// The moment of media time 0: before any picture was captured.
    epoch: Instant,
    /// When the first frames could flow.
    started: Option<Instant>,
}

/// What a wait may end with. Ends of the session come as errors instead.
enum Event {
    Negotiated(Box<Negotiated>),
    OfferFailed(Reason),
    Media(MediaEvent),
    /// The network here or the device's address has changed.
    News,
    /// Something else has changed.
    Progress,
}

impl Actor {
    pub(super) fn new(
        target: Target,
        options: MirrorOptions,
        timings: Timings,
        source: Box<dyn MediaSource>,
        reporter: Reporter,
    ) -> Actor {
        Actor {
            target,
            timings,
            negotiation: timings.negotiation,
            reporter,
            state: SessionState::Connecting,
            source: Opening::new(source),
            control: None,
            unanswered: None,
            media: None,
            broken: None,
            kept: None,
            bound: None,
            recovery: Recovery::new(options.reconnect),
            sender_id: rand::random_range(0..1_000_000),
            app_session: None,
            joins: true,
            accepted: None,
            suspected: None,
            news: false,
            tried: Vec::new(),
            packet_limit: usize::MAX,
            paused: false,
            quality: Quality::default(),
            epoch: Instant::now(),
            started: None,
            options,
        }
    }

    /// Lives until there is a reason to end, then takes everything down.
    pub(super) async fn run(mut self) {
        let reason = match self.live().await {
            Ok(never) => match never {},
            Err(reason) => reason,
        };
        self.step(&Step::Stop(reason));
        self.tear_down().await;
        self.step(&Step::TornDown);
    }

    async fn live(&mut self) -> Result<Infallible, Reason> {
        self.connect(self.timings).await?;
        self.source.let_go();
        // An occupied port is found out before the device is bothered, and so is a refused permission.
        self.bound = Some(self.bind()?);
        if self.source.may_ask() {
            self.until_open().await?;
        }
        while self.source.codecs().is_none() {
            self.next().await?;
        }
        let offer = self.propose().ok_or_else(|| self.nothing_to_offer())?;
        self.step(&Step::Prepared);
        self.mirror(offer)?;
        let mut settled = self.agreed().await?;
        loop {
            // Another OFFER is out when it returns.
            let outcome = match self.stream(&settled).await {
                Ok(()) => self.agreed().await,
                Err(reason) => Err(reason),
            };
            settled = match outcome {
                Ok(settled) => settled,
                Err(reason) => self.recover(reason).await?,
            };
        }
    }

    /// Waits for an ANSWER that can be used, and starts the streams.
    async fn agreed(&mut self) -> Result<Settled, Reason> {
        let settled = self.until_settled().await?;
        self.until_open().await?;
        self.start_media(&settled).await?;
        Ok(settled)
    }

    async fn until_open(&mut self) -> Result<(), Reason> {
        while self.source.get_mut().is_none() {
            self.next().await?;
        }
        Ok(())
    }

    /// Waits for the next event and serves everything that needs no attention of the caller. Safe to be cancelled.
    async fn next(&mut self) -> Result<Event, Reason> {
        loop {
            tokio::select! {
                command = self.reporter.commands.recv() => match command {
                    // The handle was dropped.
                    None => return Err(Reason::UserStopped),
                    Some(command) => self.obey(command)?,
                },
                event = next_of_control(&mut self.control) => {
                    if let Some(event) = self.on_channel(event)? {
                        return Ok(event);
                    }
                }
                event = next_of_media(&mut self.media) => return self.on_media(event),
                () = self.target.whereabouts.changed() => {
                    self.news = true;
                    return Ok(Event::News);
                }
                progress = self.source.next() => return match progress? {
                    Progress::Probed | Progress::Opened => Ok(Event::Progress),
                    Progress::Ended(reason) => Err(reason),
                },
            }
        }
    }

    fn on_media(&mut self, event: MediaEvent) -> Result<Event, Reason> {
        let MediaEvent::Failed(reason) = event else {
            return Ok(Event::Media(event));
        };
        // It has ended, and would say so for ever.
        self.broken = self.media.take();
        Err(reason)
    }

    /// In every way it ends: no more frames leave, the source is put back, the app is stopped, the connection closed.
    /// Each part is bounded in time.
    async fn tear_down(&mut self) {
        for media in self.media.take().into_iter().chain(self.broken.take()) {
            media.stop().await;
        }
        let (kept, source) = (self.kept.take(), self.source.take());
        // Capture and encoders join their threads.
        let put_back = tokio::task::spawn_blocking(move || drop((kept, source)));
        if let Some(control) = self.control.take()
            && control.close().await
        {
            self.nothing_is_left();
        }
        match timeout(PUT_BACK, put_back).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the source did not end cleanly"),
            Err(_) => tracing::warn!("the source does not end; going on without it"),
        }
    }

    /// Our app was seen to run no longer.
    fn nothing_is_left(&mut self) {
        if let Some(session_id) = self.app_session.take() {
            self.target.leftovers.forget(&session_id);
        }
    }

    fn step(&mut self, step: &Step) {
        let Some(next) = self.state.after(step) else {
            tracing::debug!(state = %self.state, ?step, "a step without meaning here");
            return;
        };
        tracing::info!(device = %self.target.name, from = %self.state, to = ?next, "session");
        self.state = next.clone();
        let now = Instant::now();
        self.reporter
            .stats
            .send_modify(|stats| stats.enter(now, &next));
        self.reporter.state.send_replace(next);
    }

    fn control(&self) -> Result<&Control, Reason> {
        self.control.as_ref().ok_or(Reason::DeviceClosed)
    }

    fn control_mut(&mut self) -> Result<&mut Control, Reason> {
        self.control.as_mut().ok_or(Reason::DeviceClosed)
    }
}

fn streams(settled: &Settled) -> Streams {
    Streams {
        video: settled.video.as_ref().map(|video| video.codec),
        audio: settled.audio.as_ref().map(|audio| audio.codec),
    }
}

async fn next_of_control(control: &mut Option<Control>) -> Channel {
    match control {
        Some(control) => control.next().await,
        None => std::future::pending().await,
    }
}

async fn next_of_media(media: &mut Option<Media>) -> MediaEvent {
    match media {
        Some(media) => media.next().await,
        None => std::future::pending().await,
    }
}
