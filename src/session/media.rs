// SPDX-License-Identifier: GPL-3.0-or-later
//! `EncodedFrame`s and the device's RTCP in; datagrams, wishes to the encoders, statistics and [`MediaEvent`]s out.
//!
//! [`run`] is the one loop where clock, socket and the protocol's sender core meet. The loops of all sessions of the
//! process share one thread.

mod flow;
mod kept;
mod lateness;
mod marking;
mod report;
mod sleep;
pub mod socket;
mod thread;
mod watchdog;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, sleep_until, timeout};

use self::flow::{Feeds, Flow, news};
pub(super) use self::kept::Kept;
use self::socket::Bound;
use super::negotiate::Settled;
use super::options::Quality;
use super::reason::{Fault, Reason};
use super::source::{AudioSetup, MediaSource, Valve, VideoSetup};
use super::stats::SessionStats;
use super::timings::Timings;
use crate::cast::sender::Input;

/// Commands that may wait; the actor sends few, and the loop takes each at once.
const COMMANDS: usize = 8;

/// Events that may wait. They are rare; the actor always listens.
const EVENTS: usize = 16;

/// How long the loop may take to end. It waits for nothing but the kernel's buffer.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);

/// For how long the device is suspected after something has happened to the way there: what was heard before does not
/// count for much.
pub(super) const SUSPICION: Duration = Duration::from_secs(5);

/// A wish for a running loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MediaCommand {
    /// From the next frames on, this much time passes from capture to display, and up to `most` on a bad network.
    SetTargetDelay { least: Duration, most: Duration },
    /// From now on, pictures cost no more than this.
    SetQuality(Quality),
    /// Something has happened to the way to the device: a short silence says enough now.
    Suspect,
}

/// What the session must know of its media.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MediaEvent {
    /// The device has answered for the first time.
    Heard,
    /// The device's feedback has stopped.
    Disturbed,
    /// It is back.
    Recovered,
    /// It has been missing for this long, which is enough when the control channel is silent, too. Told again and again.
    Silent(Duration),
    /// The computer has slept.
    Slept,
    /// It has been missing for so long that the device counts as gone.
    Gone(Duration),
    /// The device's feedback has been missing for this long, and its host says that nobody listens. Weak: anybody on the way
    /// may say so.
    Refused(Duration),
    /// Frames arrive, but the device has never shown a picture.
    NoPicture(Evidence),
    /// The way to the device takes no packets that are larger than this, and does not say so. What is under way will never
    /// be complete.
    LargePacketsVanish(usize),
    /// No encoder is left for the video codec.
    VideoEncoderFailed,
    /// It cannot go on.
    Failed(Reason),
}

/// From when things are counted; the same after a renegotiation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since {
    /// The moment of media time 0: before any picture was captured.
    pub(super) epoch: Instant,
    /// When the first frames could flow.
    pub(super) started: Instant,
}

/// The other end of the media.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    /// Where media goes: the host of the TLS peer, the port of the ANSWER.
    pub(super) media: SocketAddr,
    /// From where RTCP may come as well: what was announced for the device.
    pub(super) announced: Vec<IpAddr>,
    /// No larger packets, in bytes of UDP payload: others were found to vanish.
    pub(super) packet_limit: usize,
}

impl Peer {
    /// `control` is the TLS peer, with the scope without which a link-local IPv6 address means nothing.
    pub(super) fn new(
        mut control: SocketAddr,
        port: u16,
        announced: &[SocketAddr],
        packet_limit: usize,
    ) -> Peer {
        control.set_port(port);
        Peer {
            media: control,
            announced: announced.iter().map(SocketAddr::ip).collect(),
            packet_limit,
        }
    }
}

/// What shows that there is no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// The device says so: it keeps asking for a key frame.
    PictureLoss,
    /// Its event log never tells of a picture. Weak: it may keep that to itself.
    EventLog,
}

/// A running media loop.
#[derive(Debug)]
pub(super) struct Media {
    commands: mpsc::Sender<MediaCommand>,
    events: mpsc::Receiver<MediaEvent>,
    task: JoinHandle<Feeds>,
    settled: Settled,
    valve: Arc<Valve>,
}

impl Media {
    /// Starts the encoders for what was settled, unless `kept` ones go on, and the loop that sends what they make.
    pub(super) fn start(
        settled: &Settled,
        since: Since,
        socket: Bound,
        peer: Peer,
        (source, kept): (&mut dyn MediaSource, Option<Kept>),
        timings: Timings,
        stats: watch::Sender<SessionStats>,
    ) -> Result<Media, Reason> {
        let (feeds, valve) = kept.map_or_else(Default::default, Kept::into_parts);
        let feeds = start_feeds(settled, source, since.epoch, feeds, &valve)?;
        let (commands, command_rx) = mpsc::channel(COMMANDS);
        let (event_tx, events) = mpsc::channel(EVENTS);
        let (streams, tap) = (settled.clone(), Arc::clone(&valve));
        let looping = async move {
            match Flow::new(&streams, socket, &peer, feeds, tap, timings, event_tx) {
                Ok(flow) => run(flow, command_rx, stats, since.started, timings.report).await,
                Err(feeds) => *feeds,
            }
        };
        let task = thread::spawn(looping).map_err(|error| Reason::System(error.to_string()))?;
        Ok(Media {
            commands,
            events,
            task,
            settled: settled.clone(),
            valve,
        })
    }

