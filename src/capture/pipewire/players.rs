// SPDX-License-Identifier: GPL-3.0-or-later
//! The applications that play sound, as they come and go. Output: their names into a watch channel. On a thread of its own,
//! which sleeps while nothing changes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::connection::{Connection, Remote};
use super::graph::{descends, parent_of};
use super::registry::GraphWatch;
use super::thread::StreamThread;
use crate::capture::error::CaptureError;

/// How long a daemon may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The thread is to end.
#[derive(Debug)]
struct End;

/// Follows the applications until it is dropped, which joins the thread.
pub struct Players {
    // A mutex only because the channel's sender is not `Sync`.
    commands: Mutex<::pipewire::channel::Sender<End>>,
    thread: StreamThread,
}

impl std::fmt::Debug for Players {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Players").finish_non_exhaustive()
    }
}

impl Players {
    /// Connects, and tells the names from now on: sorted, without this process and what it has started.
    pub async fn start(
        remote: Remote,
        names: watch::Sender<Arc<[String]>>,
    ) -> Result<Self, CaptureError> {
        let (commands, inbox) = ::pipewire::channel::channel();
        let (thread, started) = StreamThread::start(
            "pw-players",
            move || {
                let connection = Connection::open(remote)?;
                let watch = GraphWatch::new(&connection)?;
                if !(connection.round_trip(PATIENCE) && connection.round_trip(PATIENCE)) {
                    return Err(CaptureError::NoPipeWire);
                }
                Ok((watch, connection))
            },
            move |(watch, connection)| run(&watch, &connection, inbox, &names),
        )?;
        let players = Players {
            commands: Mutex::new(commands),
            thread,
        };
        started.wait().await?;
        Ok(players)
    }
}

impl Drop for Players {
    fn drop(&mut self) {
        let commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        if commands.send(End).is_err() {
            tracing::debug!("nobody follows the applications any more");
        }
        drop(commands);
        self.thread.join();
    }
}

fn run(
    watch: &GraphWatch,
    connection: &Connection,
    inbox: ::pipewire::channel::Receiver<End>,
    names: &watch::Sender<Arc<[String]>>,
) {
    let main_loop = connection.main_loop.clone();
    let ended = std::rc::Rc::new(std::cell::Cell::new(false));
    let end = std::rc::Rc::clone(&ended);
    let inbox = inbox.attach(main_loop.loop_(), move |End| end.set(true));
    while !ended.get() && !connection.is_lost() {
        if watch.changed.replace(false) {
            let own = std::process::id();
            let playing = watch
                .graph
                .borrow()
                .players(|pid| descends(pid, own, parent_of));
            names.send_if_modified(|names| {
                let changed = **names != *playing;
                *names = playing.into();
                changed
            });
        }
        connection.iterate(None);
    }
    drop(inbox);
}
