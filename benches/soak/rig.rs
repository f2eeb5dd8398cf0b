// SPDX-License-Identifier: GPL-3.0-or-later
//! The arrangement: a receiver on one host, a sender on another, each with a PipeWire of its own, and the relay between.

use std::time::Duration;

use rustix::process::Pid;
use serde_json::Value;

use crate::links::hosts::{Hosts, receiver_address};
use crate::links::profiles::{Between, Profile};
use crate::support::program::Program;
use crate::support::session::Session;
use crate::support::wait_until;
use crate::weather::Kind;

const TELECAST: &str = env!("CARGO_BIN_EXE_telecast");
const PORT: u16 = 8009;
/// Programs start, encoders are proven, an empty cache is filled.
const START: Duration = Duration::from_mins(2);
/// Programs end.
const END: Duration = Duration::from_secs(20);
/// A tool of PipeWire's.
const TOOL: Duration = Duration::from_secs(30);
/// What of PipeWire's objects comes and goes with programs.
const KINDS: [&str; 4] = [
    "PipeWire:Interface:Client",
    "PipeWire:Interface:Link",
    "PipeWire:Interface:Node",
    "PipeWire:Interface:Port",
];

/// Fields are dropped in this order: programs before their sessions, these before their hosts.
pub struct Rig {
    pub sender: Program,
    pub receiver: Program,
    #[expect(dead_code, reason = "held for its drop")]
    player: Program,
    desk: Session,
    tv: Session,
    hosts: Hosts,
    /// PipeWire's objects on the sender's host without the sender.
    objects_before: usize,
}

/// What is there at the end.
pub struct Remains {
    /// PipeWire's objects on the sender's host that were not there before the cast.
    pub objects: i64,
}

impl Rig {
    /// Starts everything; the cast runs. `None` where this machine cannot make the hosts.
    pub fn start(size: &str) -> Option<Rig> {
        let hosts = Hosts::up(&Profile {
            slug: "soak",
            what: "weather",
            between: Between::Relay(Kind::Fair.conditions()),
            ipv6: false,
            target_delay: Duration::from_millis(200),
        })?;
        let desk = Session::sound_only(Some(hosts.sender.name()));
        let tv = Session::sound_only(Some(hosts.receiver.name()));
        let address = receiver_address(false, PORT);
        let mut receiver = Program::start(
            "receiver",
            tv.command(TELECAST)
                .args(["receive", "--headless", "--measure", "--accept", "any"])
                .args(["--stats", "json", "--port", &PORT.to_string()]),
        );
        receiver.wait_for_words("Listening on ", START);
        // What this computer plays, which the cast takes away to the TV.
        let player = Program::start(
            "player",
            desk.command("gst-launch-1.0")
                .args(["-q", "audiotestsrc", "is-live=true", "freq=440"])
                .args(["volume=0.1", "!", "audioconvert", "!", "pulsesink"]),
        );
        wait_until("the player", START, || {
            desk.run(TOOL, "pactl", &["list", "short", "sink-inputs"])
                .lines()
                .count()
                == 1
        });
        let objects_before = steady_objects(&desk);
        let mut sender = Program::start(
            "sender",
            desk.command(TELECAST)
                .args(["mirror", &address.to_string(), "--source", "test-card"])
                .args(["--audio", "tv", "--codec", "vp8", "--max-size", size])
                .args(["--trust", "any", "--stats", "json"]),
        );
        sender.wait_for_object("streaming", START, |object| object["state"] == "streaming");
        Some(Rig {
            sender,
            receiver,
            player,
            desk,
            tv,
            hosts,
            objects_before,
        })
    }

    /// Changes the way between the hosts.
    pub fn change(&self, kind: Kind) {
        let relay = self.hosts.relay().expect("a relay was asked for");
        relay.change(kind.conditions(), kind.carries());
    }

    /// PipeWire's objects on the sender's host and on the receiver's.
    pub fn objects(&self) -> [usize; 2] {
        [objects(&self.desk), objects(&self.tv)]
    }

    /// The processes, in the same order.
    pub fn processes(&self) -> [Pid; 2] {
        [self.sender.pid(), self.receiver.pid()]
    }

    /// Ends the cast as a person would, then the receiver.
    pub fn end(mut self) -> Remains {
        let status = self.sender.interrupt(END);
        assert!(status.success(), "the sender: {status}");
        let mut now = 0;
        let gone = || {
            now = objects(&self.desk);
            now <= self.objects_before
        };
        settle(gone);
        let status = self.receiver.interrupt(END);
        assert!(status.success(), "the receiver: {status}");
        Remains {
            objects: now as i64 - self.objects_before as i64,
        }
    }
}

/// Gives `condition` some time to come true; whether it has is up to who looks.
fn settle(mut condition: impl FnMut() -> bool) {
    for _ in 0..20 {
        if condition() {
            return;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// How many there are once no more are made.
fn steady_objects(session: &Session) -> usize {
    let (mut last, mut same) = (0, 0);
    settle(|| {
        let now = objects(session);
        same = if now == last { same + 1 } else { 0 };
        last = now;
        same == 3
    });
    last
}

fn objects(session: &Session) -> usize {
    let text = session.run(TOOL, "pw-dump", &[]);
    let all: Vec<Value> = serde_json::from_str(&text).expect("pw-dump prints JSON");
    let of_programs = all
        .iter()
        .filter(|object| KINDS.iter().any(|kind| object["type"] == *kind));
    of_programs.count()
}
