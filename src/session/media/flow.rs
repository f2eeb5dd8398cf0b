// SPDX-License-Identifier: GPL-3.0-or-later
//! What the media loop holds together: the sender core, its socket, the encoders, the valve before them. It carries
//! things from one to the other and decides nothing.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc;

use super::lateness::Lateness;
use super::marking::Marking;
use super::sleep::Sleep;
use super::socket::{Bound, MediaSocket, Received};
use super::watchdog::Watchdog;
use super::{MediaEvent, Peer};
use crate::cast::codec::{AudioCodec, VideoCodec};
use crate::cast::congestion::ladder::Largest;
use crate::cast::sender::{
    Input, Output, Sender, SenderConfig, SenderEvent, StreamConfig, StreamId, StreamKind,
};
use crate::cast::stats::DropReason;
use crate::encode::output::{EncoderEvent, FramePath};
use crate::session::negotiate::Settled;
use crate::session::reason::{Missing, Reason};
use crate::session::source::{Feed, Valve};
use crate::session::timings::Timings;

/// Datagrams that are taken in at once; a flood must not keep frames from leaving.
const HEARD_AT_ONCE: usize = 64;

/// Below this the encoder of sound makes noise instead (Open Screen `constants.h`).
const MIN_AUDIO_BITRATE: u32 = 32_000;

/// What wants to know that the device was heard.
pub(super) struct Watch {
    pub(super) dog: Watchdog,
    marking: Marking,
    /// The core has been told this time.
    drained: Instant,
}

/// The running encoders.
#[derive(Debug, Default)]
pub(crate) struct Feeds {
    pub(super) video: Option<Feed>,
    pub(super) audio: Option<Feed>,
    /// Encoders that failed; kept, because ending them takes time.
    pub(super) failed: Vec<Feed>,
    /// What the one for pictures told about itself.
    pub(super) in_use: EncoderInUse,
    /// They have run for other streams.
    pub(super) used: bool,
}

/// The encoder in use, as it told.
#[derive(Debug, Clone, Default)]
pub(super) struct EncoderInUse {
    pub(super) element: Option<String>,
    pub(super) hardware: bool,
    /// How its pictures come, and the layout of their pixels.
    pub(super) path: Option<FramePath>,
    pub(super) pixel_format: Option<&'static str>,
    /// Of the newest frame, in pixels.
    pub(super) size: Option<(u32, u32)>,
}

/// One session's media.
pub(super) struct Flow {
    pub(super) sender: Sender,
    pub(super) socket: MediaSocket,
    pub(super) feeds: Feeds,
    pub(super) watch: Watch,
    pub(super) lateness: Lateness,
    pub(super) video: Option<(StreamId, VideoCodec)>,
    pub(super) audio: Option<(StreamId, AudioCodec)>,
    /// Events about pictures that the device had logged at the last report.
    pub(super) logged: u64,
    /// Packets that were refused at the last report.
    pub(super) refused: u64,
    /// Bytes of UDP payload in use, and the most that was found to arrive.
    packet_size: usize,
    packet_limit: usize,
    sleep: Sleep,
    valve: Arc<Valve>,
    refused_told: u64,
    frame_duration: Duration,
    events: mpsc::Sender<MediaEvent>,
}

impl Flow {
    /// Must be called on the media thread. When it fails, the event says why and the encoders come back.
    pub(super) fn new(
        settled: &Settled,
        socket: Bound,
        peer: &Peer,
        feeds: Feeds,
        valve: Arc<Valve>,
        timings: Timings,
        events: mpsc::Sender<MediaEvent>,
    ) -> Result<Flow, Box<Feeds>> {
        let mut socket = match MediaSocket::new(socket, peer.media, &peer.announced) {
            Ok(socket) => socket,
            Err(error) => {
                tell(
                    &events,
                    MediaEvent::Failed(Reason::System(error.to_string())),
                );
                return Err(Box::new(feeds));
            }
        };
        let mut marking = Marking::default();
        if let Some(code_point) = settled.dscp {
            match socket.set_dscp(code_point) {
                Ok(()) => marking.begin(),
                Err(error) => tracing::info!(%error, "packets are not marked"),
            }
        }
        let packet_size = socket.max_packet_size().min(peer.packet_limit);
        tracing::debug!(packet_size, "media socket");
        let now = Instant::now();
        let frame_rate = settled.video.as_ref().map_or(1, |video| video.frame_rate);
        let mut flow = Flow {
            sender: Sender::new(now, sender_config(settled, packet_size)),
            socket,
            feeds,
            watch: Watch {
                dog: Watchdog::new(now, timings),
                marking,
                drained: now,
            },
            lateness: Lateness::new(now),
            video: settled
                .video
                .as_ref()
                .map(|video| (StreamId(video.stream.index), video.codec)),
            audio: settled
                .audio
                .as_ref()
                .map(|audio| (StreamId(audio.stream.index), audio.codec)),
            logged: 0,
            refused: 0,
            packet_size,
            packet_limit: peer.packet_limit,
            sleep: Sleep::new(),
            refused_told: valve.counts().1,
            valve,
            frame_duration: Duration::from_secs(1) / frame_rate.max(1),
            events,
        };
        if std::mem::replace(&mut flow.feeds.used, true) {
            flow.skip_old();
        }
        Ok(flow)
    }

