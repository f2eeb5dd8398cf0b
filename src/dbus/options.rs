// SPDX-License-Identifier: GPL-3.0-or-later
//! The options of a cast: the dictionary `a{sv}` of `Cast` in, a [`MirrorRequest`] or the first option that is wrong out.
//! What is not given stays as the person has set it.
//!
//! The names are those of the command line. Numbers may have any integer type: who types them into `gdbus` or `busctl`
//! does not choose one.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use zbus::zvariant::{OwnedValue, Value};

use super::error::BusError;
use super::words_of::{self, AUDIO_WORDS, PROFILE_WORDS, SOURCE_WORDS};
use crate::engine::{
    AudioChoice, Choice, CodecChoice, MAX_OVERSCAN_PCT, MirrorOptions, MirrorRequest, SourceKind,
    ports,
};

/// Smallest and largest pictures: those of the command line.
const WIDTHS: std::ops::RangeInclusive<i64> = 64..=7680;
const HEIGHTS: std::ops::RangeInclusive<i64> = 64..=4320;
/// For how long a lost device is sought at most, in seconds: that of the command line.
const LONGEST_SEARCH: i64 = 10_000_000;
/// The longest text that means anything.
const MAX_TEXT: usize = 256;

/// Options by name, in a settled order, so that the same one is refused each time.
#[derive(Debug)]
pub(super) struct Options(BTreeMap<String, OwnedValue>);

impl Options {
    pub(super) fn new(options: HashMap<String, OwnedValue>) -> Options {
        Options(options.into_iter().collect())
    }

    /// The source, which decides where the others begin.
    pub(super) fn source(&self) -> Result<Option<SourceKind>, BusError> {
        let given = self.0.get("source");
        given
            .map(|value| word("source", value, SOURCE_WORDS, words_of::source))
            .transpose()
    }

    /// Puts all of them into `request`.
    pub(super) fn apply(&self, request: &mut MirrorRequest) -> Result<(), BusError> {
        // One that was promised sound can be given some later.
        request.options.audio = true;
        for (name, value) in &self.0 {
            apply(name, value, request)?;
        }
        if self.0.contains_key("latency") && self.0.contains_key("profile") {
            return Err(BusError::invalid("latency", "no profile beside it"));
        }
        Ok(())
    }
}

fn apply(name: &str, value: &Value<'_>, request: &mut MirrorRequest) -> Result<(), BusError> {
    let options = &mut request.options;
    match name {
        "source" => request.source = word(name, value, SOURCE_WORDS, words_of::source)?,
        "audio" => {
            request.audio = word(name, value, AUDIO_WORDS, words_of::audio)?;
            options.audio = request.audio != AudioChoice::None;
        }
        "video" => options.video = truth(name, value)?,
        "restore" => request.restore = truth(name, value)?,
        "parent-window" => {
            let handle = text(name, value)?;
            request.parent_window = Some(handle.to_owned()).filter(|handle| !handle.is_empty());
        }
        "codec" => {
            options.codec = word(
                name,
                value,
                "auto, vp8, vp9, h264 or av1",
                CodecChoice::from_word,
            )?;
        }
        "hardware" => options.hardware = truth(name, value)?,
        "pointer" => options.pointer = truth(name, value)?,
        "max-size" => options.max_size = size(name, value)?,
        "monitor-size" => options.monitor_size = Some(size(name, value)?),
        "fps" => options.frame_rate = number(name, value, 1..=120)?,
        "bitrate" => {
            options.bitrate = match integer(value) {
                Some(0) => None,
                _ => Some(number(name, value, 100_000..=100_000_000)?),
            };
        }
        "overscan" => {
            options.overscan_pct = number(name, value, 0..=i64::from(MAX_OVERSCAN_PCT))?;
        }
        "profile" => {
            let profile = word(name, value, PROFILE_WORDS, words_of::profile)?;
            options.target_delay = profile.target_delay();
            options.max_target_delay = profile.max_target_delay();
        }
        "latency" => {
            options.target_delay = latency(name, value)?;
            // A value that was named is kept.
            options.max_target_delay = Duration::ZERO;
        }
        "interface" => {
            let interface = text(name, value)?;
            options.interface = Some(interface.to_owned()).filter(|name| !name.is_empty());
        }
        "ports" => {
            let (first, last) = pair(value).unwrap_or((-1, -1));
            let as_port = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
            let range = ports(as_port(first), as_port(last));
            options.ports =
                Some(range.map_err(|_| {
                    BusError::invalid(name, "two ports from 1024 on, (first, last)")
                })?);
        }
        "reconnect" => {
            let seconds = number(name, value, 0..=LONGEST_SEARCH)?;
            options.reconnect = Duration::from_secs(seconds.into());
        }
        _ => return Err(BusError::unknown_option(name)),
    }
    Ok(())
}

