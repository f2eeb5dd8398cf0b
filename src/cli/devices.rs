// SPDX-License-Identifier: GPL-3.0-or-later
//! `telecast devices`: the Cast devices on the network, as a table or as JSON.

use std::time::Duration;

use serde::Serialize;

use super::args::DevicesArguments;
use super::print;
use crate::engine::{Device, Engine, EngineOptions};
use crate::words;

/// A device in the JSON of `devices --json`. The keys are stable: scripts depend on them.
#[derive(Debug, Serialize)]
struct Row<'a> {
    id: &'a str,
    name: &'a str,
    model: &'a str,
    kind: &'static str,
    capabilities: u64,
    addresses: Vec<String>,
    status: &'a str,
    busy: bool,
}

impl<'a> Row<'a> {
    fn of(device: &'a Device) -> Row<'a> {
        Row {
            id: &device.id,
            name: &device.name,
            model: &device.model,
            kind: device.kind.as_str(),
            capabilities: device.capabilities.0,
            addresses: device.endpoints.iter().map(ToString::to_string).collect(),
            status: &device.status,
            busy: device.busy,
        }
    }
}

/// Looks for as long as asked, then prints what there is. None found is not a failure.
pub async fn run(arguments: &DevicesArguments) -> anyhow::Result<()> {
    let engine = Engine::start(EngineOptions::default());
    tokio::time::sleep(Duration::from_secs_f64(arguments.timeout)).await;
    let devices = engine.devices().borrow().clone();
    let problem = engine.discovery_problem();
    engine.shut_down().await;
    if let Some(problem) = problem {
        anyhow::bail!(words::search_failed(&problem));
    }
    if arguments.json {
        let rows: Vec<_> = devices.iter().map(Row::of).collect();
        print::line(&serde_json::to_string_pretty(&rows)?)?;
    } else {
        for line in table(&devices) {
            print::line(&line)?;
        }
        if devices.is_empty() {
            print::note(&words::no_devices());
        }
    }
    Ok(())
}

fn table(devices: &[Device]) -> Vec<String> {
    let width = devices
        .iter()
        .map(|device| device.name.chars().count())
        .max()
        .unwrap_or(0);
    let row = |device: &Device| {
        let address = device.best().map(ToString::to_string).unwrap_or_default();
        let about = if device.status.is_empty() {
            &device.model
        } else {
            &device.status
        };
        let line = format!(
            "{:width$}  {:7}  {address:24}  {about}",
            device.name,
            device.kind.as_str()
        );
        line.trim_end().to_owned()
    };
    devices.iter().map(row).collect()
}