    /// Frames that encoders made for streams before these are not for anybody. What they told besides is.
    fn skip_old(&mut self) {
        while let Some(event) = old_news(self.feeds.video.as_ref()) {
            self.on_video(Some(event));
        }
        while let Some(event) = old_news(self.feeds.audio.as_ref()) {
            self.on_audio(Some(event));
        }
    }

    /// Gives the encoders back.
    pub(super) fn into_feeds(self) -> Feeds {
        self.feeds
    }

    /// Hands what has come from the device to the core, before that looks at the clock: on a busy computer the loop wakes
    /// up late, and what seems to be missing may have come in the meantime.
    pub(super) fn hear(&mut self) {
        if let Some(span) = self.sleep.look() {
            tracing::info!(?span, "the machine slept");
            self.watch.dog.suspect(Instant::now());
            self.tell(MediaEvent::Slept);
            self.sender.handle(Instant::now(), Input::Slept(span));
        }
        for _ in 0..HEARD_AT_ONCE {
            let Some(datagram) = self.socket.try_receive() else {
                break;
            };
            take_in(&mut self.sender, &mut self.watch, datagram);
        }
        self.socket.count_told();
    }

    /// Takes everything out of the core; returns when it wants to be looked at again.
    pub(super) async fn drain(&mut self) -> Instant {
        let now = Instant::now();
        self.watch.drained = now;
        self.tell_refused(now);
        let mut wake = now;
        while let Some(output) = self.sender.poll(now) {
            match output {
                Output::Transmit(datagram) => {
                    while !self.socket.queue(datagram) {
                        self.socket.flush().await;
                    }
                }
                Output::Encoder(stream, wish) => {
                    let of_video = self.video.is_some_and(|(video, _)| video == stream);
                    let feed = if of_video {
                        &mut self.feeds.video
                    } else {
                        &mut self.feeds.audio
                    };
                    if let Some(feed) = feed {
                        feed.port.control(wish);
                    }
                }
                Output::Event(SenderEvent::Acknowledged { .. }) => {}
                Output::Event(SenderEvent::LargePacketsVanish(size)) => {
                    tracing::warn!(size, "larger packets than this never arrive");
                    (self.packet_size, self.packet_limit) = (size, size);
                    self.tell(MediaEvent::LargePacketsVanish(size));
                }
                Output::Event(event) => tracing::debug!(?event, "sender"),
                Output::Timeout(at) => wake = at,
            }
        }
        self.socket.flush().await;
        self.look_at_marks(now);
        if let Some((stream, _)) = self.video {
            let open = self.sender.may_encode(now, stream, self.frame_duration);
            self.valve.set_open(open);
        }
        wake
    }

    /// Follows the route to the device, which may come to lead through something narrower, or out of it again.
    pub(super) fn look_at_route(&mut self) {
        let size = self.socket.max_packet_size().min(self.packet_limit);
        let before = std::mem::replace(&mut self.packet_size, size);
        if size != before {
            tracing::info!(
                size,
                before,
                "the way to the device takes other packets now"
            );
            self.sender
                .handle(Instant::now(), Input::MaxPacketSize(size));
        }
    }

    /// Stops marking packets when the marks keep them from arriving.
    fn look_at_marks(&mut self, now: Instant) {
        let marking = &mut self.watch.marking;
        if self.socket.counts().sent > 0 {
            marking.on_sent(now);
        }
        if marking.hurts(now) {
            tracing::warn!("marked packets (DSCP) get no answer; going on without marks");
            if let Err(error) = self.socket.set_dscp(0) {
                tracing::warn!(%error, "the marks stay");
            }
        }
    }

    /// The raw frames that the valve has refused since the last time.
    fn tell_refused(&mut self, now: Instant) {
        let Some((stream, _)) = self.video else {
            return;
        };
        let (_, refused) = self.valve.counts();
        for _ in self.refused_told..refused {
            self.sender
                .handle(now, Input::Dropped(stream, DropReason::InFlight));
        }
        self.refused_told = refused;
    }

    pub(super) fn on_video(&mut self, event: Option<EncoderEvent>) {
        let Some((stream, _)) = self.video else {
            return;
        };
        let now = Instant::now();
        match event {
            Some(EncoderEvent::Frame(frame)) => {
                self.lateness.begun(now, frame.times.encoded);
                self.feeds.in_use.size = frame.size.or(self.feeds.in_use.size);
                self.sender.handle(now, Input::Frame(stream, frame));
            }
            Some(EncoderEvent::Dropped) => {
                self.sender
                    .handle(now, Input::Dropped(stream, DropReason::EncoderBusy));
            }
            Some(EncoderEvent::Using {
                element,
                hardware,
                dma_buf,
            }) => {
                tracing::info!(%element, hardware, dma_buf, "video encoder");
                if let Some(feed) = &mut self.feeds.video {
                    feed.port.encodes_with(&element, dma_buf);
                }
                self.feeds.in_use.element = Some(element);
                self.feeds.in_use.hardware = hardware;
            }
            Some(EncoderEvent::Path(path, format)) => {
                tracing::info!(?path, ?format, "pictures");
                self.feeds.in_use.path = Some(path);
                self.feeds.in_use.pixel_format = Some(format.name());
            }
            Some(EncoderEvent::PictureLost) => {
                if let Some(feed) = &mut self.feeds.video {
                    feed.port.picture_lost();
                }
            }
            Some(EncoderEvent::Failed(error)) => {
                tracing::warn!(%error, "no video encoder is left");
                self.end_video();
            }
            None => self.end_video(),
        }
    }

