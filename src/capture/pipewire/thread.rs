// SPDX-License-Identifier: GPL-3.0-or-later
//! The thread of a stream: PipeWire's loops and streams cannot leave the thread that made them.

use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use crate::capture::error::CaptureError;

/// A thread that makes a stream and then runs it.
#[derive(Debug)]
pub(super) struct StreamThread {
    name: &'static str,
    thread: Option<JoinHandle<()>>,
}

/// Told once the stream of a [`StreamThread`] is connected, or is not.
#[derive(Debug)]
pub(super) struct Started(oneshot::Receiver<Result<(), CaptureError>>);

impl StreamThread {
    /// Starts a thread in which `connect` makes the stream and `run` lasts as long as it. What `run` listens to must be
    /// told to end before [`Self::join`], also when [`Started`] is not waited for to its end.
    pub fn start<S>(
        name: &'static str,
        connect: impl FnOnce() -> Result<S, CaptureError> + Send + 'static,
        run: impl FnOnce(S) + Send + 'static,
    ) -> Result<(Self, Started), CaptureError> {
        let (ready, started) = oneshot::channel();
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let (stream, result) = match connect() {
                    Ok(stream) => (Some(stream), Ok(())),
                    Err(error) => (None, Err(error)),
                };
                match (ready.send(result), stream) {
                    (Ok(()), Some(stream)) => run(stream),
                    (Ok(()), None) => {}
                    (Err(_), _) => tracing::debug!(name, "nobody waits for the stream any more"),
                }
            })?;
        let thread = StreamThread {
            name,
            thread: Some(thread),
        };
        Ok((thread, Started(started)))
    }

    /// Waits for its end.
    pub fn join(&mut self) {
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(name = self.name, "a stream's thread panicked");
        }
    }
}

impl Started {
    /// Waits until the stream is connected.
    pub async fn wait(self) -> Result<(), CaptureError> {
        // A thread that dies without an answer has no PipeWire either.
        self.0.await.unwrap_or(Err(CaptureError::NoPipeWire))
    }
}