    /// The next event. Safe to be cancelled.
    pub(super) async fn next(&mut self) -> MediaEvent {
        match self.events.recv().await {
            Some(event) => event,
            // It ends only when told to, and then nobody asks any more.
            None => MediaEvent::Failed(Reason::Broken(Fault::MediaThread)),
        }
    }

    /// Passes a wish on.
    pub(super) fn command(&self, command: MediaCommand) {
        if let Err(error) = self.commands.try_send(command) {
            tracing::warn!(%error, "the media loop takes no command");
        }
    }

    /// Ends loop and encoders. The socket is closed when this returns.
    pub(super) async fn stop(self) {
        if let Some(kept) = self.rest().await {
            kept.end().await;
        }
    }

    /// Ends the loop; its encoders make nothing more until they are started with or dropped. The socket is closed when
    /// this returns.
    pub(super) async fn rest(self) -> Option<Kept> {
        let Media {
            commands, mut task, ..
        } = self;
        drop(commands);
        match timeout(STOP_TIMEOUT, &mut task).await {
            Ok(Ok(feeds)) => {
                self.valve.set_open(false);
                return Some(Kept::new(feeds, self.valve, self.settled));
            }
            Ok(Err(error)) => tracing::error!(%error, "the media loop failed"),
            Err(_) => {
                tracing::warn!("the media loop does not end by itself");
                task.abort();
            }
        }
        None
    }
}

/// The loop of one session. Ends when nobody can command it any more, and gives the encoders back: ending them takes
/// time that other sessions on this thread do not have.
async fn run(
    mut flow: Flow,
    mut commands: mpsc::Receiver<MediaCommand>,
    stats: watch::Sender<SessionStats>,
    started: Instant,
    report: Duration,
) -> Feeds {
    let mut tick = interval(report);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tick.reset();
    loop {
        flow.hear();
        let wake = flow.drain().await;
        flow.lateness.caught_up(Instant::now());
        tokio::select! {
            command = commands.recv() => match command {
                None => {
                    stats.send_modify(|stats| flow.count(stats));
                    return flow.into_feeds();
                }
                Some(MediaCommand::SetTargetDelay { least, most }) => {
                    flow.sender.handle(Instant::now(), Input::TargetDelay { least, most });
                }
                Some(MediaCommand::Suspect) => flow.watch.dog.suspect(Instant::now()),
                Some(MediaCommand::SetQuality(quality)) => {
                    let limits = Input::PictureLimits {
                        max_bitrate: quality.max_bitrate().unwrap_or(u32::MAX),
                        max_size: quality.max_size().unwrap_or((u32::MAX, u32::MAX)),
                    };
                    flow.sender.handle(Instant::now(), limits);
                }
            },
            datagram = flow.socket.receive() => {
                flow.lateness.begun(Instant::now(), datagram.at);
                flow::take_in(&mut flow.sender, &mut flow.watch, datagram);
            }
            // First what came before, in the order of its time.
            event = news(&mut flow.feeds.video) => {
                flow.hear();
                flow.on_video(event);
            }
            event = news(&mut flow.feeds.audio) => {
                flow.hear();
                flow.on_audio(event);
            }
            _ = tick.tick() => {
                flow.hear();
                flow.look_at_route();
                stats.send_modify(|stats| flow.report(started, stats));
            }
            () = sleep_until(wake.into()) => {}
        }
        flow.lateness.begun(Instant::now(), wake);
    }
}

fn start_feeds(
    settled: &Settled,
    source: &mut dyn MediaSource,
    epoch: Instant,
    mut feeds: Feeds,
    valve: &Arc<Valve>,
) -> Result<Feeds, Reason> {
    if let Some(video) = settled.video.as_ref().filter(|_| feeds.video.is_none()) {
        feeds.video = Some(source.start_video(VideoSetup {
            codec: video.codec,
            max_size: video.max_size,
            canvas: video.canvas,
            overscan_pct: video.overscan_pct,
            frame_rate: video.frame_rate,
            bitrate: video.max_bitrate / 2,
            max_bitrate: video.max_bitrate,
            epoch,
            valve: valve.clone(),
        })?);
    }
    if let Some(audio) = settled.audio.as_ref().filter(|_| feeds.audio.is_none()) {
        let sound = source.start_audio(AudioSetup {
            codec: audio.codec,
            bitrate: audio.bitrate,
            frame: audio.frame,
            epoch,
        });
        match sound {
            Ok(feed) => feeds.audio = Some(feed),
            Err(reason) if feeds.video.is_some() => {
                tracing::warn!(%reason, "the cast goes on without sound");
            }
            Err(reason) => return Err(reason),
        }
    }
    Ok(feeds)
}