    pub(super) fn on_audio(&mut self, event: Option<EncoderEvent>) {
        let Some((stream, _)) = self.audio else {
            return;
        };
        match event {
            Some(EncoderEvent::Frame(frame)) => {
                let now = Instant::now();
                self.lateness.begun(now, frame.times.encoded);
                self.sender.handle(now, Input::Frame(stream, frame));
            }
            // News of pictures.
            Some(
                EncoderEvent::Dropped
                | EncoderEvent::Using { .. }
                | EncoderEvent::Path(..)
                | EncoderEvent::PictureLost,
            ) => {}
            Some(EncoderEvent::Failed(error)) => {
                tracing::warn!(%error, "no audio encoder is left");
                self.end_audio();
            }
            None => self.end_audio(),
        }
    }

    fn end_video(&mut self) {
        self.feeds.failed.extend(self.feeds.video.take());
        self.tell(MediaEvent::VideoEncoderFailed);
    }

    /// Pictures go on alone; a session that has none is over.
    fn end_audio(&mut self) {
        self.feeds.failed.extend(self.feeds.audio.take());
        if self.video.is_some() {
            tracing::warn!("the cast goes on without sound");
            self.audio = None;
            return;
        }
        let reason = Reason::Missing(Missing::AudioEncoder);
        self.tell(MediaEvent::Failed(reason));
    }

    pub(super) fn tell(&self, event: MediaEvent) {
        tell(&self.events, event);
    }
}

/// A datagram from the device's address, at the time at which it came: that this thread was late is not the network's doing.
/// Only what the core takes for the receiver's word shows that the device lives.
pub(super) fn take_in(sender: &mut Sender, watch: &mut Watch, datagram: Received<'_>) {
    // The core's time does not go back.
    let at = datagram.at.max(watch.drained);
    sender.handle(at, Input::Datagram(datagram.bytes));
    if sender.heard_at() == Some(at) {
        watch.dog.heard(at);
        watch.marking.on_answer();
    }
}

fn tell(events: &mpsc::Sender<MediaEvent>, event: MediaEvent) {
    if let Err(error) = events.try_send(event) {
        tracing::warn!(%error, "an event of the media loop is lost");
    }
}

/// The next news of an encoder, for ever waiting without one. `None` when the encoder is gone.
pub(super) async fn news(feed: &mut Option<Feed>) -> Option<EncoderEvent> {
    match feed {
        Some(feed) => feed.events.recv().await.ok(),
        None => std::future::pending().await,
    }
}

/// What an encoder has told already that is no frame.
fn old_news(feed: Option<&Feed>) -> Option<EncoderEvent> {
    let feed = feed?;
    loop {
        match feed.events.try_recv().ok()? {
            EncoderEvent::Frame(_) | EncoderEvent::Dropped => {}
            news => return Some(news),
        }
    }
}

fn sender_config(settled: &Settled, max_packet_size: usize) -> SenderConfig {
    // A clock before 1970 only costs the wall-clock time in the reports.
    let unix_time = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let video = settled.video.iter().map(|video| StreamConfig {
        id: StreamId(video.stream.index),
        kind: StreamKind::Video,
        ssrc: video.stream.ssrc,
        receiver_ssrc: video.receiver_ssrc,
        payload_type: video.stream.payload_type,
        timebase: video.stream.timebase,
        keys: video.stream.keys,
        min_bitrate: video.min_bitrate,
        max_bitrate: video.max_bitrate,
        first_sequence_number: rand::random(),
    });
    let audio = settled.audio.iter().map(|audio| StreamConfig {
        id: StreamId(audio.stream.index),
        kind: StreamKind::Audio,
        ssrc: audio.stream.ssrc,
        receiver_ssrc: audio.receiver_ssrc,
        payload_type: audio.stream.payload_type,
        timebase: audio.stream.timebase,
        keys: audio.stream.keys,
        min_bitrate: MIN_AUDIO_BITRATE.min(audio.bitrate),
        max_bitrate: audio.bitrate,
        first_sequence_number: rand::random(),
    });
    let largest_pictures = settled.video.as_ref().map(|video| Largest {
        size: video.canvas.unwrap_or(video.max_size),
        frame_rate: video.frame_rate,
    });
    SenderConfig {
        streams: video.chain(audio).collect(),
        largest_pictures,
        target_delay: settled.target_delay,
        max_target_delay: settled.max_target_delay,
        max_packet_size,
        ..SenderConfig::new(unix_time)
    }
}
