// SPDX-License-Identifier: GPL-3.0-or-later
//! PipeWire audio streams: what an output plays, what goes into a virtual output, or what one application plays.
//!
//! Input: a [`Sound`]. Output: `AudioBlock`s (48 kHz stereo, converted by PipeWire) into a slot, and `AudioEvent`s. On a
//! thread of its own, which restores the default output before it ends. It never captures nodes of this process or of
//! processes that it has started when it captures an application; an output's monitor carries whatever is played there.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use async_channel::Sender;

use super::connection::{Connection, Remote};
use super::registry::GraphWatch;
use super::thread::StreamThread;
use crate::capture::error::{CaptureEnd, CaptureError};
use crate::capture::frame::AudioBlock;
use crate::capture::slot::SlotWriter;
use crate::capture::source::{AudioEvent, Running};

mod claim;
mod format;
mod output;
mod state;
mod timeline;

/// How long a daemon may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Which sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sound {
    /// What the default output plays, whichever that is at the time.
    DefaultOutput,
    /// What goes into a virtual output, which is the default one as long as the stream runs.
    VirtualOutput {
        /// Its name in the sound settings.
        device: String,
    },
    /// What one application plays.
    Application {
        /// Its name, or its binary's; upper and lower case are the same.
        name: String,
    },
}

/// A sound and where to find it.
#[derive(Debug)]
pub struct AudioRequest {
    /// The daemon.
    pub remote: Remote,
    /// The sound.
    pub sound: Sound,
    /// Where it is remembered which output was the default one; `None`: in the user's state folder.
    pub records: Option<PathBuf>,
}

/// What the stream's thread is told.
#[derive(Debug)]
struct End(CaptureEnd);

/// A running stream; dropping it restores the default output, ends and joins the thread.
pub struct AudioStream {
    // A mutex only because the channel's sender is not `Sync`.
    commands: Mutex<::pipewire::channel::Sender<End>>,
    thread: StreamThread,
}

impl std::fmt::Debug for AudioStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AudioStream").finish_non_exhaustive()
    }
}

impl AudioStream {
    /// Connects and starts. Blocks go to `blocks`, events to `events`; both are closed when the stream ends.
    pub async fn start(
        request: AudioRequest,
        blocks: SlotWriter<AudioBlock>,
        events: Sender<AudioEvent>,
    ) -> Result<Self, CaptureError> {
        let (commands, inbox) = ::pipewire::channel::channel();
        let records = request.records.or_else(output::default_folder);
        let (thread, started) = StreamThread::start(
            "pw-audio",
            move || {
                let connection = Connection::open(request.remote)?;
                state::connect(connection, request.sound, records, blocks, events)
            },
            |stream| stream.run(inbox),
        )?;
        let stream = AudioStream {
            commands: Mutex::new(commands),
            thread,
        };
        started.wait().await?;
        Ok(stream)
    }
}

impl Running for AudioStream {}

impl Drop for AudioStream {
    fn drop(&mut self) {
        let commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        if commands.send(End(CaptureEnd::Stopped)).is_err() {
            tracing::debug!("the audio stream has ended already");
        }
        drop(commands);
        self.thread.join();
    }
}

/// Restores what a crashed cast has left: the default output that it had changed. Call it once at the start of the
/// program; a cast with a virtual output does it too. Blocks for some milliseconds, at most for some seconds.
pub fn repair_default_output(remote: Remote, records: Option<PathBuf>) -> Result<(), CaptureError> {
    let Some(folder) = records.or_else(output::default_folder) else {
        return Ok(());
    };
    let left = output::read_all(&folder);
    if left.is_empty() {
        return Ok(());
    }
    // The loop belongs to the thread that makes it, which may not be one that a runtime shares.
    let thread = thread::Builder::new()
        .name("pw-repair".to_owned())
        .spawn(move || {
            let connection = Connection::open(remote)?;
            let watch = GraphWatch::new(&connection)?;
            if !(connection.round_trip(PATIENCE) && connection.round_trip(PATIENCE)) {
                return Err(CaptureError::NoPipeWire);
            }
            claim::repair(&watch, &folder, &left);
            connection.round_trip(PATIENCE);
            Ok(())
        })?;
    thread.join().unwrap_or(Err(CaptureError::NoPipeWire))
}
