// SPDX-License-Identifier: GPL-3.0-or-later
//! The media port of the scripted device: collects frames, decrypts them, and answers with honest RTCP.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use telecast::cast::crypto::FrameCipher;
use telecast::cast::expand::nearest;
use telecast::cast::frame::{FrameId, Ssrc};
use telecast::cast::keys::StreamKeys;
use telecast::cast::ntp::{NtpTime, ReportDelay};
use telecast::cast::rtcp::compound::FeedbackContents;
use telecast::cast::rtcp::{
    FeedbackBuilder, Nack, ReportBlock, Route, SenderReport, WHOLE_FRAME, find_sender_report, route,
};
use telecast::cast::rtp::RtpPacket;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// What arrived, over all negotiations of the device.
#[derive(Debug, Default, Clone)]
pub struct Received {
    /// Complete, decrypted video frames: key frame or not, and the bytes.
    pub video: Vec<(bool, Vec<u8>)>,
    /// Complete, decrypted audio frames.
    pub audio: Vec<Vec<u8>>,
    /// Sender reports.
    pub reports: usize,
    /// RTP packets before the first sender report of their stream: a real device throws them away.
    pub too_early: usize,
    /// The delays that packets announced.
    pub delays_ms: Vec<u16>,
    /// Bytes of the largest datagram since somebody set this to 0.
    pub largest: usize,
    /// The port of the newest negotiation.
    pub port: u16,
    /// Bytes of all datagrams.
    pub bytes: usize,
    /// Datagrams that went to a stranger.
    pub astray: usize,
}

/// What feedback may say that is not so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// Frames have arrived that were never sent.
    AcknowledgesAhead,
    /// Everything is missing, for ever.
    MissesEverything,
    /// What it said before, again and in another order.
    Replays,
}

/// How the media port answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manners {
    /// With honest RTCP.
    Good,
    /// Not at all.
    Silent,
    /// With honest RTCP, but for a pause that begins after some frames.
    Pausing(Duration),
    /// With honest RTCP, and garbage before each of it.
    Noisy,
    /// With honest RTCP, from the same port of this address of its.
    From(IpAddr),
    /// With honest RTCP, and lies after each of it.
    Lying(Lie),
    /// With honest RTCP, while somebody at this address, who hears everything, lies and floods.
    Overheard(IpAddr),
}

/// One bound media port. Ends when dropped.
pub struct MediaPeer {
    pub port: u16,
    task: JoinHandle<()>,
}

impl Drop for MediaPeer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl MediaPeer {
    /// Serves the accepted streams of an OFFER. Without `picture` it asks for key frames for ever.
    pub async fn start(
        host: IpAddr,
        accepted: &[&Value],
        picture: bool,
        manners: Manners,
        received: Arc<Mutex<Received>>,
    ) -> MediaPeer {
        let socket = UdpSocket::bind((host, 0)).await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let streams = accepted.iter().map(|stream| Stream::new(stream, picture));
        let streams: Vec<Stream> = streams.collect();
        let mouth = match manners {
            Manners::From(other) | Manners::Overheard(other) => {
                Some(UdpSocket::bind((other, port)).await.unwrap())
            }
            _ => None,
        };
        let task = tokio::spawn(serve(socket, mouth, streams, manners, received));
        MediaPeer { port, task }
    }
}

struct Partial {
    key: bool,
    timestamp: u32,
    slices: Vec<Option<Vec<u8>>>,
}

struct Stream {
    is_video: bool,
    sender: Ssrc,
    receiver: Ssrc,
    picture: bool,
    cipher: FrameCipher,
    builder: FeedbackBuilder,
    checkpoint: FrameId,
    partial: BTreeMap<FrameId, Partial>,
    complete: BTreeSet<FrameId>,
    report: Option<(SenderReport, Instant)>,
    playout_delay: Duration,
    key_frames: usize,
}

impl Stream {
    fn new(offered: &Value, picture: bool) -> Stream {
        let text = |key: &str| offered[key].as_str().unwrap();
        let ssrc = u32::try_from(offered["ssrc"].as_u64().unwrap()).unwrap();
        let (sender, receiver) = (Ssrc(ssrc), Ssrc(ssrc + 1));
        Stream {
            is_video: offered["type"] == "video_source",
            sender,
            receiver,
            picture,
            cipher: FrameCipher::new(
                &StreamKeys::from_hex(text("aesKey"), text("aesIvMask")).unwrap(),
            ),
            builder: FeedbackBuilder::new(sender, receiver, 1472),
            checkpoint: FrameId::LEADER,
            partial: BTreeMap::new(),
            complete: BTreeSet::new(),
            report: None,
            playout_delay: Duration::from_millis(offered["targetDelay"].as_u64().unwrap()),
            key_frames: 0,
        }
    }

