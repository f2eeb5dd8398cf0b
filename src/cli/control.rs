// SPDX-License-Identifier: GPL-3.0-or-later
//! `telecast status`, `stop` and `volume`: what the engine of this session does, whoever runs it. Never starts one.

use serde::Serialize;
use serde_json::Value;

use super::args::{Loudness, StatusArguments, StopArguments, VolumeArguments};
use super::left_behind;
use super::print;
use crate::config::VERSION;
use crate::dbus::{BusError, Client, RemoteDevice};
use crate::words;

/// The object of `status --json`. The keys are stable: scripts depend on them.
#[derive(Debug, Serialize)]
struct Status<'a> {
    running: bool,
    version: &'static str,
    casts: Vec<Cast<'a>>,
}

/// A cast in it.
#[derive(Debug, Serialize)]
struct Cast<'a> {
    id: &'a str,
    name: &'a str,
    model: &'a str,
    state: &'a str,
    source: &'a str,
    audio: &'a str,
    quality: &'a str,
    paused: bool,
    latency_ms: u32,
    volume: Option<f64>,
    muted: Option<bool>,
    trust: Option<&'a str>,
    error: Option<Failure<'a>>,
    statistics: Option<Value>,
}

/// Why a cast ended.
#[derive(Debug, Serialize)]
struct Failure<'a> {
    code: &'a str,
    sentence: &'a str,
}

/// Says what is being cast, and what has ended by itself.
pub async fn status(arguments: &StatusArguments) -> anyhow::Result<()> {
    let client = Client::of_running_engine().await;
    let devices = match &client {
        Some(client) => client.devices().await.map_err(in_words)?,
        None => Vec::new(),
    };
    let casts: Vec<&RemoteDevice> = devices.iter().filter(|device| device.has_cast()).collect();
    if !arguments.json {
        for cast in &casts {
            print::line(&line(cast))?;
        }
        if casts.is_empty() {
            print::line(&words::bus::nothing_is_cast())?;
        }
        return Ok(());
    }
    let mut listed = Vec::new();
    for cast in casts {
        listed.push(Cast {
            statistics: match client.as_ref().filter(|_| cast.is_casting()) {
                // It may end at any moment.
                Some(client) => client
                    .statistics(&cast.path)
                    .await
                    .ok()
                    .map(|(json, _)| json),
                None => None,
            },
            ..of(cast)
        });
    }
    let status = Status {
        running: client.is_some(),
        version: VERSION,
        casts: listed,
    };
    print::line(&serde_json::to_string_pretty(&status)?)?;
    Ok(())
}

fn of(cast: &RemoteDevice) -> Cast<'_> {
    let known = Some(cast).filter(|cast| cast.volume_adjustable);
    Cast {
        id: &cast.id,
        name: &cast.name,
        model: &cast.model,
        state: &cast.state,
        source: &cast.source,
        audio: &cast.audio,
        quality: &cast.quality,
        paused: cast.paused,
        latency_ms: cast.latency_ms,
        volume: known.map(|cast| cast.volume),
        muted: known.map(|cast| cast.muted),
        trust: Some(cast.trust.as_str()).filter(|word| !word.is_empty()),
        error: cast
            .error
            .as_ref()
            .map(|(code, sentence)| Failure { code, sentence }),
        statistics: None,
    }
}

fn line(cast: &RemoteDevice) -> String {
    match &cast.error {
        Some((_, sentence)) if !cast.is_casting() => words::bus::ended_line(&cast.name, sentence),
        _ => {
            let volume = Some(cast.volume).filter(|_| cast.volume_adjustable && !cast.muted);
            words::bus::status_line(&cast.name, &cast.state_text, volume, cast.latency_ms)
        }
    }
}

/// Ends one cast or all of them.
pub async fn stop(arguments: &StopArguments) -> anyhow::Result<()> {
    let Some(query) = &arguments.device else {
        if let Some(client) = Client::of_running_engine().await {
            client.stop_all().await.map_err(in_words)?;
        }
        return Ok(());
    };
    match cast_to(Some(query)).await {
        Ok((client, device)) => client.stop(&device.path).await.map_err(in_words),
        // Or of one that was cut off.
        Err(_) if left_behind::stop(query).await? => Ok(()),
        Err(error) => Err(error),
    }
}

