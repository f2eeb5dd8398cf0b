// SPDX-License-Identifier: GPL-3.0-or-later
//! Sound that is played at its time: a player in a process of its own, heard through PipeWire.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use telecast::capture::frame::{AUDIO_CHANNELS, AUDIO_RATE, AudioBlock};
use telecast::capture::pipewire::Remote;
use telecast::capture::pipewire::audio::{AudioRequest, AudioStream, Sound as Captured};
use telecast::capture::slot::{Next, SlotReader, SlotWriter};
use telecast::clock;
use telecast::decode::audio::Sound;
use telecast::decode::player::Player;
use telecast::testcard::sound::{self, BeepFinder};

use super::pipewire_daemon::{Daemon, PATIENCE, wait_for};

/// A program that is killed in the end.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// The player's side: the sound of the test card, which beeps at each full second of the monotonic clock, each block
/// handed over 200 ms before it is to be heard. Run by the tests below, in the environment of their daemon.
#[test]
#[ignore = "the other half of the tests beside it"]
fn plays_the_test_card() {
    let mut player = Player::start().unwrap();
    player.set_volume(1.0, false);
    let end = clock::monotonic() + Duration::from_secs(8);
    let mut time = clock::monotonic() + Duration::from_millis(200);
    while time < end {
        let mut samples = vec![0.0; 960 * 2];
        sound::fill(&mut samples, 2, AUDIO_RATE, time);
        let block = Sound {
            rate: AUDIO_RATE,
            channels: 2,
            samples,
        };
        let at = clock::instant_of(time);
        player.play(&block, at);
        time += Duration::from_millis(20);
        let next = clock::instant_of(time.saturating_sub(Duration::from_millis(200)));
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

/// Plays into `daemon` and says how far from the full second each beep is heard, in milliseconds.
fn beeps_in(daemon: &Daemon) -> Vec<f64> {
    let player = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "playback::plays_the_test_card", "--ignored"])
        .env("XDG_RUNTIME_DIR", &daemon.folder)
        .env_remove("PIPEWIRE_REMOTE")
        .env_remove("PULSE_SERVER")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let _player = Running(player);
    let (writer, hub) = SlotWriter::new();
    let blocks: SlotReader<AudioBlock> = hub.subscribe(500);
    let (events, _listen) = async_channel::bounded(16);
    let request = AudioRequest {
        remote: Remote::Socket(daemon.socket().into()),
        sound: Captured::DefaultOutput,
        records: Some(daemon.folder.join("records")),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let _stream = runtime
        .block_on(AudioStream::start(request, writer, events))
        .unwrap();

    let (mut found, mut finder, mut base) = (Vec::new(), BeepFinder::new(AUDIO_RATE), None);
    let (mut heard, end) = (0_u64, Instant::now() + PATIENCE);
    while found.len() < 5 && Instant::now() < end {
        let Next::Item(block) = blocks.take_until(Some(end)) else {
            break;
        };
        if block.lost != 0 {
            (finder, base, heard) = (BeepFinder::new(AUDIO_RATE), None, 0);
        }
        // The blocks are continuous, so that one time is enough.
        let start = *base.get_or_insert(clock::monotonic_of(block.captured));
        heard += (block.samples.len() / AUDIO_CHANNELS) as u64;
        finder.push(
            block.samples.iter().step_by(AUDIO_CHANNELS).copied(),
            |at| {
                let time = start.as_secs_f64() + at as f64 / f64::from(AUDIO_RATE);
                found.push((time - time.round()) * 1000.0);
            },
        );
    }
    assert!(heard > 0, "nothing was heard");
    found
}

fn assert_in_time(mut beeps: Vec<f64>) {
    assert!(beeps.len() >= 3, "too few beeps: {beeps:?}");
    // The first may be cut, while the sink finds its pace.
    beeps.remove(0);
    beeps.sort_by(f64::total_cmp);
    let median = beeps[beeps.len() / 2];
    assert!(median.abs() < 100.0, "{beeps:?}");
}

fn daemon_with_output() -> Daemon {
    let daemon = Daemon::start();
    let properties = "{ factory.name=support.null-audio-sink node.name=loudspeaker media.class=Audio/Sink \
                      object.linger=true audio.position=[FL FR] }";
    daemon
        .tool("pw-cli", &["create-node", "adapter", properties])
        .unwrap();
    wait_for("the default output", || {
        let text = daemon.tool("pw-metadata", &["0", "default.audio.sink"])?;
        text.contains("loudspeaker").then_some(())
    });
    daemon
}

#[test]
fn sound_is_heard_at_its_time_through_pipewires_pulse_server() {
    let daemon = daemon_with_output();
    let server = Command::new("pipewire-pulse")
        .env("XDG_RUNTIME_DIR", &daemon.folder)
        .env_remove("PIPEWIRE_REMOTE")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _server = Running(server);
    wait_for("the pulse server", || {
        daemon.folder.join("pulse/native").exists().then_some(())
    });
    assert_in_time(beeps_in(&daemon));
}

#[test]
fn sound_is_heard_at_its_time_through_pipewire_alone() {
    let daemon = daemon_with_output();
    assert_in_time(beeps_in(&daemon));
}
