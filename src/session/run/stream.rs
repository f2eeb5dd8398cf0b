// SPDX-License-Identifier: GPL-3.0-or-later
//! Streams that flow: starting them, and everything that makes the session offer anew or take the device for lost.

use std::time::{Duration, Instant};

use super::super::media::socket::{self, Bound};
use super::super::media::{Evidence, Media, MediaCommand, MediaEvent, Peer, SUSPICION, Since};
use super::super::negotiate::{Settled, offered_codecs};
use super::super::options::Quality;
use super::super::reason::{Layer, Missing, Reason};
use super::super::state::{Step, Trouble};
use super::{Actor, Event, streams};
use crate::cast::channel::client;
use crate::cast::offer::Offer;

impl Actor {
    /// A socket for media to the device that the control channel leads to.
    pub(super) fn bind(&self) -> Result<Bound, Reason> {
        let device = self.control()?.peer();
        let interface = self.options.interface.as_deref();
        socket::bind(device, self.options.ports.as_ref(), interface)
    }

    /// Starts what was settled. Encoders of the streams before go on if they fit.
    pub(super) async fn start_media(&mut self, settled: &Settled) -> Result<(), Reason> {
        // Its port may be the only one that is allowed.
        self.rest().await;
        let socket = match self.bound.take() {
            Some(socket) => socket,
            None => self.bind()?,
        };
        let mut device = self.control()?.peer();
        device.set_port(settled.port);
        if socket.is_at(device) {
            return Err(Reason::Garbage(Layer::Answer));
        }
        let peer = Peer::new(
            self.control()?.peer(),
            settled.port,
            &self.addresses(),
            self.packet_limit,
        );
        let kept = match self.kept.take() {
            Some(kept) => Some(kept.fit(settled).await),
            None => None,
        };
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
            (source, kept),
            self.timings,
            self.reporter.stats.clone(),
        )?;
        source.pause(paused);
        if self.quality != Quality::default() {
            media.command(MediaCommand::SetQuality(self.quality));
        }
        self.media = Some(media);
        self.suspected = None;
        self.step(&Step::Answered(streams(settled)));
        Ok(())
    }

    /// Ends the streams; their encoders wait for the next ones.
    async fn rest(&mut self) {
        let over = self.media.take().or(self.broken.take());
        if let Some(media) = over {
            self.kept = media.rest().await;
        }
    }

    /// How long both ways may be silent.
    fn patience(&self) -> Duration {
        match self.suspected {
            Some(since) if since.elapsed() < SUSPICION => self.timings.suspect,
            _ => self.timings.lost,
        }
    }

    /// Something has happened to the way to the device: it is asked for a sign of life.
    fn suspect(&mut self) -> Result<(), Reason> {
        self.suspected = Some(Instant::now());
        if let Some(media) = &self.media {
            media.command(MediaCommand::Suspect);
        }
        let control = self.control_mut()?;
        if control.is_cut_off() {
            tracing::info!("the address that was connected from is gone");
            return Err(Reason::DeviceGone(control.silent_for()));
        }
        control.command(client::Command::Ping);
        Ok(())
    }

    /// Streams until it takes another OFFER to go on: for another codec, because there is no picture with this one, or for
    /// new streams of smaller packets.
    pub(super) async fn stream(&mut self, settled: &Settled) -> Result<(), Reason> {
        let why = loop {
            match self.next().await? {
                Event::Media(MediaEvent::Disturbed) => {
                    self.step(&Step::Disturbed(Trouble::NoFeedback));
                }
                Event::Media(MediaEvent::Recovered) => self.step(&Step::Recovered),
                Event::Media(MediaEvent::Heard) => self.recovery.heard(Instant::now()),
                Event::Media(MediaEvent::Gone(silence)) => return Err(Reason::DeviceGone(silence)),
                Event::Media(MediaEvent::Silent(silence)) => {
                    if self.control()?.silent_for() >= self.patience() {
                        return Err(Reason::DeviceGone(silence));
                    }
                }
                Event::Media(MediaEvent::Slept) | Event::News => self.suspect()?,
                Event::Media(MediaEvent::Refused(silence)) => {
                    if self.control()?.silent_for() >= self.timings.restarted {
                        return Err(Reason::DeviceGone(silence));
                    }
                }
                // Ends the wait itself.
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

    /// Ends the streams and offers new ones in the same app. Encoders whose work fits those, too, go on.
    async fn offer_again(&mut self, trouble: Trouble, offer: Offer) -> Result<(), Reason> {
        self.step(&Step::Disturbed(trouble));
        self.rest().await;
        self.offer(offer)
    }
}
