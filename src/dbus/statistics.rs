// SPDX-License-Identifier: GPL-3.0-or-later
//! The numbers of a cast as `a{sv}`: the keys and meanings of `docs/json.md`. What is not known is left out, because D-Bus
//! has no null; [`to_json`] puts it back.

use std::collections::HashMap;

use serde_json::{Map, Number, Value as Json};
use zbus::zvariant::{OwnedValue, Value};

use crate::engine::{Bitrates, FrameRates, SessionStats, VideoCodec};

/// How deep objects lie within each other, at most; they do so two levels deep.
const MAX_DEPTH: usize = 8;

/// The numbers for the bus.
pub(super) fn to_bus(stats: &SessionStats) -> HashMap<String, OwnedValue> {
    match serde_json::to_value(stats) {
        Ok(Json::Object(keys)) => object(&keys)
            .into_iter()
            .filter_map(|(key, value)| Some((key, OwnedValue::try_from(value).ok()?)))
            .collect(),
        _ => HashMap::new(),
    }
}

fn object(keys: &Map<String, Json>) -> HashMap<String, Value<'static>> {
    let known = keys.iter().filter_map(|(key, value)| {
        let value = to_value(value)?;
        Some((key.clone(), value))
    });
    known.collect()
}

fn to_value(json: &Json) -> Option<Value<'static>> {
    match json {
        Json::Null | Json::Array(_) => None,
        Json::Bool(truth) => Some((*truth).into()),
        Json::Number(number) => Some(match number.as_u64() {
            Some(whole) => whole.into(),
            None => number.as_f64()?.into(),
        }),
        Json::String(text) => Some(text.clone().into()),
        Json::Object(keys) => Some(object(keys).into()),
    }
}

/// The object that `--stats json` prints, from the bus: each key that is listed is there, `null` when it is not known.
pub(super) fn to_json(numbers: &HashMap<String, OwnedValue>) -> Json {
    let mut all = serde_json::to_value(SessionStats::default()).unwrap_or(Json::Null);
    let values = numbers.iter().map(|(key, value)| (key.as_str(), &**value));
    fill(&mut all, values, 0);
    all
}

fn fill<'a>(into: &mut Json, from: impl Iterator<Item = (&'a str, &'a Value<'a>)>, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    if !into.is_object() {
        *into = Json::Object(Map::new());
    }
    let Json::Object(keys) = into else {
        return;
    };
    for (key, value) in from {
        let slot = keys.entry(key.to_owned()).or_insert(Json::Null);
        match value {
            Value::Value(within) => fill_one(slot, within, depth),
            other => fill_one(slot, other, depth),
        }
    }
}

fn fill_one(slot: &mut Json, value: &Value<'_>, depth: usize) {
    match value {
        Value::Dict(dict) => {
            let entries = dict.iter().filter_map(|(key, value)| match key {
                Value::Str(key) => Some((key.as_str(), value)),
                _ => None,
            });
            let entries: Vec<(&str, &Value<'_>)> = entries.collect();
            fill(slot, entries.into_iter(), depth + 1);
        }
        Value::Bool(truth) => *slot = Json::Bool(*truth),
        Value::U64(number) => *slot = Json::Number((*number).into()),
        Value::F64(number) => *slot = Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Value::Str(text) => *slot = Json::String(text.to_string()),
        _ => {}
    }
}

/// What a line for people needs of such an object.
pub(super) fn in_short(json: &Json) -> SessionStats {
    let number = |value: &Json| value.as_f64().unwrap_or_default();
    let whole = |value: &Json| value.as_u64().and_then(|number| u32::try_from(number).ok());
    let codec = json["codec"].as_str().and_then(VideoCodec::from_name);
    SessionStats {
        codec: codec.map(VideoCodec::name),
        width: whole(&json["width"]),
        height: whole(&json["height"]),
        fps: FrameRates {
            acknowledged: number(&json["fps"]["acknowledged"]),
            ..FrameRates::default()
        },
        bitrate: Bitrates {
            target: whole(&json["bitrate"]["target"]).unwrap_or(0),
            actual: whole(&json["bitrate"]["actual"]).unwrap_or(0),
            ..Bitrates::default()
        },
        rtt_ms: json["rtt_ms"].as_f64(),
        loss_pct: number(&json["loss_pct"]),
        retransmitted: json["retransmitted"].as_u64().unwrap_or(0),
        uptime_s: number(&json["uptime_s"]),
        ..SessionStats::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::engine::AudioStats;
    use crate::words;

    #[test]
    fn what_goes_over_the_bus_is_the_same_object_again() {
        let stats = SessionStats {
            state: "streaming",
            codec: Some("vp8"),
            width: Some(1280),
            rtt_ms: Some(1.5),
            packets: u64::MAX,
            dropped: BTreeMap::from([("in_flight", 3)]),
            audio: Some(AudioStats {
                codec: Some("opus"),
                ..AudioStats::default()
            }),
            ..SessionStats::default()
        };
        let before = serde_json::to_value(&stats).expect("JSON");
        let there = to_json(&to_bus(&stats));
        assert_eq!(there, before);
        assert_eq!(words::sending(&in_short(&there)), words::sending(&stats));
        let nothing = serde_json::to_value(SessionStats::default()).expect("JSON");
        assert_eq!(to_json(&to_bus(&SessionStats::default())), nothing);
        assert_eq!(to_json(&HashMap::new()), nothing);
    }

    #[test]
    fn what_is_unknown_is_no_number_on_the_bus() {
        let numbers = to_bus(&SessionStats::default());
        assert!(!numbers.contains_key("rtt_ms") && !numbers.contains_key("audio"));
        assert!(numbers.contains_key("loss_pct"));
    }
}
