// SPDX-License-Identifier: GPL-3.0-or-later
//! The sound's half of a cast: blocks of the chosen `AudioSource` to the session's encoder. The choice can change while
//! the session runs, and PipeWire may be restarted: the encoder goes on, and silence lies between.
//!
//! Sessions with the same choice hear one capture: there is one default output, which two virtual ones would fight for.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::super::captures::Captures;
use super::super::{AudioChoice, Missing, Reason};
use super::{FEED_DEPTH, reasons};
use crate::capture::frame::AudioBlock;
use crate::capture::slot::{Next, SlotReader};
use crate::capture::source::{AudioEvent, AudioMode, AudioSource};
use crate::cast::control::EncoderControl;
use crate::encode::audio::{AudioConfig, AudioEncoder};
use crate::session::source::{AudioSetup, BoxFuture, EncoderPort, Feed};

/// How often sound is sought that ended with PipeWire, and for how long: a daemon that is restarted takes a second or two,
/// and its players come back to it when they like.
const AGAIN: Duration = Duration::from_millis(500);
const SOUGHT_FOR: Duration = Duration::from_mins(1);

/// Where the blocks go: the encoder of the moment, or nowhere.
type Target = Arc<Mutex<Weak<Mutex<AudioEncoder>>>>;

/// Where it is told that the sound of a cast without pictures has ended.
type End = watch::Sender<Option<Reason>>;

/// A running capture of sound. Dropping it ends the capture and restores what it changed; that takes time.
#[derive(Debug)]
pub struct Capture {
    watching: AbortHandle,
    ended: End,
    source: AudioSource,
}

impl Capture {
    async fn open(mode: AudioMode) -> Result<Capture, Reason> {
        let source = AudioSource::start(mode)
            .await
            .map_err(|error| reasons::of_error(&error))?;
        let source = source.ok_or(Reason::Missing(Missing::PipeWire))?;
        let (end, _) = watch::channel(None);
        let (ended, events) = (end.clone(), source.events());
        let watching = tokio::spawn(async move {
            while let Ok(event) = events.recv().await {
                tracing::debug!(?event, "sound");
                match event {
                    AudioEvent::Ended(why) => {
                        end.send_replace(Some(reasons::of_end_of_sound(&why)));
                    }
                    AudioEvent::ChooseOutput { name } => tracing::warn!(
                        output = name,
                        "the default output may not be changed: choose this one in the sound settings"
                    ),
                    _ => {}
                }
            }
        });
        Ok(Capture {
            watching: watching.abort_handle(),
            ended,
            source,
        })
    }

