// SPDX-License-Identifier: GPL-3.0-or-later
//! Casts that were cut off and that their devices still show: said once each, and ended by `telecast stop`.

use std::collections::BTreeSet;
use std::time::Duration;

use super::print;
use crate::engine::{AllLeftBehind, CommandError, Engine, EngineOptions, LeftBehind};
use crate::words;

/// How long devices are asked for what is left there.
const LOOK: Duration = Duration::from_secs(10);

/// Says what was left behind, and nothing twice.
#[derive(Debug, Default)]
pub struct Teller(BTreeSet<String>);

impl Teller {
    /// Says what was not said yet.
    pub fn say(&mut self, all: &AllLeftBehind) {
        for left in &all.found {
            if self.0.insert(left.device.clone()) {
                print::note(&words::left_behind_line(&left.name));
            }
        }
    }
}

/// Ends what is left of a cast on the device that `query` means; whether anything was.
pub async fn stop(query: &str) -> anyhow::Result<bool> {
    let engine = Engine::start(EngineOptions::default());
    let found = tokio::time::timeout(LOOK, find(&engine, query)).await;
    let stopped = match found.ok().flatten() {
        Some(left) => match engine.stop_left_behind(&left.device).await {
            Ok(()) | Err(CommandError::NotCasting(_)) => Ok(true),
            Err(_) => Err(anyhow::anyhow!(words::still_there(&left.name))),
        },
        None => Ok(false),
    };
    engine.shut_down().await;
    stopped
}

async fn find(engine: &Engine, query: &str) -> Option<LeftBehind> {
    let mut all = engine.left_behind();
    loop {
        let now = all.borrow_and_update().clone();
        let named = |left: &LeftBehind| (left.device.clone(), left.name.clone());
        let found = super::control::pick(&now.found, query, named).cloned();
        if found.is_some() || !now.looking || all.changed().await.is_err() {
            return found;
        }
    }
}
