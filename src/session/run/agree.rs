// SPDX-License-Identifier: GPL-3.0-or-later
//! What the session offers, and the way from an OFFER to streams that both sides agree on.

use super::super::negotiate::{Settled, offered_codecs, propose, settle};
use super::super::reason::{Missing, Reason};
use super::{Actor, Event, streams};
use crate::cast::channel::client::{self, MirroringApp};
use crate::cast::codec::VideoCodec;
use crate::cast::offer::Offer;

impl Actor {
    /// What to offer now; `None` when every codec was tried.
    pub(super) fn propose(&self) -> Option<Offer> {
        self.propose_beyond(&self.tried)
    }

    /// What to offer when these codecs were tried.
    fn propose_beyond(&self, tried: &[VideoCodec]) -> Option<Offer> {
        let codecs = self.source.codecs()?;
        propose(&self.options, self.target.has_screen, codecs, tried)
    }

    /// Whether there is a codec left when this one is given up.
    pub(super) fn has_another(&self, settled: &Settled) -> bool {
        let mut tried = self.tried.clone();
        tried.extend(streams(settled).video);
        self.propose_beyond(&tried).is_some()
    }

    pub(super) fn nothing_to_offer(&self) -> Reason {
        Reason::Missing(if self.options.video && self.target.has_screen {
            Missing::VideoEncoder
        } else {
            Missing::AudioEncoder
        })
    }

    /// Launches the app and makes the first OFFER; they have the time that connecting has left.
    pub(super) fn mirror(&mut self, offer: Offer) -> Result<(), Reason> {
        let app = self.app();
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

    /// Finds our app again that runs on a device that was lost, or launches it where nothing runs, and offers.
    pub(super) fn resume(&mut self, offer: Offer) -> Result<(), Reason> {
        let Some(session_id) = self.app_session.clone() else {
            return self.mirror(offer);
        };
        let (app, within, join) = (self.app(), self.negotiation, self.joins);
        self.control_mut()?.command(client::Command::Resume {
            app,
            offer: Box::new(offer),
            session_id,
            join,
            within,
        });
        Ok(())
    }

    fn app(&self) -> MirroringApp {
        if self.target.has_screen {
            MirroringApp::AudioVideo
        } else {
            MirroringApp::AudioOnly
        }
    }

    /// Waits for an ANSWER that can be used. Codecs that are offered one by one may be refused one by one.
    pub(super) async fn until_settled(&mut self) -> Result<Settled, Reason> {
        loop {
            let reason = match self.next().await? {
                Event::Negotiated(negotiated) => match settle(&negotiated, &self.options) {
                    Ok(settled) => return Ok(settled),
                    Err(reason) => reason,
                },
                Event::OfferFailed(reason) => reason,
                Event::Media(_) | Event::Progress | Event::News => continue,
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

    pub(super) fn offer(&mut self, offer: Offer) -> Result<(), Reason> {
        let offer = client::Command::Offer(Box::new(offer));
        self.control_mut()?.command(offer);
        Ok(())
    }
}