    fn is_running(&self) -> bool {
        self.ended.borrow().is_none()
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

/// The sound of one session. Dropping it ends what only this session heard.
#[derive(Debug)]
pub struct Sound {
    captures: Arc<Captures>,
    /// What a virtual output is called.
    device: String,
    target: Target,
    /// Told when the sound ends by itself; without it the rest of the cast goes on alone.
    end: Option<End>,
    /// One change at a time.
    changing: tokio::sync::Mutex<()>,
    heard: Mutex<Heard>,
}

#[derive(Debug)]
struct Heard {
    choice: AudioChoice,
    /// The session has opened its source.
    opened: bool,
    capture: Option<(AbortHandle, Arc<Capture>)>,
}

impl Sound {
    /// Nothing is captured before it is opened.
    pub fn new(
        captures: Arc<Captures>,
        device: String,
        choice: AudioChoice,
        end: Option<End>,
    ) -> Sound {
        Sound {
            captures,
            device,
            target: Target::default(),
            end,
            changing: tokio::sync::Mutex::default(),
            heard: Mutex::new(Heard {
                choice,
                opened: false,
                capture: None,
            }),
        }
    }

    /// Begins to capture what was chosen.
    pub async fn open(self: &Arc<Self>) -> Result<(), Reason> {
        let _changing = self.changing.lock().await;
        let choice = {
            let mut heard = self.heard();
            heard.opened = true;
            heard.choice.clone()
        };
        self.hear(choice).await
    }

    /// Chooses another sound. When it cannot be had, the one before goes on.
    pub async fn choose(self: &Arc<Self>, choice: AudioChoice) -> Result<(), Reason> {
        let _changing = self.changing.lock().await;
        let open = {
            let mut heard = self.heard();
            if heard.choice == choice {
                return Ok(());
            }
            if !heard.opened {
                heard.choice = choice.clone();
            }
            heard.opened
        };
        if open {
            self.hear(choice).await
        } else {
            Ok(())
        }
    }

    /// What was heard has ended with PipeWire: hears it again, unless something else was chosen meanwhile.
    fn renew(self: Arc<Self>, choice: AudioChoice) -> BoxFuture<'static, Result<(), Reason>> {
        Box::pin(async move {
            let _changing = self.changing.lock().await;
            if self.heard().choice != choice {
                return Ok(());
            }
            self.hear(choice).await
        })
    }

    async fn hear(self: &Arc<Self>, choice: AudioChoice) -> Result<(), Reason> {
        let capture = match self.mode(&choice) {
            Some(mode) => {
                let sounds = &self.captures.sounds;
                let open = Capture::open(mode);
                Some(
                    sounds
                        .get(choice.clone(), Capture::is_running, open)
                        .await?,
                )
            }
            None => None,
        };
        let capture = capture.map(|capture| {
            let (blocks, ended) = (capture.source.blocks(), capture.ended.subscribe());
            let forwarding = forward(blocks, Arc::clone(&self.target), ended);
            let task = keep_hearing(Arc::downgrade(self), choice.clone(), forwarding);
            (tokio::spawn(task).abort_handle(), capture)
        });
        let before = {
            let mut heard = self.heard();
            heard.choice = choice;
            std::mem::replace(&mut heard.capture, capture)
        };
        if let Some((task, capture)) = before {
            task.abort();
            // Joins a thread, and puts the default output back.
            tokio::task::spawn_blocking(move || drop(capture));
        }
        Ok(())
    }

    fn mode(&self, choice: &AudioChoice) -> Option<AudioMode> {
        match choice {
            AudioChoice::Tv => Some(AudioMode::Tv {
                device: self.device.clone(),
            }),
            AudioChoice::Both => Some(AudioMode::Both),
            AudioChoice::App(name) => Some(AudioMode::App { name: name.clone() }),
            AudioChoice::Tone => Some(AudioMode::Tone),
            AudioChoice::None => None,
        }
    }

    /// Starts to encode, whether or not there is anything to be heard at the moment.
    pub fn encode(&self, setup: AudioSetup) -> Result<Feed, Reason> {
        let config = AudioConfig {
            bitrate: setup.bitrate,
            frame: setup.frame,
            epoch: setup.epoch,
        };
        let (sender, events) = async_channel::bounded(FEED_DEPTH);
        let encoder = AudioEncoder::start(config, sender).map_err(|error| {
            tracing::warn!(%error, "no encoder for sound");
            Reason::Missing(Missing::AudioEncoder)
        })?;
        let encoder = Arc::new(Mutex::new(encoder));
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&encoder);
        Ok(Feed {
            events,
            port: Box::new(Port(encoder)),
        })
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Sound {
    fn drop(&mut self) {
        if let Some((task, _)) = &self.heard().capture {
            task.abort();
        }
    }
}

/// Waits for the end of what is heard, and looks for it again where that is worth it.
async fn keep_hearing(
    sound: Weak<Sound>,
    choice: AudioChoice,
    forwarding: impl Future<Output = Reason>,
) {
    let mut reason = forwarding.await;
    if reason == Reason::Missing(Missing::PipeWire) {
        tracing::info!("PipeWire has ended; looking for the sound again");
        let until = Instant::now() + SOUGHT_FOR;
        while Instant::now() < until {
            tokio::time::sleep(AGAIN).await;
            let Some(sound) = sound.upgrade() else {
                return;
            };
            match sound.renew(choice.clone()).await {
                // From here on another task hears it.
                Ok(()) => return,
                // Also one whose application, or whose output, is not back yet.
                Err(failure) => reason = failure,
            }
        }
    }
    let Some(sound) = sound.upgrade() else {
        return;
    };
    if let Some(end) = &sound.end {
        end.send_replace(Some(reason));
    } else {
        tracing::warn!(%reason, "the cast goes on without sound");
    }
}

/// Ends with its capture, for the reason that is returned.
async fn forward(
    blocks: SlotReader<AudioBlock>,
    target: Target,
    ended: watch::Receiver<Option<Reason>>,
) -> Reason {
    tokio::select! {
        never = pass_on(&blocks, &target) => match never {},
        reason = end_of(ended) => reason,
    }
}

async fn end_of(mut ended: watch::Receiver<Option<Reason>>) -> Reason {
    let told = ended.wait_for(Option::is_some).await;
    match told.map(|reason| reason.clone()) {
        Ok(Some(reason)) => reason,
        // Whoever ends the capture ends this, too.
        _ => std::future::pending().await,
    }
}

async fn pass_on(blocks: &SlotReader<AudioBlock>, target: &Target) -> Infallible {
    loop {
        match blocks.take().await {
            Next::Item(block) => {
                let encoder = target
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .upgrade();
                if let Some(encoder) = encoder {
                    // Held for a push, which never blocks.
                    encoder
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(block);
                }
            }
            Next::Woken | Next::TimedOut => {}
            // Why is told apart from this.
            Next::Closed => std::future::pending().await,
        }
    }
}

/// Keeps the encoder alive for as long as the session reads its frames.
struct Port(#[expect(dead_code, reason = "held for its drop")] Arc<Mutex<AudioEncoder>>);

impl EncoderPort for Port {
    /// Sound has one rate and no key frames: there is nothing to steer.
    fn control(&mut self, _: EncoderControl) {}
}