    fn take(&mut self, packet: &RtpPacket<'_>, received: &mut Received) {
        if self.report.is_none() {
            received.too_early += 1;
            return;
        }
        if let Some(delay) = packet.new_playout_delay_ms {
            received.delays_ms.push(delay);
            self.playout_delay = Duration::from_millis(delay.into());
        }
        let id = FrameId(nearest(packet.frame_id, self.checkpoint.0));
        if id <= self.checkpoint || self.complete.contains(&id) {
            return;
        }
        let partial = self.partial.entry(id).or_insert_with(|| Partial {
            key: false,
            timestamp: packet.rtp_timestamp,
            slices: vec![None; usize::from(packet.max_packet_id) + 1],
        });
        partial.key |= packet.is_key_frame;
        assert_eq!(partial.timestamp, packet.rtp_timestamp);
        partial.slices[usize::from(packet.packet_id)] = Some(packet.payload.to_vec());
        if partial.slices.iter().any(Option::is_none) {
            return;
        }
        let partial = self.partial.remove(&id).unwrap();
        let mut frame: Vec<u8> = partial.slices.into_iter().flatten().flatten().collect();
        self.cipher.apply(id, &mut frame);
        if self.is_video {
            self.key_frames += usize::from(partial.key);
            received.video.push((partial.key, frame));
        } else {
            received.audio.push(frame);
        }
        self.complete.insert(id);
        while self.complete.remove(&self.checkpoint.next()) {
            self.checkpoint = self.checkpoint.next();
        }
    }

    /// Feedback that is not true.
    fn lie(&mut self, lie: Lie) -> Vec<u8> {
        let checkpoint = self.checkpoint;
        let ahead = |frames: std::ops::Range<i64>| frames.map(move |frame| checkpoint + frame);
        let (checkpoint, missing, acknowledged) = match lie {
            Lie::AcknowledgesAhead => (checkpoint + 90, Vec::new(), ahead(92..120).collect()),
            Lie::MissesEverything => {
                let packet = WHOLE_FRAME;
                let nacks = ahead(1..100).map(|frame| Nack { frame, packet });
                (checkpoint, nacks.collect(), Vec::new())
            }
            Lie::Replays => return Vec::new(),
        };
        self.say(&FeedbackContents {
            checkpoint,
            missing: &missing,
            acknowledged: &acknowledged,
            ..self.nothing_new()
        })
    }

    fn feedback(&mut self, answers_report: bool) -> Vec<u8> {
        let now = Instant::now();
        let newest = self
            .complete
            .iter()
            .chain(self.partial.keys())
            .max()
            .copied();
        let mut missing = Vec::new();
        let mut id = self.checkpoint.next();
        while newest.is_some_and(|newest| id <= newest) {
            if let Some(partial) = self.partial.get(&id) {
                let slots = partial.slices.iter().enumerate();
                let empty = slots.filter(|(_, slice)| slice.is_none());
                missing.extend(empty.map(|(packet, _)| Nack {
                    frame: id,
                    packet: packet as u16,
                }));
            } else if !self.complete.contains(&id) {
                missing.push(Nack {
                    frame: id,
                    packet: WHOLE_FRAME,
                });
            }
            id = id.next();
        }
        let report = self.report.as_ref().filter(|_| answers_report);
        let report = report.map(|(report, arrived)| ReportBlock {
            sender: self.sender,
            fraction_lost: 0,
            cumulative_lost: 0,
            extended_highest_sequence: 0,
            jitter: 0,
            last_report: report.id(),
            delay: ReportDelay::between(*arrived, now),
        });
        let acknowledged: Vec<FrameId> = self.complete.iter().copied().collect();
        self.say(&FeedbackContents {
            report,
            picture_loss: self.is_video && !self.picture && self.key_frames > 0,
            missing: &missing,
            acknowledged: &acknowledged,
            ..self.nothing_new()
        })
    }

    /// Feedback that tells of nothing but where it stands.
    fn nothing_new(&self) -> FeedbackContents<'static> {
        FeedbackContents {
            now: NtpTime::from_unix(SystemTime::now().duration_since(UNIX_EPOCH).unwrap()),
            report: None,
            picture_loss: false,
            checkpoint: self.checkpoint,
            playout_delay: self.playout_delay,
            missing: &[],
            acknowledged: &[],
        }
    }

    fn say(&mut self, contents: &FeedbackContents<'_>) -> Vec<u8> {
        let mut datagram = Vec::new();
        self.builder
            .build(contents, &mut VecDeque::new(), &mut datagram);
        datagram
    }
}

