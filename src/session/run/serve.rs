// SPDX-License-Identifier: GPL-3.0-or-later
//! What a session does about the news of its control channel and about the commands of people, in whichever state it is:
//! `Channel` events and `Command`s in, steps and calls out, and the reason to end when there is one.

use crate::cast::channel::client::{self, Event as Channel, Loss};

use super::super::control::{lost, offer_failed, start_failed};
use super::super::handle::{Command, Volume};
use super::super::media::MediaCommand;
use super::super::options::MirrorOptions;
use super::super::reason::Reason;
use super::super::state::Step;
use super::{Actor, Event};

impl Actor {
    pub(super) fn on_channel(&mut self, event: Channel) -> Result<Option<Event>, Reason> {
        match event {
            Channel::ConfirmationNeeded => self.step(&Step::ConfirmationAsked),
            Channel::Launched { session_id, .. } => {
                let device = self.control()?.peer();
                self.target.leftovers.remember(device, &session_id);
                self.app_session = Some(session_id);
                self.step(&Step::Launched);
            }
            Channel::StartFailed(error) => return Err(self.silence_or(start_failed(error))),
            Channel::Negotiated(negotiated) => return Ok(Some(Event::Negotiated(negotiated))),
            Channel::OfferFailed(failure) => {
                let reason = self.silence_or(offer_failed(failure));
                return Ok(Some(Event::OfferFailed(reason)));
            }
            Channel::Volume(volume) => {
                self.reporter.volume.send_replace(Some(Volume {
                    level: volume.level,
                    muted: volume.muted,
                    adjustable: volume.adjustable,
                }));
            }
            Channel::VolumeRefused => tracing::info!("the device does not change its volume"),
            Channel::Authentication(answer) => self.on_late_answer(&answer),
            Channel::DeviceInfo(info) => {
                self.reporter.info.send_replace(Some(info));
            }
            Channel::Lost(loss) => {
                // One that has only closed its connection to us may be there still.
                if !matches!(loss, Loss::Closed(_)) {
                    self.nothing_is_left();
                }
                return Err(lost(loss));
            }
            Channel::Ended(end) => return Err(end.into()),
            // Answers to questions that were not asked here, and news for nobody.
            _ => {}
        }
        Ok(None)
    }

    /// The device says who it is after nobody has waited for that any longer. The session goes on; what follows is the
    /// policy's, for the next one.
    fn on_late_answer(&mut self, answer: &[u8]) {
        let Some(question) = self.unanswered.take() else {
            return;
        };
        let assessment = question.judge(answer);
        self.prove(&assessment);
        tokio::spawn(self.target.trust.learn(&assessment));
    }

    /// Tells a silent device from one that answered something that cannot be read.
    fn silence_or(&self, reason: Reason) -> Reason {
        match (reason, &self.control) {
            (Reason::TimedOut(waiting), Some(control)) => control.unanswered(waiting),
            (reason, _) => reason,
        }
    }

    pub(super) fn obey(&mut self, command: Command) -> Result<(), Reason> {
        match command {
            Command::Stop(reason) => return Err(reason),
            // Before the connection stands there is no volume to set; front ends show none either.
            Command::SetVolume(level) => {
                if let Some(control) = &mut self.control {
                    control.command(client::Command::SetLevel(level.clamp(0.0, 1.0)));
                }
            }
            Command::SetMuted(muted) => {
                if let Some(control) = &mut self.control {
                    control.command(client::Command::SetMuted(muted));
                }
            }
            Command::SetTargetDelay { target, max } => {
                let least = target.min(MirrorOptions::MAX_TARGET_DELAY);
                let most = max.min(MirrorOptions::MAX_TARGET_DELAY);
                self.options.target_delay = least;
                self.options.max_target_delay = most;
                if let Some(media) = &self.media {
                    media.command(MediaCommand::SetTargetDelay { least, most });
                }
            }
            Command::SetQuality(quality) => {
                self.quality = quality;
                if let Some(media) = &self.media {
                    media.command(MediaCommand::SetQuality(quality));
                }
            }
            Command::Pause(paused) => {
                self.paused = paused;
                if let Some(source) = self.source.get_mut() {
                    source.pause(paused);
                }
            }
        }
        Ok(())
    }
}
