// SPDX-License-Identifier: GPL-3.0-or-later
//! `Shown`: all that the bus shows of one device, as plain data. The engine's lists in; properties, and which of them have
//! changed, out.

use std::collections::HashMap;

use zbus::zvariant::Value;

use super::words_of;
use crate::engine::{CastStatus, ListedDevice};
use crate::words;

/// The properties of a `Device1`, in their D-Bus types.
#[derive(Debug, Clone, PartialEq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a property of its own"
)]
pub(super) struct Shown {
    pub id: String,
    pub name: String,
    pub model: String,
    pub kind: &'static str,
    pub icon_name: &'static str,
    pub capabilities: u64,
    pub hosts: Vec<String>,
    pub available: bool,
    pub left_behind: bool,
    pub state: &'static str,
    pub state_text: String,
    pub source_kind: &'static str,
    pub trust: String,
    pub trust_question: (String, String),
    pub volume: f64,
    pub muted: bool,
    pub volume_adjustable: bool,
    pub latency_ms: u32,
    pub audio_mode: String,
    pub quality: &'static str,
    pub paused: bool,
    pub error: (String, String),
}

impl Shown {
    /// A device of the list, or one to which there is a cast without its being listed; nothing of it without either.
    pub fn of(device: Option<&ListedDevice>, cast: Option<&CastStatus>) -> Shown {
        let mut shown = Shown {
            state: words_of::state(device, cast),
            ..Shown::default()
        };
        if let Some(cast) = cast {
            shown.take_cast(cast);
        }
        if let Some(device) = device {
            shown.take_device(device);
        }
        shown
    }

    fn take_device(&mut self, device: &ListedDevice) {
        self.id.clone_from(&device.id);
        self.name.clone_from(&device.name);
        self.model.clone_from(&device.model);
        self.kind = device.kind.as_str();
        self.icon_name = words_of::icon(device.kind);
        self.capabilities = device.capabilities.0;
        self.hosts.clone_from(&device.hosts);
        self.available = device.is_available();
    }

    fn take_cast(&mut self, cast: &CastStatus) {
        self.id.clone_from(&cast.device);
        self.name.clone_from(&cast.name);
        self.kind = cast.kind.as_str();
        self.icon_name = words_of::icon(cast.kind);
        self.available = true;
        self.state_text = words::describe(&cast.state, cast.kind);
        self.source_kind = words_of::source_word(cast.source);
        if let Some(volume) = cast.volume {
            self.volume = volume.level;
            self.muted = volume.muted;
            self.volume_adjustable = volume.adjustable;
        }
        self.latency_ms = u32::try_from(cast.target_delay.as_millis()).unwrap_or(u32::MAX);
        self.audio_mode = words_of::audio_word(&cast.audio);
        self.quality = words_of::quality_word(cast.quality);
        self.paused = cast.paused;
        if let Some(reason) = cast.state.ended() {
            let line = words::explain(reason, &cast.name).line();
            self.error = (reason.code().to_owned(), line);
        }
    }

    /// Every property with its value. The names are those of the interface.
    fn properties(&self) -> [(&'static str, Value<'_>); 22] {
        [
            ("Id", self.id.as_str().into()),
            ("Name", self.name.as_str().into()),
            ("Model", self.model.as_str().into()),
            ("Kind", self.kind.into()),
            ("IconName", self.icon_name.into()),
            ("Capabilities", self.capabilities.into()),
            ("Hosts", (&self.hosts).into()),
            ("Available", self.available.into()),
            ("LeftBehind", self.left_behind.into()),
            ("State", self.state.into()),
            ("StateText", self.state_text.as_str().into()),
            ("SourceKind", self.source_kind.into()),
            ("Trust", self.trust.as_str().into()),
            ("TrustQuestion", texts(&self.trust_question)),
            ("Volume", self.volume.into()),
            ("Muted", self.muted.into()),
            ("VolumeAdjustable", self.volume_adjustable.into()),
            ("LatencyMs", self.latency_ms.into()),
            ("AudioMode", self.audio_mode.as_str().into()),
            ("Quality", self.quality.into()),
            ("Paused", self.paused.into()),
            ("Error", texts(&self.error)),
        ]
    }

    /// What differs from `before`, as a signal tells it.
    pub fn changes(&self, before: &Shown) -> HashMap<&'static str, Value<'_>> {
        let pairs = self.properties().into_iter().zip(before.properties());
        pairs
            .filter(|(now, then)| now.1 != then.1)
            .map(|(now, _)| now)
            .collect()
    }
}

fn texts(pair: &(String, String)) -> Value<'_> {
    Value::from((pair.0.as_str(), pair.1.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let before = Shown::default();
        assert!(before.changes(&before).is_empty());
        let now = Shown {
            volume: 0.5,
            error: ("device-gone".into(), "It is gone.".into()),
            hosts: vec!["192.0.2.7".into()],
            ..before.clone()
        };
        let changes = now.changes(&before);
        let mut names: Vec<_> = changes.keys().copied().collect();
        names.sort_unstable();
        assert_eq!(names, ["Error", "Hosts", "Volume"]);
        assert_eq!(changes["Volume"], Value::from(0.5));
    }

    #[test]
    fn every_property_of_the_interface_is_told_when_it_changes() {
        let description = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/data/dbus-1/interfaces/io.github.telecast.Device1.xml"
        ));
        let described: Vec<&str> = description
            .split("<property name=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        let shown = Shown::default();
        let mut told: Vec<_> = shown.properties().iter().map(|(name, _)| *name).collect();
        told.sort_unstable();
        let mut expected = described.clone();
        expected.sort_unstable();
        assert_eq!(told, expected);
    }
}
