// SPDX-License-Identifier: GPL-3.0-or-later
//! The test card's sound on this computer's own output: each sample is heard at the moment that it names.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::clock;
use crate::decode::audio::Sound;
use crate::decode::player::Player;
use crate::testcard::sound;

const RATE: u32 = 48_000;
const CHANNELS: u32 = 2;
/// Length of one block.
const BLOCK: Duration = Duration::from_millis(50);
/// How long before its time a block is handed over: more than a sink keeps, less than a player queues.
const LEAD: Duration = Duration::from_millis(400);

/// The sound, for as long as this is kept.
#[derive(Debug)]
pub struct TestSound {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Plays the test card's sound; `None` when this computer cannot play any.
pub fn play_test_sound() -> Option<TestSound> {
    let mut player = Player::start()
        .inspect_err(|error| tracing::warn!(%error, "no sound"))
        .ok()?;
    let (stop, stopped) = mpsc::channel();
    let play = move || {
        let mut next = clock::monotonic() + LEAD;
        loop {
            let mut samples =
                vec![0.0; RATE as usize * CHANNELS as usize * BLOCK.as_millis() as usize / 1000];
            sound::fill(&mut samples, CHANNELS as usize, RATE, next);
            player.play(
                &Sound {
                    rate: RATE,
                    channels: CHANNELS,
                    samples,
                },
                clock::instant_of(next),
            );
            next += BLOCK;
            let wait = next.saturating_sub(LEAD).saturating_sub(clock::monotonic());
            if !matches!(stopped.recv_timeout(wait), Err(RecvTimeoutError::Timeout)) {
                return;
            }
        }
    };
    let thread = thread::Builder::new()
        .name("test-sound".to_owned())
        .spawn(play);
    let thread = thread
        .inspect_err(|error| tracing::warn!(%error, "no sound"))
        .ok()?;
    Some(TestSound {
        stop: Some(stop),
        thread: Some(thread),
    })
}

impl Drop for TestSound {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::warn!("the thread of the test sound failed");
        }
    }
}
