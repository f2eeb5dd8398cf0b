// SPDX-License-Identifier: GPL-3.0-or-later
//! Counts what a sender puts on the wire: payload for the first time, payload again, and everything else.

use std::time::Instant;

use telecast::cast::rtp::RtpPacket;

use super::link::OVERHEAD;

/// Bytes since the tally began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bytes {
    /// With the headers of IP and UDP.
    pub wire: u64,
    /// Slices of frames that had not been sent before.
    pub once: u64,
    /// Slices of frames that had.
    pub again: u64,
    /// RTCP, with the headers of IP and UDP.
    pub reports: u64,
}

impl Bytes {
    /// Payload sent again in percent of that sent once.
    pub fn repeated_pct(&self) -> f64 {
        percent(self.again, self.once)
    }

    /// What is no payload (headers of IP, UDP and RTP, reports) in percent of all.
    pub fn overhead_pct(&self) -> f64 {
        percent(self.wire - self.once - self.again, self.wire)
    }
}

fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        100.0 * part as f64 / whole as f64
    }
}

/// One of the frames that a byte can name.
#[derive(Debug, Clone, Default)]
struct Frame {
    rtp_timestamp: Option<u32>,
    /// One bit for each packet that has been sent.
    sent: Vec<u64>,
}

/// The packets of one stream.
#[derive(Debug)]
struct Stream {
    ssrc: u32,
    frames: Vec<Frame>,
}

/// Follows what one sender sends.
#[derive(Debug)]
pub struct Tally {
    pub packets: usize,
    pub bytes: Bytes,
    /// What is sent earlier is not counted as bytes.
    from: Instant,
    streams: Vec<Stream>,
}

impl Tally {
    pub fn new(from: Instant) -> Tally {
        Tally {
            packets: 0,
            bytes: Bytes::default(),
            from,
            streams: Vec::new(),
        }
    }

    /// Forgets what is sent before this moment.
    pub fn count_from(&mut self, from: Instant) {
        self.from = from;
    }

    pub fn on_sent(&mut self, now: Instant, datagram: &[u8]) {
        let counts = now >= self.from;
        let wire = (datagram.len() + OVERHEAD) as u64;
        let Ok(packet) = RtpPacket::parse(datagram) else {
            if counts {
                self.bytes.wire += wire;
                self.bytes.reports += wire;
            }
            return;
        };
        self.packets += 1;
        let again = self.note(&packet);
        if !counts {
            return;
        }
        self.bytes.wire += wire;
        let payload = packet.payload.len() as u64;
        if again {
            self.bytes.again += payload;
        } else {
            self.bytes.once += payload;
        }
    }

    /// Whether the packet has been sent before.
    fn note(&mut self, packet: &RtpPacket<'_>) -> bool {
        let ssrc = packet.ssrc.0;
        let known = self.streams.iter().position(|stream| stream.ssrc == ssrc);
        let index = known.unwrap_or_else(|| {
            self.streams.push(Stream {
                ssrc,
                frames: vec![Frame::default(); 256],
            });
            self.streams.len() - 1
        });
        let frame = &mut self.streams[index].frames[usize::from(packet.frame_id)];
        if frame.rtp_timestamp != Some(packet.rtp_timestamp) {
            frame.rtp_timestamp = Some(packet.rtp_timestamp);
            frame.sent.clear();
        }
        let (word, bit) = (
            usize::from(packet.packet_id / 64),
            1 << (packet.packet_id % 64),
        );
        if frame.sent.len() <= word {
            frame.sent.resize(word + 1, 0);
        }
        let again = frame.sent[word] & bit != 0;
        frame.sent[word] |= bit;
        again
    }
}
