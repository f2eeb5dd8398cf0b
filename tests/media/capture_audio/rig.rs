// SPDX-License-Identifier: GPL-3.0-or-later
//! What the tests of captured sound stand on: a daemon with outputs and players, and a capture that listens.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use telecast::capture::error::CaptureError;
use telecast::capture::frame::{AUDIO_CHANNELS, AUDIO_RATE, AudioBlock};
use telecast::capture::pipewire::Remote;
use telecast::capture::pipewire::audio::{AudioRequest, AudioStream, Sound};
use telecast::capture::slot::{Next, SlotReader, SlotWriter};
use telecast::capture::source::AudioEvents;
use telecast::testcard::sound::amplitude;

use crate::pipewire_daemon::{Daemon, PATIENCE, wait_for};

/// The name of the virtual output.
pub const TV: &str = "telecast.living-room";

impl Daemon {
    /// One with these null sinks, of which the first is the default output.
    pub fn with_sinks(names: &[&str]) -> Daemon {
        let daemon = Daemon::start();
        for name in names {
            daemon.null_sink(name);
        }
        daemon.make_default(names[0]);
        daemon
    }

    pub fn remote(&self) -> Remote {
        Remote::Socket(self.socket().into())
    }

    pub fn records(&self) -> PathBuf {
        self.folder.join("records")
    }

    pub fn null_sink(&self, name: &str) {
        let properties = format!(
            "{{ factory.name=support.null-audio-sink node.name={name} media.class=Audio/Sink \
             object.linger=true audio.position=[FL FR] }}"
        );
        self.tool("pw-cli", &["create-node", "adapter", &properties])
            .unwrap();
        wait_for("the null sink", || self.has_node(name).then_some(()));
    }

    pub fn has_node(&self, name: &str) -> bool {
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

    pub fn default_sink(&self) -> Option<String> {
        self.setting("default.audio.sink")
    }

    pub fn configured_sink(&self) -> Option<String> {
        self.setting("default.configured.audio.sink")
    }

    pub fn configure(&self, name: &str) {
        let value = format!("{{\"name\":\"{name}\"}}");
        let key = "default.configured.audio.sink";
        self.tool("pw-metadata", &["0", key, &value, "Spa:String:JSON"])
            .unwrap();
    }

    pub fn make_default(&self, name: &str) {
        self.configure(name);
        self.wait_default(name);
    }

    pub fn wait_default(&self, name: &str) {
        wait_for(&format!("{name} to be the default"), || {
            (self.default_sink().as_deref() == Some(name)).then_some(())
        });
    }

    /// Waits until the setting says so, whatever the default is.
    pub fn wait_configured(&self, name: &str) {
        wait_for("the setting", || {
            (self.configured_sink().as_deref() == Some(name)).then_some(())
        });
    }

    /// How many casts have written down which output was the default one.
    pub fn recorded(&self) -> usize {
        fs::read_dir(self.records()).unwrap().count()
    }

    /// Waits until so many applications play.
    pub fn wait_players(&self, count: usize) {
        let is_player = |object: &&serde_json::Value| {
            object["info"]["props"]["media.class"] == "Stream/Output/Audio"
        };
        wait_for("the players", || {
            let players = self.dump().iter().filter(is_player).count();
            (players == count).then_some(())
        });
    }

    /// Plays a tone for some seconds; in a process that is not ours unless `child`.
    pub fn play(&self, hz: f32, name: &str, target: Option<&str>, child: bool) -> Player {
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

/// What plays a tone; it is killed at the end.
pub struct Player(u32);

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

/// A running capture.
pub struct Listener {
    pub stream: AudioStream,
    pub blocks: SlotReader<AudioBlock>,
    pub events: AudioEvents,
}

impl Listener {
    pub fn try_start(daemon: &Daemon, sound: Sound) -> Result<Listener, CaptureError> {
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

    pub fn start(daemon: &Daemon, sound: Sound) -> Listener {
        Listener::try_start(daemon, sound).unwrap()
    }

    /// Of a cast's virtual output, which is the default one by then.
    pub fn start_tv(daemon: &Daemon) -> Listener {
        let device = "Living room".to_owned();
        let listener = Listener::start(daemon, Sound::VirtualOutput { device });
        daemon.wait_default(TV);
        listener
    }

    /// Of the application of this name.
    pub fn try_application(daemon: &Daemon, name: &str) -> Result<Listener, CaptureError> {
        let name = name.to_owned();
        Listener::try_start(daemon, Sound::Application { name })
    }

    pub fn block(&self) -> AudioBlock {
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
    pub fn hears(&self, hz: f32, not: f32) {
        let rate = AUDIO_RATE as f32;
        wait_for(&format!("a tone of {hz} Hz without {not} Hz"), || {
            let sound = self.sound();
            let (there, absent) = (amplitude(&sound, hz, rate), amplitude(&sound, not, rate));
            (there > 0.2 && absent < 0.02).then_some(())
        });
    }
}
