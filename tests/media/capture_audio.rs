// SPDX-License-Identifier: GPL-3.0-or-later
//! Sound from a PipeWire daemon of the test's own: outputs, the virtual output, applications.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use telecast::capture::error::{CaptureEnd, CaptureError};
use telecast::capture::frame::{AUDIO_CHANNELS, AUDIO_RATE, AudioBlock};
use telecast::capture::pipewire::Remote;
use telecast::capture::pipewire::audio::{AudioRequest, AudioStream, Sound, repair_default_output};
use telecast::capture::slot::{Next, SlotReader, SlotWriter};
use telecast::capture::source::{AudioEvent, AudioEvents};
use telecast::testcard::sound::amplitude;

use super::pipewire_daemon::{Daemon, PATIENCE, wait_for};

impl Daemon {
    fn remote(&self) -> Remote {
        Remote::Socket(self.socket().into())
    }

    fn records(&self) -> PathBuf {
        self.folder.join("records")
    }

    fn null_sink(&self, name: &str) {
        let properties = format!(
            "{{ factory.name=support.null-audio-sink node.name={name} media.class=Audio/Sink \
             object.linger=true audio.position=[FL FR] }}"
        );
        self.tool("pw-cli", &["create-node", "adapter", &properties])
            .unwrap();
        wait_for("the null sink", || self.has_node(name).then_some(()));
    }

    fn has_node(&self, name: &str) -> bool {
        let objects = self.dump();
        let mut names = objects
            .iter()
            .map(|object| &object["info"]["props"]["node.name"]);
        names.any(|own| own == name)
    }

    fn setting(&self, key: &str) -> Option<String> {
        let text = self.tool("pw-metadata", &["0", key])?;
        let (_, value) = text.split_once("value:'")?;
        let (json, _) = value.split_once('\'')?;
        let value: serde_json::Value = serde_json::from_str(json).ok()?;
        Some(value["name"].as_str()?.to_owned())
    }

    fn default_sink(&self) -> Option<String> {
        self.setting("default.audio.sink")
    }

    fn configured_sink(&self) -> Option<String> {
        self.setting("default.configured.audio.sink")
    }

    fn configure(&self, name: &str) {
        let value = format!("{{\"name\":\"{name}\"}}");
        let key = "default.configured.audio.sink";
        self.tool("pw-metadata", &["0", key, &value, "Spa:String:JSON"])
            .unwrap();
    }

    fn make_default(&self, name: &str) {
        self.configure(name);
        self.wait_default(name);
    }

    fn wait_default(&self, name: &str) {
        wait_for(&format!("{name} to be the default"), || {
            (self.default_sink().as_deref() == Some(name)).then_some(())
        });
    }

    /// Plays a tone for some seconds; in a process that is not ours unless `child`.
    fn play(&self, hz: f32, name: &str, target: Option<&str>, child: bool) -> Player {
        let file = self.folder.join(format!("{hz}.wav"));
        fs::write(&file, wave(hz)).unwrap();
        // The session manager would move it with the default output.
        let target = target
            .map(|name| format!("target.object={name} node.dont-move=true"))
            .unwrap_or_default();
        let play = format!(
            "pw-cat -p -P '{{ application.name=\"{name}\" {target} }}' {}",
            file.display()
        );
        let script = if child {
            format!("exec {play}")
        } else {
            // The shell ends at once, so that its child is adopted by somebody else.
            format!("{play} >/dev/null 2>&1 & echo $!")
        };
        let mut command = Command::new("sh");
        command
            .args(["-c", &script])
            .env("XDG_RUNTIME_DIR", &self.folder)
            .env("PIPEWIRE_REMOTE", self.socket())
            .stdin(Stdio::null());
        let pid = if child {
            command.stdout(Stdio::null()).spawn().unwrap().id()
        } else {
            let output = command.output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            text.trim().parse().unwrap()
        };
        Player(pid)
    }
}

struct Player(u32);

impl Drop for Player {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_raw(self.0 as i32).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).ok();
    }
}