/// Changes the volume of one device.
pub async fn volume(arguments: &VolumeArguments) -> anyhow::Result<()> {
    let (client, device) = cast_to(arguments.device.as_deref()).await?;
    let level = match arguments.loudness {
        Loudness::Muted(muted) => {
            return client
                .set_muted(&device.path, muted)
                .await
                .map_err(in_words);
        }
        Loudness::To(level) => level,
        Loudness::By(change) => (device.volume + change).clamp(0.0, 1.0),
    };
    client
        .set_volume(&device.path, level)
        .await
        .map_err(in_words)
}

/// The device that is meant among those that are cast to.
async fn cast_to(query: Option<&str>) -> anyhow::Result<(Client, RemoteDevice)> {
    let nothing = || anyhow::anyhow!(words::bus::nothing_to_control());
    let client = Client::of_running_engine().await.ok_or_else(nothing)?;
    let devices = client.devices().await.map_err(in_words)?;
    let casts: Vec<RemoteDevice> = devices
        .into_iter()
        .filter(RemoteDevice::is_casting)
        .collect();
    if casts.is_empty() {
        return Err(nothing());
    }
    match query {
        Some(query) => match pick(&casts, query, named) {
            Some(device) => Ok((client, device.clone())),
            None => anyhow::bail!(words::bus::not_cast_to(query)),
        },
        None => match casts.as_slice() {
            [only] => Ok((client, only.clone())),
            _ => anyhow::bail!(words::bus::which_device()),
        },
    }
}

fn named(cast: &RemoteDevice) -> (String, String) {
    (cast.id.clone(), cast.name.clone())
}

/// The one that `query` means: by its id, its address, its name, or the beginning of one name alone. `named` gives id and
/// name of each.
pub(super) fn pick<'a, T>(
    all: &'a [T],
    query: &str,
    named: impl Fn(&T) -> (String, String),
) -> Option<&'a T> {
    let query = query.trim().to_lowercase();
    let lower = |one: &T| {
        let (id, name) = named(one);
        (id.to_lowercase(), name.to_lowercase())
    };
    let by = |matches: &dyn Fn(&str, &str) -> bool| {
        all.iter().find(|one| {
            let (id, name) = lower(one);
            matches(&id, &name)
        })
    };
    let beginning = || {
        let mut all = all.iter().filter(|one| lower(one).1.starts_with(&query));
        all.next().filter(|_| all.next().is_none())
    };
    by(&|id, _| id == query)
        .or_else(|| by(&|id, _| id.strip_prefix("manual:") == Some(&query)))
        .or_else(|| by(&|_, name| name == query))
        .or_else(beginning)
}

/// An error of the bus for people.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn in_words(error: BusError) -> anyhow::Error {
    anyhow::anyhow!(error.sentence())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cast(id: &str, name: &str) -> RemoteDevice {
        RemoteDevice {
            id: id.into(),
            name: name.into(),
            state: "streaming".into(),
            ..RemoteDevice::default()
        }
    }

    #[test]
    fn a_cast_is_meant_by_id_address_name_or_the_beginning_of_one_name() {
        let casts = [
            cast("0a", "Kitchen"),
            cast("0b", "Kitchen TV"),
            cast("manual:192.0.2.7", "192.0.2.7"),
        ];
        let id = |query| pick(&casts, query, named).map(|cast| cast.id.as_str());
        assert_eq!(id("0B"), Some("0b"));
        assert_eq!(id("kitchen"), Some("0a"), "the whole name goes first");
        assert_eq!(id("Kitchen T"), Some("0b"));
        assert_eq!(id("Kit"), None, "two begin so");
        assert_eq!(id("192.0.2.7"), Some("manual:192.0.2.7"));
        assert_eq!(id("Bath"), None);
    }
}
