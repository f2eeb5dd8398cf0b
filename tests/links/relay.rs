// SPDX-License-Identifier: GPL-3.0-or-later
//! `Relay`: carries the IP packets between two TUN devices as the simulation's link would, in real time.
//!
//! Input: what one device sends; output: the same at the other one, later, twice, out of order, or not at all.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::hosts::Counts;
use super::link::{Conditions, Link};

/// How long it sleeps at most: then it looks whether it is to end.
const LOOK: Duration = Duration::from_millis(50);
const SEED: u64 = 4;
/// IANA's number.
const TCP: u8 = 6;

/// Which packets are carried at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carries {
    Everything,
    /// What is not TCP: media go on, the control channel is silent.
    AllButControl,
    Nothing,
}

/// A running relay; ends with its value.
pub struct Relay {
    counts: Arc<Mutex<Counts>>,
    /// What is to hold from now on, until the thread has seen it.
    change: Arc<Mutex<Option<(Conditions, Carries)>>>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// Carries packets between the devices of the sender's host and the receiver's, each direction with `conditions`.
    pub fn start(sender: File, receiver: File, conditions: Conditions) -> Relay {
        let counts = Arc::new(Mutex::new(Counts::default()));
        let change = Arc::new(Mutex::new(Some((conditions, Carries::Everything))));
        let ends = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (counts, change, ends) =
                (Arc::clone(&counts), Arc::clone(&change), Arc::clone(&ends));
            move || carry(&[sender, receiver], &counts, &change, &ends)
        });
        Relay {
            counts,
            change,
            ends,
            thread: Some(thread),
        }
    }

    /// What has passed until now.
    pub fn counts(&self) -> Counts {
        *self.counts.lock().expect("the relay did not panic")
    }

    /// From now on the way is like this, in each direction. What is under way still arrives.
    pub fn change(&self, conditions: Conditions, carries: Carries) {
        let mut change = self.change.lock().expect("the relay did not panic");
        *change = Some((conditions, carries));
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            eprintln!("the relay panicked");
        }
    }
}

fn carry(
    ends: &[File; 2],
    counts: &Mutex<Counts>,
    change: &Mutex<Option<(Conditions, Carries)>>,
    stop: &AtomicBool,
) {
    let start = Instant::now();
    let clean = Conditions::clean(Duration::ZERO);
    let mut ways = [SEED, SEED + 1].map(|seed| Link::new(start, clean, seed));
    let mut carries = Carries::Everything;
    let mut buffer = vec![0; 65_536];
    while !stop.load(Ordering::Relaxed) {
        let now = Instant::now();
        if let Some((conditions, what)) = change.lock().expect("nobody panics with it").take() {
            carries = what;
            for way in &mut ways {
                way.change(now, conditions);
            }
        }
        for (from, way) in ways.iter_mut().enumerate() {
            while let Some(packet) = way.arrive(now) {
                (&ends[1 - from])
                    .write_all(&packet)
                    .expect("the device is up");
                way.recycle(packet);
            }
        }
        let next = ways.iter().filter_map(Link::next_arrival).min();
        let wait = next.map_or(LOOK, |at| at.saturating_duration_since(now).min(LOOK));
        let wait = Timespec::try_from(wait).expect("less than a second");
        let mut readable = [&ends[0], &ends[1]].map(|end| PollFd::new(end, PollFlags::IN));
        match poll(&mut readable, Some(&wait)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => panic!("poll: {error}"),
        }
        let now = Instant::now();
        for (from, way) in ways.iter_mut().enumerate() {
            loop {
                let length = match (&ends[from]).read(&mut buffer) {
                    Ok(length) => length,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => panic!("reading from a TUN device: {error}"),
                };
                let packet = &buffer[..length];
                if from == 0 {
                    count(packet, &mut counts.lock().expect("nobody panics with it"));
                }
                if carries.covers(packet) {
                    way.send(now, packet);
                }
            }
            // Of use in the simulation, which ends; here they would pile up.
            way.waits.clear();
        }
        let lost = ways.iter().map(|way| way.counts.lost as u64).sum();
        counts.lock().expect("nobody panics with it").lost = lost;
    }
}

impl Carries {
    fn covers(self, packet: &[u8]) -> bool {
        match self {
            Carries::Everything => true,
            Carries::AllButControl => protocol(packet).is_none_or(|(protocol, _)| protocol != TCP),
            Carries::Nothing => false,
        }
    }
}

/// Counts a packet of the sender's host, if it is one of the cast.
fn count(packet: &[u8], counts: &mut Counts) {
    let Some(datagram) = udp_payload(packet) else {
        return;
    };
    match datagram.get(1) {
        // RTCP's packet types, as RFC 5761 tells them from RTP's.
        Some(192..=223) => counts.reports += 1,
        Some(_) => {
            counts.media += 1;
            counts.media_bytes += packet.len() as u64;
        }
        None => {}
    }
}

fn udp_payload(packet: &[u8]) -> Option<&[u8]> {
    const UDP: u8 = 17;
    const UDP_HEADER: usize = 8;
    let (protocol, header) = protocol(packet)?;
    (protocol == UDP).then(|| packet.get(header + UDP_HEADER..))?
}

/// What the packet is about (IANA's number), and the size of the header before it.
fn protocol(packet: &[u8]) -> Option<(u8, usize)> {
    let first = packet.first()?;
    match first >> 4 {
        4 => Some((*packet.get(9)?, usize::from(first & 0xf) * 4)),
        6 => Some((*packet.get(6)?, 40)),
        _ => None,
    }
}
