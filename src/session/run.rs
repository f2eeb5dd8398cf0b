// SPDX-License-Identifier: GPL-3.0-or-later
//! The life of one session, from the first connection to the last CLOSE: `Command`s, control events, media events and
//! the source's end come in; states and the calls to control channel, source and media loop go out.
//!
//! It reads top-down like the state machine. Every wait is one call of [`Actor::next`], which serves everything else
//! meanwhile and ends the session when there is a reason.

mod serve;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::cast::auth::{Assessment, Fingerprint};
use crate::cast::channel::client::{self, Event as Channel, MirroringApp, Negotiated};
use crate::cast::codec::VideoCodec;
use crate::cast::offer::Offer;

use super::authenticate::Question;
use super::control::{Control, reach};
use super::handle::Reporter;
use super::media::socket::{self, Bound};
use super::media::{Evidence, Media, MediaCommand, MediaEvent, Peer, Since};
use super::negotiate::{Settled, offered_codecs, propose, settle};
use super::opening::{Opening, Progress};
use super::options::{MirrorOptions, Quality, Target};
use super::reason::{Layer, Missing, Reason};
use super::source::MediaSource;
use super::state::{SessionState, Step, Streams, Trouble};
use super::timings::Timings;
use super::tls::Secured;

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
            options,
            timings,
            negotiation: timings.negotiation,
            reporter,
            state: SessionState::Connecting,
            source: Opening::new(source),
            control: None,
            unanswered: None,
            media: None,
            tried: Vec::new(),
            packet_limit: usize::MAX,
            paused: false,
            quality: Quality::default(),
            epoch: Instant::now(),
            started: None,
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
        self.connect().await?;
        self.source.let_go();
        // An occupied port is found out before the device is bothered, and so is a refused permission.
        let mut socket = self.bind()?;
        if self.source.may_ask() {
            self.until_open().await?;
        }
        while self.source.codecs().is_none() {
            self.next().await?;
        }
        let offer = self.propose().ok_or_else(|| self.nothing_to_offer())?;
        self.step(&Step::Prepared);
        self.mirror(offer)?;
        loop {
            let settled = self.until_settled().await?;
            self.until_open().await?;
            self.start_media(&settled, socket)?;
            self.stream(&settled).await?;
            socket = self.bind()?;
        }
    }

    async fn connect(&mut self) -> Result<(), Reason> {
        let begun = Instant::now();
        let reaching = reach(
            self.target.addresses.clone(),
            self.options.interface.clone(),
            self.timings,
        );
        let (secured, peer) = self.meanwhile(reaching).await?;
        // The time in dialogs and of looking for encoders is not the device's, and silence about who it is is no fault.
        self.negotiation = self.negotiation.saturating_sub(begun.elapsed());
        self.step(&Step::Connected);
        self.authenticate(secured, peer).await?;
        self.step(&Step::Authenticated);
        Ok(())
    }

    /// Asks the device who it is, and whoever decides whether that will do. The control channel lives meanwhile: a person
    /// may be thinking.
    async fn authenticate(&mut self, mut secured: Secured, peer: SocketAddr) -> Result<(), Reason> {
        let trust = self.target.trust.clone();
        let tls_key = Fingerprint::of_certificate_key(&secured.certificate);
        let expected = trust.expect(tls_key);
        let expected = self.meanwhile(async { Ok(expected.await) }).await?;
        let question = Question::new(&secured, expected, self.target.has_screen);
        let asking = question.ask(&mut secured, self.timings.authentication);
        let asked = self.meanwhile(asking).await?;
        self.control = Some(Control::new(secured, peer, &asked.early, self.timings));
        self.unanswered = asked.open;
        self.prove(&asked.assessment);
        let deciding = trust.decide(&asked.assessment);
        match self.meanwhile(async { Ok(deciding.await) }).await? {
            Some(Ok(())) => Ok(()),
            Some(Err(distrust)) => Err(Reason::NotTrusted(distrust)),
            None => Err(Reason::DialogCancelled),
        }
    }

    /// Shows what the device proves.
    fn prove(&self, assessment: &Assessment) {
        let verdict = assessment.verdict.code();
        tracing::info!(verdict, key = ?assessment.leaf_key, "authentication");
        let stats = &self.reporter.stats;
        stats.send_modify(|stats| stats.trust = Some(verdict));
        self.reporter.trust.send_replace(Some(assessment.clone()));
    }

    /// Waits for this, and serves everything else meanwhile. Nothing but the source's progress can happen so early, and it
    /// is remembered.
    async fn meanwhile<T>(
        &mut self,
        awaited: impl Future<Output = Result<T, Reason>>,
    ) -> Result<T, Reason> {
        tokio::pin!(awaited);
        loop {
            tokio::select! {
                outcome = &mut awaited => return outcome,
                event = self.next() => {
                    event?;
                }
            }
        }
    }

    fn bind(&self) -> Result<Bound, Reason> {
        let device = self.control()?.peer();
        let interface = self.options.interface.as_deref();
        socket::bind(device, self.options.ports.as_ref(), interface)
    }

    async fn until_open(&mut self) -> Result<(), Reason> {
        while self.source.get_mut().is_none() {
            self.next().await?;
        }
        Ok(())
    }

    /// What to offer now; `None` when every codec was tried.
    fn propose(&self) -> Option<Offer> {
        self.propose_beyond(&self.tried)
    }

    /// What to offer when these codecs were tried.
    fn propose_beyond(&self, tried: &[VideoCodec]) -> Option<Offer> {
        let codecs = self.source.codecs()?;
        propose(&self.options, self.target.has_screen, codecs, tried)
    }

    /// Whether there is a codec left when this one is given up.
    fn has_another(&self, settled: &Settled) -> bool {
        let mut tried = self.tried.clone();
        tried.extend(streams(settled).video);
        self.propose_beyond(&tried).is_some()
    }

    fn nothing_to_offer(&self) -> Reason {
        Reason::Missing(if self.options.video && self.target.has_screen {
            Missing::VideoEncoder
        } else {
            Missing::AudioEncoder
        })
    }

    /// Launches the app and makes the first OFFER; they have the time that connecting has left.
    fn mirror(&mut self, offer: Offer) -> Result<(), Reason> {
        let app = if self.target.has_screen {
            MirroringApp::AudioVideo
        } else {
            MirroringApp::AudioOnly
        };
        let within = self.negotiation;
        let leftovers = self.target.leftovers.clone();
        let control = self.control_mut()?;
        let leftover = leftovers.on(control.peer());
        control.command(client::Command::Mirror {
            app,
            offer: Box::new(offer),
            leftover,
            within,
        });
        Ok(())
    }

    /// Waits for an ANSWER that can be used. Codecs that are offered one by one may be refused one by one.
    async fn until_settled(&mut self) -> Result<Settled, Reason> {
        loop {
            let reason = match self.next().await? {
                Event::Negotiated(negotiated) => match settle(&negotiated, &self.options) {
                    Ok(settled) => return Ok(settled),
                    Err(reason) => reason,
                },
                Event::OfferFailed(reason) => reason,
                Event::Media(_) | Event::Progress => continue,
            };
            let one_by_one = !self.tried.is_empty();
            match (reason, self.propose()) {
                (Reason::NoUsableCodec | Reason::OfferRefused { .. }, Some(refused))
                    if one_by_one =>
                {
                    self.tried.extend(offered_codecs(&refused));
                    let next = self.propose().ok_or(Reason::NoPicture)?;
                    self.offer(next)?;
                }
                (reason, _) => return Err(reason),
            }
        }
    }

    fn offer(&mut self, offer: Offer) -> Result<(), Reason> {
        let offer = client::Command::Offer(Box::new(offer));
        self.control_mut()?.command(offer);
        Ok(())
    }

    fn start_media(&mut self, settled: &Settled, socket: Bound) -> Result<(), Reason> {
        let mut device = self.control()?.peer();
        device.set_port(settled.port);
        if socket.is_at(device) {
            return Err(Reason::Garbage(Layer::Answer));
        }
        let peer = Peer::new(
            self.control()?.peer(),
            settled.port,
            &self.target.addresses,
            self.packet_limit,
        );
        let paused = self.paused;
        let source = self.source.get_mut().ok_or(Reason::NoUsableCodec)?;
        let started = *self.started.get_or_insert_with(Instant::now);
        let media = Media::start(
            settled,
            Since {
                epoch: self.epoch,
                started,
            },
            socket,
            peer,
            source,
            self.timings,
            self.reporter.stats.clone(),
        )?;
        source.pause(paused);
        if self.quality != Quality::default() {
            media.command(MediaCommand::SetQuality(self.quality));
        }
        self.media = Some(media);
        self.step(&Step::Answered(streams(settled)));
        Ok(())
    }

    /// Streams until it takes another OFFER to go on: for another codec, because there is no picture with this one, or for
    /// new streams of smaller packets.
    async fn stream(&mut self, settled: &Settled) -> Result<(), Reason> {
        let why = loop {
            match self.next().await? {
                Event::Media(MediaEvent::Disturbed) => {
                    self.step(&Step::Disturbed(Trouble::NoFeedback));
                }
                Event::Media(MediaEvent::Recovered) => self.step(&Step::Recovered),
                Event::Media(MediaEvent::Gone(silence)) => return Err(Reason::DeviceGone(silence)),
                Event::Media(MediaEvent::Refused(silence)) => {
                    if self.control()?.silent_for() >= self.timings.restarted {
                        return Err(Reason::DeviceGone(silence));
                    }
                }
                Event::Media(MediaEvent::Failed(reason)) => return Err(reason),
                Event::Media(MediaEvent::NoPicture(evidence)) => {
                    if evidence == Evidence::PictureLoss || self.has_another(settled) {
                        break Reason::NoPicture;
                    }
                    tracing::warn!("the device logs no picture; going on with the last codec");
                }
                Event::Media(MediaEvent::LargePacketsVanish(size)) => {
                    self.packet_limit = size;
                    let again = self.propose().ok_or(Reason::NoPicture)?;
                    return self.offer_again(Trouble::SmallerPackets, again).await;
                }
                Event::Media(MediaEvent::VideoEncoderFailed) => {
                    break Reason::Missing(Missing::VideoEncoder);
                }
                Event::Negotiated(_) | Event::OfferFailed(_) | Event::Progress => {}
            }
        };
        self.tried.extend(streams(settled).video);
        let next = self.propose().ok_or_else(|| why.clone())?;
        tracing::info!(codecs = ?offered_codecs(&next).collect::<Vec<_>>(), %why, "offering another codec");
        self.offer_again(Trouble::NextCodec, next).await
    }

    /// Ends the streams and offers new ones in the same app.
    async fn offer_again(&mut self, trouble: Trouble, offer: Offer) -> Result<(), Reason> {
        self.step(&Step::Disturbed(trouble));
        if let Some(media) = self.media.take() {
            media.stop().await;
        }
        self.offer(offer)
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
                event = next_of_media(&mut self.media) => return Ok(Event::Media(event)),
                progress = self.source.next() => return match progress? {
                    Progress::Probed | Progress::Opened => Ok(Event::Progress),
                    Progress::Ended(reason) => Err(reason),
                },
            }
        }
    }

    /// In every way it ends: no more frames leave, the source is put back, the app is stopped, the connection closed.
    /// Each part is bounded in time.
    async fn tear_down(&mut self) {
        if let Some(media) = self.media.take() {
            media.stop().await;
        }
        let source = self.source.take();
        // Capture and encoders join their threads.
        let put_back = tokio::task::spawn_blocking(move || drop(source));
        if let Some(control) = self.control.take() {
            control.close().await;
        }
        match timeout(PUT_BACK, put_back).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the source did not end cleanly"),
            Err(_) => tracing::warn!("the source does not end; going on without it"),
        }
    }

    fn step(&mut self, step: &Step) {
        let Some(next) = self.state.after(step) else {
            tracing::debug!(state = %self.state, ?step, "a step without meaning here");
            return;
        };
        tracing::info!(device = %self.target.name, from = %self.state, to = ?next, "session");
        self.state = next.clone();
        let name = next.name();
        self.reporter.stats.send_modify(|stats| stats.state = name);
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
