// SPDX-License-Identifier: GPL-3.0-or-later
//! `telecast mirror` where an engine runs in this session already: that one casts, and this shows what it does, until the
//! cast ends or is interrupted. Looks the same as a cast of its own.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior};

use super::args::{MirrorArguments, StatsFormat};
use super::control::in_words;
use super::print;
use super::signals::Signals;
use super::terminal;
use super::trust::is_yes;
use crate::dbus::{CastOptions, Client, RemoteDevice};
use crate::engine::MirrorRequest;
use crate::words;

/// How often numbers are printed.
const NUMBERS: Duration = Duration::from_secs(1);

/// How a cast is followed.
struct Following<'a> {
    client: Client,
    arguments: &'a MirrorArguments,
    /// What was said last of its state.
    said: String,
    /// The question that is being asked, or was.
    asked: Option<(String, String)>,
    /// The time that was printed last.
    printed: f64,
    /// How long it may still run, from the first frame on; nothing when that is over.
    limit: Option<Duration>,
    deadline: Option<Instant>,
}

/// What is next to do.
enum Turn {
    GoOn,
    Over,
}

/// Has `client` cast, and follows that.
pub async fn run(
    client: Client,
    arguments: &MirrorArguments,
    request: &MirrorRequest,
    signals: &mut Signals,
) -> anyhow::Result<()> {
    // Before the cast begins, so that nothing is missed.
    let mut changes = client.changes().await.map_err(in_words)?;
    let options = CastOptions::of(request);
    let path = tokio::select! {
        begun = client.cast(&arguments.device, &options) => begun.map_err(in_words)?,
        () = signals.next() => return Ok(()),
    };
    let mut following = Following {
        client,
        arguments,
        said: String::new(),
        asked: None,
        printed: 0.0,
        limit: arguments.duration.map(Duration::from_secs_f64),
        deadline: None,
    };
    let mut numbers = tokio::time::interval(NUMBERS);
    numbers.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stopping = false;
    loop {
        let device = following.client.device(&path).await.map_err(in_words)?;
        let Some(device) = device.filter(RemoteDevice::has_cast) else {
            // Nothing is left of a cast that somebody ended.
            print::note(&words::bus::was_stopped());
            return Ok(());
        };
        if matches!(following.look(&device).await?, Turn::Over) {
            return Ok(());
        }
        tokio::select! {
            there = changes.next() => if !there {
                anyhow::bail!(words::bus::engine_gone());
            },
            _ = numbers.tick(), if device.is_casting() => following.print(&device).await?,
            () = at(following.deadline) => {
                following.deadline = None;
                following.client.stop(&path).await.map_err(in_words)?;
            }
            () = signals.next() => {
                // Asked twice: the user does not want to wait.
                if std::mem::replace(&mut stopping, true) {
                    return Ok(());
                }
                following.client.stop(&path).await.map_err(in_words)?;
            }
        }
    }
}

impl Following<'_> {
    /// Says what is new.
    async fn look(&mut self, device: &RemoteDevice) -> anyhow::Result<Turn> {
        if !device.is_casting() {
            if let Some(sentence) = device.failure() {
                anyhow::bail!(sentence.to_owned());
            }
            if let Some((_, sentence)) = &device.error {
                print::note(sentence);
            }
            return Ok(Turn::Over);
        }
        if self.said != device.state_text {
            self.said.clone_from(&device.state_text);
            print::note(&device.state_text);
        }
        if device.is_streaming()
            && let Some(limit) = self.limit.take()
        {
            self.deadline = Some(Instant::now() + limit);
        }
        if device.question.is_some() && self.asked != device.question {
            self.asked.clone_from(&device.question);
            self.ask(device).await?;
        }
        Ok(Turn::GoOn)
    }

    /// Asks about a device that nobody known has certified, where somebody can be asked.
    async fn ask(&self, device: &RemoteDevice) -> anyhow::Result<()> {
        let Some((key, sentence)) = device.question.clone() else {
            return Ok(());
        };
        if !terminal::is_there() {
            print::note(&words::bus::nobody_here(&sentence));
            let stopped = self.client.answer_trust(&device.path, false).await;
            return stopped.map_err(in_words);
        }
        let words = words::bus::ask_here(&sentence, &key);
        let typed = tokio::task::spawn_blocking(move || terminal::ask(&words, || false)).await?;
        let yes = typed?.is_some_and(|line| is_yes(&line));
        let answered = self.client.answer_trust(&device.path, yes).await;
        answered.map_err(in_words)
    }

    async fn print(&mut self, device: &RemoteDevice) -> anyhow::Result<()> {
        if self.arguments.stats == StatsFormat::None {
            return Ok(());
        }
        // Between the two questions it may have ended, which the next look tells.
        let Ok((json, stats)) = self.client.statistics(&device.path).await else {
            return Ok(());
        };
        if stats.uptime_s <= self.printed {
            return Ok(());
        }
        self.printed = stats.uptime_s;
        let printed = print::numbers(self.arguments.stats, &json, || words::sending(&stats));
        if let Err(error) = printed {
            self.client.stop(&device.path).await.map_err(in_words)?;
            return Err(error.into());
        }
        Ok(())
    }
}

async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