/// A delay in milliseconds, as the command line takes it.
pub(super) fn latency(name: &str, value: &Value<'_>) -> Result<Duration, BusError> {
    let longest = MirrorOptions::MAX_TARGET_DELAY.as_millis() as i64;
    let milliseconds = number(name, value, 20..=longest)?;
    Ok(Duration::from_millis(milliseconds.into()))
}

/// One of a few words.
pub(super) fn word<T>(
    name: &str,
    value: &Value<'_>,
    expected: &str,
    meaning: impl FnOnce(&str) -> Option<T>,
) -> Result<T, BusError> {
    let word = match inner(value) {
        Value::Str(text) => meaning(text),
        _ => None,
    };
    word.ok_or_else(|| BusError::invalid(name, expected))
}

pub(super) fn truth(name: &str, value: &Value<'_>) -> Result<bool, BusError> {
    match inner(value) {
        Value::Bool(truth) => Ok(*truth),
        _ => Err(BusError::invalid(name, "true or false")),
    }
}

fn text<'a>(name: &str, value: &'a Value<'_>) -> Result<&'a str, BusError> {
    match inner(value) {
        Value::Str(text) if text.len() <= MAX_TEXT => Ok(text),
        _ => Err(BusError::invalid(name, "a short text")),
    }
}

fn number(
    name: &str,
    value: &Value<'_>,
    range: std::ops::RangeInclusive<i64>,
) -> Result<u32, BusError> {
    let inside = integer(value).filter(|number| range.contains(number));
    let number = inside.and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        BusError::invalid(name, &expected)
    })
}

fn size(name: &str, value: &Value<'_>) -> Result<(u32, u32), BusError> {
    let inside = pair(value).filter(|(w, h)| WIDTHS.contains(w) && HEIGHTS.contains(h));
    let size = inside.and_then(|(w, h)| Some((u32::try_from(w).ok()?, u32::try_from(h).ok()?)));
    size.ok_or_else(|| BusError::invalid(name, "width and height in pixels, (1280, 720)"))
}

fn pair(value: &Value<'_>) -> Option<(i64, i64)> {
    match inner(value) {
        Value::Structure(of) => match of.fields() {
            [first, second] => Some((integer(first)?, integer(second)?)),
            _ => None,
        },
        _ => None,
    }
}

fn integer(value: &Value<'_>) -> Option<i64> {
    match inner(value) {
        Value::U8(number) => Some((*number).into()),
        Value::I16(number) => Some((*number).into()),
        Value::U16(number) => Some((*number).into()),
        Value::I32(number) => Some((*number).into()),
        Value::U32(number) => Some((*number).into()),
        Value::I64(number) => Some(*number),
        Value::U64(number) => i64::try_from(*number).ok(),
        _ => None,
    }
}

/// What is in a variant that is in a variant, as some bindings send it.
fn inner<'a, 'b>(value: &'a Value<'b>) -> &'a Value<'b> {
    match value {
        Value::Value(within) => within,
        other => other,
    }
}

#[cfg(test)]
mod tests;
