// SPDX-License-Identifier: GPL-3.0-or-later
//! The troubleshooting report: what somebody who helps has to know about this computer, as text. Input: what the front
//! end knows; output: lines in English, because those who help read them, with nothing in it that is secret or says who
//! or where somebody is.

mod facts;
mod redact;

use std::fmt::Write;
use std::future::Future;
use std::time::SystemTime;

use gio::glib::DateTime;

use super::{Engine, Missing, Reason};
use crate::config::VERSION;
use facts::Facts;
use redact::Redactor;

/// What the front end adds.
#[derive(Debug, Clone, Default)]
pub struct ReportOf {
    /// What it stands on: a name, and a version or a property.
    pub front_end: Vec<(&'static str, String)>,
    /// The settings that differ from their defaults.
    pub settings: Vec<(&'static str, String)>,
}

/// Gathers the report. Takes up to some seconds the first time, when encoders are tried out, and blocks no thread that
/// anybody waits for. Needs the tokio runtime, and an `engine` for what has happened in it.
pub fn report(
    engine: Option<&Engine>,
    of: ReportOf,
) -> impl Future<Output = String> + Send + 'static {
    let ends = engine.map(Engine::last_ends).unwrap_or_default();
    async move {
        let facts = facts::gather().await;
        let text = render(&facts, &of, &ends);
        Redactor::of_system().redact(&text)
    }
}

fn render(facts: &Facts, of: &ReportOf, ends: &[(SystemTime, Reason)]) -> String {
    let mut text = format!("Telecast {VERSION}\n");
    let own = |lines: &[(&'static str, String)]| -> Vec<(String, String)> {
        let lines = lines.iter();
        lines
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    };
    let ends: Vec<(String, String)> = ends
        .iter()
        .map(|(at, reason)| (time(*at), plain(reason)))
        .collect();
    let mut system = facts.system.clone();
    system.extend(own(&of.front_end));
    for (title, lines, none) in [
        ("System", system, "unknown"),
        ("Portals", facts.portals.clone(), "none answers"),
        ("Encoders", facts.encoders.clone(), "none works"),
        ("Network interfaces", facts.interfaces.clone(), "none"),
        ("Settings that were changed", own(&of.settings), "none"),
        ("How the last casts ended", ends, "none has"),
    ] {
        section(&mut text, title, &lines, none);
    }
    text
}

fn section(text: &mut String, title: &str, lines: &[(String, String)], none: &str) {
    // Writing to a string cannot fail.
    let mut write = |line: std::fmt::Arguments<'_>| text.write_fmt(line).is_ok();
    write(format_args!("\n{title}\n"));
    for (name, value) in lines {
        write(format_args!("  {name}: {value}\n"));
    }
    if lines.is_empty() {
        write(format_args!("  {none}\n"));
    }
}

fn time(at: SystemTime) -> String {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).ok();
    since
        .and_then(|since| DateTime::from_unix_utc(i64::try_from(since.as_secs()).ok()?).ok())
        .and_then(|at| at.format("%Y-%m-%d %H:%M:%S UTC").ok())
        .map_or_else(|| "some time".to_owned(), Into::into)
}

/// A reason without the names that people gave their things.
fn plain(reason: &Reason) -> String {
    match reason {
        Reason::DeviceNotFound(_) => "no such device".to_owned(),
        Reason::HostUnknown(_) => "no address for the host".to_owned(),
        Reason::DeviceStopped { .. } => "the device stopped the app".to_owned(),
        Reason::Missing(Missing::AudioApplication(_)) => {
            "missing: the sound of the application".to_owned()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
