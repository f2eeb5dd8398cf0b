// SPDX-License-Identifier: GPL-3.0-or-later
//! The media of one cast: the only loop of this room where clock, socket, receiver core and decoders meet.
//!
//! Input: datagrams of the sender; output: pictures on the screen at their time, sound, feedback, numbers.

pub(super) mod audio;
pub(super) mod video;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};
use tokio::time::MissedTickBehavior;

use self::audio::AudioPath;
use self::video::VideoPath;
use super::connection::at;
use super::shared::Shared;
use super::stats::ReceiverStats;
use crate::cast::receiver::{Event, Input, Output, Receiver};

/// How often the numbers are published.
const TICK: Duration = Duration::from_secs(1);
/// Datagrams that are taken before anything else gets its turn.
const BATCH: usize = 64;
/// Media without any datagram for so long are dead: a sender reports twice a second even when the screen is still.
const SILENCE: Duration = Duration::from_secs(15);
/// No datagram is larger.
const MAX_DATAGRAM: usize = 65_536;

/// What the hub learns from the media.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MediaNews {
    /// The first packet of this cast has come.
    Started,
    /// Nothing comes any more.
    Silent,
}

/// The media of one cast, ready to run.
pub(super) struct Media {
    pub(super) socket: UdpSocket,
    /// Where datagrams may come from: the host of the control connection.
    pub(super) peer: IpAddr,
    pub(super) core: Receiver,
    pub(super) video: Option<VideoPath>,
    pub(super) audio: Option<AudioPath>,
    pub(super) shared: Arc<Shared>,
    /// Tells the hub, with the number of this cast, so that news of an older one are not mistaken.
    pub(super) news: mpsc::Sender<(u64, MediaNews)>,
    pub(super) number: u64,
    /// Datagrams that came from somebody else, or from the sender's host before anything of these streams. Dropped.
    pub(super) strangers: u64,
}

impl Media {
    /// Runs until `stop` is sent or dropped.
    pub(super) async fn run(mut self, mut stop: oneshot::Receiver<()>) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut buffer = vec![0; MAX_DATAGRAM];
        let mut remote = None;
        let mut last_datagram = Instant::now();
        loop {
            // First of all: on a busy computer the loop wakes up late, and what has come in the meantime is not missing.
            if self.read(&mut buffer, &mut remote) {
                last_datagram = Instant::now();
            }
            if let Some(audio) = &mut self.audio {
                audio.played(Instant::now(), &mut self.core);
            }
            let timeout = self.drain(remote);
            let show_at = self.video.as_ref().and_then(VideoPath::deadline);
            let events = self.video.as_ref().and_then(VideoPath::events);
            tokio::select! {
                _ = &mut stop => break,
                readable = self.socket.readable() => match readable {
                    Ok(()) => {}
                    Err(error) => {
                        tracing::warn!(%error, "the media socket failed");
                        tell(&self.news, self.number, MediaNews::Silent).await;
                        break;
                    }
                },
                event = video::next(events) => if let Some(video) = &mut self.video {
                    video.on_event(event, &mut self.core, &self.shared);
                },
                () = at(timeout.map(Into::into)) => {}
                () = at(show_at.map(Into::into)) => if let Some(video) = &mut self.video {
                    video.show(Instant::now(), &mut self.core, &self.shared);
                },
                _ = tick.tick() => {
                    self.publish();
                    if last_datagram.elapsed() > SILENCE {
                        tracing::info!("no media for {SILENCE:?}");
                        tell(&self.news, self.number, MediaNews::Silent).await;
                        break;
                    }
                }
            }
        }
        self.publish();
        // The decoder's thread may need a moment to end.
        if let Err(error) = tokio::task::spawn_blocking(move || drop(self)).await {
            tracing::warn!(%error, "the decoders ended badly");
        }
    }

    /// Takes what has arrived. The first valid datagram of the sender's host settles its port. Says whether one was for
    /// this cast.
    fn read(&mut self, buffer: &mut [u8], remote: &mut Option<SocketAddr>) -> bool {
        let mut heard = false;
        for _ in 0..BATCH {
            let (length, from) = match self.socket.try_recv_from(buffer) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // An ICMP answer to what was sent; the sender may come back.
                Err(error) => {
                    tracing::debug!(%error, "media socket");
                    break;
                }
            };
            if from.ip().to_canonical() != self.peer || remote.is_some_and(|remote| remote != from)
            {
                self.strangers += 1;
                continue;
            }
            let Some(datagram) = buffer.get(..length) else {
                continue;
            };
            if remote.is_none() {
                if !self.core.recognizes(datagram) {
                    self.strangers += 1;
                    continue;
                }
                *remote = Some(from);
                if self
                    .news
                    .try_send((self.number, MediaNews::Started))
                    .is_err()
                {
                    tracing::debug!("the receiver is busy or gone");
                }
            }
            heard = true;
            self.core.handle(Instant::now(), Input::Datagram(datagram));
            self.drain(*remote);
        }
        heard
    }

    /// Does what the core wants. Returns when it wants to be asked again.
    fn drain(&mut self, remote: Option<SocketAddr>) -> Option<Instant> {
        let mut timeout = None;
        while let Some(output) = self.core.poll(Instant::now()) {
            match output {
                Output::Transmit(bytes) => {
                    // Feedback that cannot be sent is like feedback that is lost: the next one says the same.
                    if let Some(remote) = remote
                        && let Err(error) = self.socket.try_send_to(bytes, remote)
                    {
                        tracing::debug!(%error, "feedback was not sent");
                    }
                }
                Output::Frame(frame) => {
                    if let Some(video) = self
                        .video
                        .as_mut()
                        .filter(|video| video.stream == frame.stream)
                    {
                        video.on_frame(frame);
                    } else if let Some(audio) = self
                        .audio
                        .as_mut()
                        .filter(|audio| audio.stream == frame.stream)
                    {
                        audio.on_frame(&frame);
                    }
                }
                Output::Event(event) => self.on_event(event),
                Output::Timeout(at) => timeout = Some(at),
            }
        }
        // A decoder that fell behind while the core was borrowed.
        if let Some(video) = &mut self.video {
            video.ask_for_key_frame(&mut self.core);
        }
        timeout
    }

    fn on_event(&mut self, event: Event) {
        tracing::debug!(?event, "media");
        if let Event::Skipped { stream, frames, .. } = event {
            if let Some(video) = self.video.as_mut().filter(|video| video.stream == stream) {
                video.skipped += frames;
            } else if let Some(audio) = self.audio.as_mut().filter(|audio| audio.stream == stream) {
                audio.on_skipped(frames);
            }
        }
    }

    fn publish(&mut self) {
        let now = Instant::now();
        let streams = self.core.stats(now).streams.into_iter();
        let target_delay = streams.map(|stream| stream.target_delay).max();
        let mut stats = ReceiverStats {
            target_delay_ms: target_delay.map(|delay| delay.as_millis() as u64),
            strangers: self.strangers,
            ..ReceiverStats::default()
        };
        if let Some(video) = &mut self.video {
            video.write(now, &mut stats);
            video.remind(now);
        }
        if let Some(audio) = &mut self.audio {
            audio.write(&mut stats);
        }
        stats.measure = video::combined(self.video.as_ref(), self.audio.as_ref());
        self.shared.set_stats(stats);
    }
}

async fn tell(hub: &mpsc::Sender<(u64, MediaNews)>, number: u64, news: MediaNews) {
    if hub.send((number, news)).await.is_err() {
        tracing::debug!("the receiver has ended");
    }
}