/// A tone of 30 s as a WAV file.
fn wave(hz: f32) -> Vec<u8> {
    let frames = AUDIO_RATE * 30;
    let bytes = frames * 4;
    let mut wave = Vec::new();
    wave.extend(b"RIFF");
    wave.extend((36 + bytes).to_le_bytes());
    wave.extend(b"WAVEfmt ");
    wave.extend(16_u32.to_le_bytes());
    wave.extend(1_u16.to_le_bytes());
    wave.extend(2_u16.to_le_bytes());
    wave.extend(AUDIO_RATE.to_le_bytes());
    wave.extend((AUDIO_RATE * 4).to_le_bytes());
    wave.extend(4_u16.to_le_bytes());
    wave.extend(16_u16.to_le_bytes());
    wave.extend(b"data");
    wave.extend(bytes.to_le_bytes());
    for n in 0..frames {
        let phase = std::f32::consts::TAU * hz * (n % AUDIO_RATE) as f32 / AUDIO_RATE as f32;
        let sample = ((phase.sin() * 0.3) * 32767.0) as i16;
        wave.extend(sample.to_le_bytes());
        wave.extend(sample.to_le_bytes());
    }
    wave
}

struct Listener {
    stream: AudioStream,
    blocks: SlotReader<AudioBlock>,
    events: AudioEvents,
}

