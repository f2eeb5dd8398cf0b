// SPDX-License-Identifier: GPL-3.0-or-later
//! `RemoteDevice`: a device as another engine shows it. Properties in; plain data out. What is missing, or of another type
//! than it should be, is empty: the other program may be of another version.

use std::collections::HashMap;

use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

/// Ends that nobody has to be told of as failures: those of [`Reason::is_failure`](crate::engine::Reason::is_failure).
const NO_FAILURES: [&str; 7] = [
    "",
    "stopped",
    "finished",
    "dialog-cancelled",
    "source-closed",
    "sharing-revoked",
    "stopped-by-device",
];

/// A device, and the cast to it if there is one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RemoteDevice {
    /// Its object.
    pub path: OwnedObjectPath,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its model; may be empty.
    pub model: String,
    /// The word of its state.
    pub state: String,
    /// Its state in words; empty without a cast.
    pub state_text: String,
    /// The word of what is cast; empty without a cast.
    pub source: String,
    /// The word of where the sound plays; empty without a cast.
    pub audio: String,
    /// The word of what pictures may cost; empty without a cast.
    pub quality: String,
    /// What it proved; empty when unknown.
    pub trust: String,
    /// A key and a sentence, when somebody has to say whether to cast to it.
    pub question: Option<(String, String)>,
    /// 0 to 1.
    pub volume: f64,
    /// Whether it is muted.
    pub muted: bool,
    /// Whether both can be changed.
    pub volume_adjustable: bool,
    /// The delay in milliseconds.
    pub latency_ms: u32,
    /// Whether the picture is frozen.
    pub paused: bool,
    /// Why the last cast ended, as word and sentence.
    pub error: Option<(String, String)>,
}

impl RemoteDevice {
    pub(super) fn of(
        path: OwnedObjectPath,
        properties: HashMap<String, OwnedValue>,
    ) -> RemoteDevice {
        let mut device = RemoteDevice {
            path,
            ..RemoteDevice::default()
        };
        for (name, value) in properties {
            device.take(&name, value.into());
        }
        device
    }

    fn take(&mut self, name: &str, value: Value<'_>) {
        match (name, value) {
            ("Id", Value::Str(text)) => self.id = text.into(),
            ("Name", Value::Str(text)) => self.name = text.into(),
            ("Model", Value::Str(text)) => self.model = text.into(),
            ("State", Value::Str(text)) => self.state = text.into(),
            ("StateText", Value::Str(text)) => self.state_text = text.into(),
            ("SourceKind", Value::Str(text)) => self.source = text.into(),
            ("AudioMode", Value::Str(text)) => self.audio = text.into(),
            ("Quality", Value::Str(text)) => self.quality = text.into(),
            ("Trust", Value::Str(text)) => self.trust = text.into(),
            ("Volume", Value::F64(level)) => self.volume = level,
            ("Muted", Value::Bool(truth)) => self.muted = truth,
            ("VolumeAdjustable", Value::Bool(truth)) => self.volume_adjustable = truth,
            ("Paused", Value::Bool(truth)) => self.paused = truth,
            ("LatencyMs", Value::U32(number)) => self.latency_ms = number,
            ("TrustQuestion", value) => self.question = pair(value),
            ("Error", value) => self.error = pair(value),
            _ => {}
        }
    }

    /// Whether there is a cast to it, or one has ended that nobody has looked at.
    pub fn has_cast(&self) -> bool {
        !matches!(self.state.as_str(), "" | "away" | "idle")
    }

    /// Whether something is being cast to it.
    pub fn is_casting(&self) -> bool {
        self.has_cast() && self.state != "ended"
    }

    /// Whether pictures or sound are on their way.
    pub fn is_streaming(&self) -> bool {
        self.state == "streaming"
    }

    /// Why the last cast failed, in a sentence; `None` when it did not.
    pub fn failure(&self) -> Option<&str> {
        let (code, sentence) = self.error.as_ref()?;
        (!NO_FAILURES.contains(&code.as_str())).then_some(sentence)
    }
}

/// Two texts, unless both are empty.
fn pair(value: Value<'_>) -> Option<(String, String)> {
    let pair: (String, String) = value.try_into().ok()?;
    (!pair.0.is_empty() || !pair.1.is_empty()).then_some(pair)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Reason;
    use crate::engine::samples::reasons;

    fn ended(reason: &Reason) -> RemoteDevice {
        RemoteDevice {
            state: "ended".into(),
            error: Some((reason.code().into(), "It ended.".into())),
            ..RemoteDevice::default()
        }
    }

    #[test]
    fn what_is_a_failure_here_is_one_there() {
        for reason in reasons() {
            let failed = ended(&reason).failure().is_some();
            assert_eq!(failed, reason.is_failure(), "{reason}");
        }
    }

    #[test]
    fn a_state_of_a_later_version_is_a_cast() {
        let device = |state: &str| RemoteDevice {
            state: state.into(),
            ..RemoteDevice::default()
        };
        assert!(device("hovering").is_casting());
        assert!(!device("idle").is_casting() && !device("away").has_cast());
        assert!(device("ended").has_cast() && !device("ended").is_casting());
    }
}