async fn serve(
    socket: UdpSocket,
    mouth: Option<UdpSocket>,
    mut streams: Vec<Stream>,
    manners: Manners,
    received: Arc<Mutex<Received>>,
) {
    let mut buffer = vec![0; 2048];
    let mut peer: Option<SocketAddr> = None;
    let mut paused: Option<Instant> = None;
    let mut said: VecDeque<Vec<u8>> = VecDeque::new();
    let mut tick = tokio::time::interval(Duration::from_millis(30));
    loop {
        let mut out = Vec::new();
        tokio::select! {
            got = socket.recv_from(&mut buffer) => {
                let (length, from) = got.unwrap();
                peer = Some(from);
                let mut received = received.lock().unwrap();
                received.bytes += length;
                received.largest = received.largest.max(length);
                out = on_datagram(&buffer[..length], &mut streams, &mut received);
            }
            _ = tick.tick() => out.extend(streams.iter_mut().map(|stream| stream.feedback(false))),
        }
        if let Manners::Pausing(pause) = manners
            && received.lock().unwrap().video.len() >= 30
        {
            let begin = *paused.get_or_insert_with(Instant::now);
            if begin.elapsed() < pause {
                continue;
            }
        }
        let Some(peer) = peer.filter(|_| manners != Manners::Silent) else {
            continue;
        };
        for datagram in out {
            if manners == Manners::Noisy {
                for garbage in garbage(&datagram) {
                    socket.send_to(&garbage, peer).await.unwrap();
                }
            }
            if let (Manners::Overheard(_), Some(stranger)) = (manners, &mouth) {
                socket.send_to(&datagram, peer).await.unwrap();
                let lies = [Lie::AcknowledgesAhead, Lie::MissesEverything];
                let lies = streams
                    .iter_mut()
                    .flat_map(|one| lies.map(|lie| one.lie(lie)));
                for words in lies
                    .chain(garbage(&datagram))
                    .chain([buffer[..200].to_vec()])
                {
                    stranger.send_to(&words, peer).await.unwrap();
                }
                let mut heard = [0; 2048];
                while stranger.try_recv_from(&mut heard).is_ok() {
                    received.lock().unwrap().astray += 1;
                }
                continue;
            }
            let mouth = mouth.as_ref().unwrap_or(&socket);
            mouth.send_to(&datagram, peer).await.unwrap();
            match manners {
                Manners::Lying(Lie::Replays) => {
                    // The oldest of some, the newest once more, one of the middle.
                    said.push_front(datagram);
                    said.truncate(50);
                    for at in [said.len() - 1, 0, said.len() / 2] {
                        socket.send_to(&said[at], peer).await.unwrap();
                    }
                }
                Manners::Lying(lie) => {
                    for stream in &mut streams {
                        socket.send_to(&stream.lie(lie), peer).await.unwrap();
                    }
                }
                _ => {}
            }
        }
    }
}

/// Datagrams that must have no effect, some of them close to a good one.
fn garbage(good: &[u8]) -> Vec<Vec<u8>> {
    let mut foreign = good.to_vec();
    foreign[4..8].copy_from_slice(&[0xff; 4]);
    vec![
        Vec::new(),
        vec![0x80],
        vec![0xa5; 1500],
        good[..good.len() - 3].to_vec(),
        foreign,
    ]
}

fn on_datagram(datagram: &[u8], streams: &mut [Stream], received: &mut Received) -> Vec<Vec<u8>> {
    let Some(Route::Rtp(ssrc) | Route::Rtcp(ssrc)) = route(datagram) else {
        panic!("the sender sent something that is neither RTP nor RTCP");
    };
    // Packets of streams from before a renegotiation may still arrive.
    let Some(stream) = streams.iter_mut().find(|stream| stream.sender == ssrc) else {
        return Vec::new();
    };
    if let Some(Route::Rtcp(_)) = route(datagram) {
        let report = find_sender_report(datagram, stream.sender, stream.receiver).unwrap();
        let report = report.expect("the only reports of a sender are sender reports");
        stream.report = Some((report, Instant::now()));
        received.reports += 1;
        return vec![stream.feedback(true)];
    }
    let packet = RtpPacket::parse(datagram).unwrap();
    let before = stream.checkpoint;
    stream.take(&packet, received);
    if stream.checkpoint > before {
        vec![stream.feedback(false)]
    } else {
        Vec::new()
    }
}