impl Listener {
    fn try_start(daemon: &Daemon, sound: Sound) -> Result<Listener, CaptureError> {
        let (writer, hub) = SlotWriter::new();
        let blocks = hub.subscribe(500);
        let (sender, events) = async_channel::bounded(16);
        let request = AudioRequest {
            remote: daemon.remote(),
            sound,
            records: Some(daemon.records()),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let stream = runtime.block_on(AudioStream::start(request, writer, sender))?;
        Ok(Listener {
            stream,
            blocks,
            events,
        })
    }

    fn start(daemon: &Daemon, sound: Sound) -> Listener {
        Listener::try_start(daemon, sound).unwrap()
    }

    fn block(&self) -> AudioBlock {
        match self.blocks.take_until(Some(Instant::now() + PATIENCE)) {
            Next::Item(block) => block,
            other => panic!("no sound but {other:?}"),
        }
    }

    /// A tenth of a second from now on, left channel.
    fn sound(&self) -> Vec<f32> {
        while self.blocks.try_take().is_some() {}
        let mut samples = Vec::new();
        while samples.len() < 4800 {
            let block = self.block();
            samples.extend(block.samples.iter().step_by(AUDIO_CHANNELS));
        }
        samples
    }

    /// Waits until the tone of `hz` is heard and `not` is not.
    fn hears(&self, hz: f32, not: f32) {
        let rate = AUDIO_RATE as f32;
        wait_for(&format!("a tone of {hz} Hz without {not} Hz"), || {
            let sound = self.sound();
            let (there, absent) = (amplitude(&sound, hz, rate), amplitude(&sound, not, rate));
            (there > 0.2 && absent < 0.02).then_some(())
        });
    }
}

fn tv() -> Sound {
    Sound::VirtualOutput {
        device: "Living room".to_owned(),
    }
}

const TV: &str = "telecast.living-room";

#[test]
fn the_default_outputs_sound_is_captured_also_after_the_default_changes() {
    let daemon = Daemon::start();
    daemon.null_sink("one");
    daemon.null_sink("two");
    daemon.make_default("one");
    let _one = daemon.play(1000.0, "A", Some("one"), false);
    let _two = daemon.play(600.0, "B", Some("two"), false);
    let listener = Listener::start(&daemon, Sound::DefaultOutput);
    listener.hears(1000.0, 600.0);
    assert_eq!(listener.events.try_recv(), Ok(AudioEvent::Started));
    daemon.make_default("two");
    listener.hears(600.0, 1000.0);
    daemon.make_default("one");
    listener.hears(1000.0, 600.0);
}

#[test]
fn blocks_are_continuous_and_on_the_monotonic_clock() {
    let daemon = Daemon::start();
    daemon.null_sink("one");
    daemon.make_default("one");
    let _one = daemon.play(1000.0, "A", Some("one"), false);
    let listener = Listener::start(&daemon, Sound::DefaultOutput);
    listener.hears(1000.0, 600.0);
    let mut end: Option<Instant> = None;
    let mut frames = 0;
    while frames < AUDIO_RATE as usize {
        let block = listener.block();
        let count = block.samples.len() / AUDIO_CHANNELS;
        if let Some(end) = end.filter(|_| block.lost == 0) {
            let off = block.captured.max(end) - block.captured.min(end);
            assert!(off < Duration::from_millis(2), "{off:?}");
        }
        let age = Instant::now().saturating_duration_since(block.captured);
        assert!(age < Duration::from_secs(1), "{age:?}");
        frames += count;
        let nanos = count as u64 * 1_000_000_000 / u64::from(AUDIO_RATE);
        end = Some(block.captured + Duration::from_nanos(nanos));
    }
    assert_eq!(listener.blocks.dropped(), 0);
}

#[test]
fn the_virtual_output_is_the_default_for_the_time_of_the_cast() {
    let daemon = Daemon::start();
    daemon.null_sink("speakers");
    daemon.make_default("speakers");
    let listener = Listener::start(&daemon, tv());
    daemon.wait_default(TV);
    let nodes = daemon.dump();
    let described = |object: &serde_json::Value| {
        let properties = &object["info"]["props"];
        properties["node.name"] == TV && properties["node.description"] == "Living room"
    };
    assert!(nodes.iter().any(described));
    assert_eq!(fs::read_dir(daemon.records()).unwrap().count(), 1);
    let _player = daemon.play(1000.0, "A", None, false);
    listener.hears(1000.0, 600.0);
    drop(listener.stream);
    daemon.wait_default("speakers");
    assert_eq!(daemon.configured_sink().as_deref(), Some("speakers"));
    assert!(!daemon.has_node(TV));
    assert_eq!(fs::read_dir(daemon.records()).unwrap().count(), 0);
    let mut last = None;
    while let Ok(event) = listener.events.try_recv() {
        last = Some(event);
    }
    assert_eq!(last, Some(AudioEvent::Ended(CaptureEnd::Stopped)));
}

#[test]
fn the_virtual_output_brings_silence_when_nothing_plays() {
    let daemon = Daemon::start();
    daemon.null_sink("speakers");
    let listener = Listener::start(&daemon, tv());
    daemon.wait_default(TV);
    let before = Instant::now();
    let mut frames = 0;
    while frames < AUDIO_RATE as usize / 2 {
        let block = listener.block();
        assert!(block.samples.iter().all(|sample| sample.abs() < 1e-6));
        frames += block.samples.len() / AUDIO_CHANNELS;
    }
    assert!(before.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_default_that_was_changed_during_the_cast_is_left_alone() {
    let daemon = Daemon::start();
    daemon.null_sink("speakers");
    daemon.null_sink("headphones");
    daemon.make_default("speakers");
    let listener = Listener::start(&daemon, tv());
    daemon.wait_default(TV);
    daemon.make_default("headphones");
    drop(listener);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(daemon.default_sink().as_deref(), Some("headphones"));
    assert_eq!(daemon.configured_sink().as_deref(), Some("headphones"));
    assert_eq!(fs::read_dir(daemon.records()).unwrap().count(), 0);
}

#[test]
fn after_a_crash_the_next_start_restores_the_default() {
    let daemon = Daemon::start();
    daemon.null_sink("speakers");
    daemon.null_sink("headphones");
    daemon.make_default("speakers");
    let listener = Listener::start(&daemon, tv());
    daemon.wait_default(TV);
    // What a crash leaves: the record and the setting, but no output.
    let record = daemon.records().join(format!("{TV}.json"));
    let left = fs::read(&record).unwrap();
    drop(listener);
    fs::write(&record, left).unwrap();
    daemon.configure(TV);
    wait_for("the setting", || {
        (daemon.configured_sink().as_deref() == Some(TV)).then_some(())
    });
    repair_default_output(daemon.remote(), Some(daemon.records())).unwrap();
    assert_eq!(daemon.configured_sink().as_deref(), Some("speakers"));
    daemon.wait_default("speakers");
    assert!(!record.exists());

    // The same, but the next start is a cast to the same device.
    fs::write(
        &record,
        format!("{{\"sink\":\"{TV}\",\"previous\":\"headphones\"}}"),
    )
    .unwrap();
    daemon.configure(TV);
    wait_for("the setting", || {
        (daemon.configured_sink().as_deref() == Some(TV)).then_some(())
    });
    let listener = Listener::start(&daemon, tv());
    daemon.wait_default(TV);
    drop(listener);
    daemon.wait_default("headphones");
}

#[test]
fn the_default_is_restored_although_the_record_was_lost() {
    let daemon = Daemon::start();
    daemon.null_sink("speakers");
    daemon.make_default("speakers");
    let listener = Listener::start(&daemon, tv());
    daemon.wait_default(TV);
    fs::remove_dir_all(daemon.records()).unwrap();
    drop(listener);
    daemon.wait_default("speakers");
    assert_eq!(daemon.configured_sink().as_deref(), Some("speakers"));
}

#[test]
fn the_repair_leaves_a_running_cast_alone() {
    let daemon = Daemon::start();
    daemon.null_sink("speakers");
    daemon.make_default("speakers");
    let listener = Listener::start(&daemon, tv());
    daemon.wait_default(TV);
    repair_default_output(daemon.remote(), Some(daemon.records())).unwrap();
    assert_eq!(daemon.configured_sink().as_deref(), Some(TV));
    assert_eq!(fs::read_dir(daemon.records()).unwrap().count(), 1);
    drop(listener);
    daemon.wait_default("speakers");
}

#[test]
fn only_the_chosen_applications_sound_is_captured() {
    let daemon = Daemon::start();
    daemon.null_sink("speakers");
    daemon.make_default("speakers");
    let _other = daemon.play(600.0, "Other", None, false);
    let first = daemon.play(1000.0, "Player", None, false);
    wait_for("the players", || {
        let count = daemon
            .dump()
            .iter()
            .filter(|object| object["info"]["props"]["media.class"] == "Stream/Output/Audio")
            .count();
        (count == 2).then_some(())
    });
    let name = "player".to_owned();
    let listener = Listener::start(&daemon, Sound::Application { name });
    listener.hears(1000.0, 600.0);
    // It ends and comes again: linked as soon as it is there.
    drop(first);
    let _second = daemon.play(1500.0, "Player", None, false);
    listener.hears(1500.0, 1000.0);
}

#[test]
fn sound_of_the_own_process_tree_is_not_captured() {
    let daemon = Daemon::start();
    daemon.null_sink("speakers");
    daemon.make_default("speakers");
    let _own = daemon.play(600.0, "Player", None, true);
    let _foreign = daemon.play(1000.0, "Player", None, false);
    wait_for("the players", || {
        let count = daemon
            .dump()
            .iter()
            .filter(|object| object["info"]["props"]["media.class"] == "Stream/Output/Audio")
            .count();
        (count == 2).then_some(())
    });
    let name = "Player".to_owned();
    let listener = Listener::start(&daemon, Sound::Application { name });
    listener.hears(1000.0, 600.0);
}

#[test]
fn an_application_that_does_not_run_is_an_error() {
    let daemon = Daemon::start();
    let name = "Nobody".to_owned();
    let result = Listener::try_start(&daemon, Sound::Application { name });
    assert!(
        matches!(&result, Err(CaptureError::NoSuchApplication(name)) if name == "Nobody"),
        "{:?}",
        result.err()
    );
}

#[test]
fn without_a_daemon_there_is_no_sound_and_a_clear_error() {
    let daemon = Daemon::start();
    daemon.kill();
    wait_for("the end of the daemon", || {
        std::os::unix::net::UnixStream::connect(daemon.socket())
            .is_err()
            .then_some(())
    });
    let result = Listener::try_start(&daemon, Sound::DefaultOutput);
    assert!(
        matches!(&result, Err(CaptureError::NoPipeWire)),
        "{:?}",
        result.err()
    );
}

#[test]
fn the_end_of_the_daemon_ends_the_sound() {
    let daemon = Daemon::start();
    daemon.null_sink("speakers");
    let listener = Listener::start(&daemon, tv());
    daemon.wait_default(TV);
    daemon.kill();
    let mut last = None;
    while let Ok(event) = listener.events.recv_blocking() {
        last = Some(event);
    }
    assert_eq!(last, Some(AudioEvent::Ended(CaptureEnd::PipeWireGone)));
}
