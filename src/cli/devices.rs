// SPDX-License-Identifier: GPL-3.0-or-later
//! `telecast devices`: the Cast devices on the network, as a table or as JSON.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use serde::Serialize;

use super::args::DevicesArguments;
use super::left_behind::Teller;
use super::print::{self, OutputError};
use crate::engine::{Device, Engine, EngineOptions, Remembered};
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
    trust: Option<&'a str>,
}

impl<'a> Row<'a> {
    fn of(device: &'a Device, remembered: Option<&'a Remembered>) -> Row<'a> {
        Row {
            id: &device.id,
            name: &device.name,
            model: &device.model,
            kind: device.kind.as_str(),
            capabilities: device.capabilities.0,
            addresses: device.endpoints.iter().map(ToString::to_string).collect(),
            status: &device.status,
            busy: device.busy,
            trust: remembered.map(|known| known.verdict.as_str()),
        }
    }
}

/// Looks for as long as asked. Lines come when devices do; JSON comes at the end. None found is not a failure.
pub async fn run(arguments: &DevicesArguments) -> anyhow::Result<()> {
    let engine = Engine::start(EngineOptions::default());
    let remembered = engine.remembered();
    let mut list = engine.devices();
    let mut left = engine.left_behind();
    let mut teller = Teller::default();
    let mut table = Table::default();
    let end = tokio::time::sleep(Duration::from_secs_f64(arguments.timeout));
    tokio::pin!(end);
    loop {
        let devices = list.borrow_and_update().clone();
        if !arguments.json {
            let reachable = devices.iter().filter(|device| device.best().is_some());
            table.print(reachable, &remembered)?;
        }
        tokio::select! {
            () = &mut end => break,
            Ok(()) = list.changed() => {}
            Ok(()) = left.changed() => teller.say(&left.borrow_and_update()),
        }
    }
    let devices = list.borrow().clone();
    let problem = engine.discovery_problem();
    engine.shut_down().await;
    if let Some(problem) = problem {
        anyhow::bail!(words::search_failed(&problem));
    }
    if arguments.json {
        let rows: Vec<_> = devices
            .iter()
            .map(|device| Row::of(device, remembered.get(&device.id)))
            .collect();
        print::line(&serde_json::to_string_pretty(&rows)?)?;
    } else {
        table.print(devices.iter(), &remembered)?;
        if table.shown.is_empty() {
            print::note(&words::no_devices());
        }
    }
    Ok(())
}

/// Lines for people. Each device has one, the way it was when it came.
#[derive(Debug, Default)]
struct Table {
    /// Ids of the devices that have their line.
    shown: HashSet<String>,
    /// Of the names' column, in characters; only grows.
    width: usize,
}

impl Table {
    /// The column's width before any longer name is known.
    const WIDTH: usize = 24;

    fn print<'a>(
        &mut self,
        devices: impl Iterator<Item = &'a Device>,
        remembered: &BTreeMap<String, Remembered>,
    ) -> Result<(), OutputError> {
        self.news(devices, remembered)
            .iter()
            .try_for_each(|line| print::line(line))
    }

    /// The lines of those that have none yet.
    fn news<'a>(
        &mut self,
        devices: impl Iterator<Item = &'a Device>,
        remembered: &BTreeMap<String, Remembered>,
    ) -> Vec<String> {
        let new: Vec<_> = devices
            .filter(|device| self.shown.insert(device.id.clone()))
            .collect();
        let longest = new.iter().map(|device| device.name.chars().count()).max();
        self.width = self.width.max(Self::WIDTH).max(longest.unwrap_or(0));
        new.into_iter()
            .map(|device| line(device, remembered.get(&device.id), self.width))
            .collect()
    }
}

fn line(device: &Device, remembered: Option<&Remembered>, width: usize) -> String {
    let address = device.best().map(ToString::to_string).unwrap_or_default();
    let about = if device.status.is_empty() {
        &device.model
    } else {
        &device.status
    };
    // Of what was never cast to, nothing is known.
    let trust = remembered.map_or_else(String::new, |known| format!("  [{}]", known.verdict));
    let line = format!(
        "{:width$}  {:7}  {address:24}  {about}{trust}",
        device.name,
        device.kind.as_str()
    );
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Instant;

    use super::*;

    fn device(id: &str, name: &str, status: &str) -> Device {
        let address: SocketAddr = "192.0.2.1:8009".parse().expect("an address");
        let endpoints = vec![address.into()];
        Device {
            model: "Nest Hub".to_owned(),
            status: status.to_owned(),
            ..Device::unannounced(id.to_owned(), name.to_owned(), endpoints, Instant::now())
        }
    }

    #[test]
    fn each_device_gets_one_line_when_it_comes_and_none_when_it_changes() {
        let (mut table, none) = (Table::default(), BTreeMap::new());
        let kitchen = device("a", "Kitchen", "");
        let lines = table.news([&kitchen].into_iter(), &none);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with("Kitchen "), "{lines:?}");
        assert!(lines[0].ends_with("Nest Hub"), "{lines:?}");
        let busy = device("a", "Kitchen", "Backdrop");
        let bath = device("b", "Bath", "");
        let lines = table.news([&bath, &busy].into_iter(), &none);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with("Bath "), "{lines:?}");
        assert!(table.news([&bath, &busy].into_iter(), &none).is_empty());
    }

    #[test]
    fn columns_stay_in_line_unless_a_name_is_very_long() {
        let (mut table, none) = (Table::default(), BTreeMap::new());
        let column = |line: &str| line.find("tv").expect("the kind");
        let (short, other) = (device("a", "TV", ""), device("b", "Kitchen", ""));
        let first = table.news([&short].into_iter(), &none);
        let second = table.news([&other].into_iter(), &none);
        assert_eq!(column(&first[0]), column(&second[0]));
        let long = device("c", &"x".repeat(40), "");
        assert_eq!(column(&table.news([&long].into_iter(), &none)[0]), 42);
    }
}
