// SPDX-License-Identifier: GPL-3.0-or-later
//! One cast over a way between two hosts, from its start to its end.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use super::figures::Figures;
use super::hosts::{Hosts, receiver_address};
use super::namespace::Namespace;
use super::profiles::Profile;
use super::program::Program;
use super::sender;
use crate::home;

const TELECAST: &str = env!("CARGO_BIN_EXE_telecast");
const PORT: u16 = 8009;
/// Programs start and encoders are proven, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(45);

/// Casts the film for so many seconds. `None`, on record, where this machine cannot make the way.
#[track_caller]
pub fn run(profile: &Profile, seconds: u32) -> Option<Figures> {
    let hosts = Hosts::up(profile)?;
    go_first();
    let address = receiver_address(profile.ipv6, PORT);
    let mut receiver = Program::start(
        "receiver",
        telecast(&hosts.receiver)
            .args(["receive", "--headless", "--measure", "--stats", "json"])
            .args(["--listen", &address.ip().to_string()])
            .args(["--port", &PORT.to_string()]),
    );
    receiver.wait_for_words("Listening on ", PATIENCE);
    let length = Duration::from_secs(seconds.into());
    let sent = sender::cast(&hosts.sender, address, profile.target_delay, length);
    let counts = hosts.counts();
    receiver.wait_for_object("the end of the cast", PATIENCE, ended());
    let status = receiver.interrupt(PATIENCE);
    assert!(status.success(), "{}: the receiver: {status}", profile.slug);
    Some(Figures::new(seconds, &receiver.objects(), &sent, counts))
}

/// What else the machine does is not to spoil the cast: this thread, and all that it starts from now on, goes first, where
/// it may. (A nice value would only count among the processes of the same session.)
fn go_first() {
    let thread = rustix::thread::gettid().to_string();
    let status = Command::new("chrt")
        .args(["--rr", "--pid", "1", &thread])
        .status();
    if !status.is_ok_and(|status| status.success()) {
        eprintln!("the cast does not go first: other programs may disturb it");
    }
}

/// True for the first object that says that nobody casts after one that said otherwise.
fn ended() -> impl Fn(&serde_json::Value) -> bool {
    |object| object["state"] == "idle" && object["frames"]["completed"].as_u64() > Some(0)
}

/// The program on a host: without a display, a session bus or PipeWire.
fn telecast(host: &Namespace) -> Command {
    // For all programs of this process.
    static HOME: LazyLock<PathBuf> = LazyLock::new(|| home::make("links-home"));
    let mut command = host.command(TELECAST);
    home::give(&mut command, &HOME);
    command
}
