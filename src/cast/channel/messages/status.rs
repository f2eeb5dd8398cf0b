// SPDX-License-Identifier: GPL-3.0-or-later
//! `RECEIVER_STATUS`: what a receiver is running and how loud it is. Read tolerantly, written like a device writes it.

use serde::{Deserialize, Serialize};

use crate::cast::json::{tolerant, tolerant_list};

/// The state of a receiver. Devices add more keys; they are skipped.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReceiverStatus {
    /// The running applications; empty when idle.
    #[serde(
        deserialize_with = "tolerant_list",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub applications: Vec<Application>,
    /// Whether the TV shows this receiver's input; `None` when it does not say.
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub is_active_input: Option<bool>,
    /// Whether the TV is in standby; `None` when it does not say.
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub is_stand_by: Option<bool>,
    /// Equaliser settings: always an empty object here, because senders expect the key.
    user_eq: NoSettings,
    /// The volume; `None` when it does not say.
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub volume: Option<Volume>,
}

/// A running application.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Application {
    /// The application's id; compared without regard to case.
    #[serde(deserialize_with = "tolerant")]
    pub app_id: String,
    /// Its name for people.
    #[serde(deserialize_with = "tolerant")]
    pub display_name: String,
    /// Whether it is only the idle screen.
    #[serde(deserialize_with = "tolerant")]
    pub is_idle_screen: bool,
    /// Whether it was launched from the cloud.
    #[serde(deserialize_with = "tolerant")]
    pub launched_from_cloud: bool,
    /// The namespaces it listens to.
    #[serde(deserialize_with = "tolerant_list")]
    pub namespaces: Vec<Namespace>,
    /// Names this run of it: what STOP wants.
    #[serde(deserialize_with = "tolerant")]
    pub session_id: String,
    /// One line for people about what it does.
    #[serde(deserialize_with = "tolerant")]
    pub status_text: String,
    /// The endpoint to connect to; empty if it takes no messages.
    #[serde(
        deserialize_with = "tolerant",
        skip_serializing_if = "String::is_empty"
    )]
    pub transport_id: String,
    /// Its id across platforms.
    #[serde(deserialize_with = "tolerant")]
    pub universal_app_id: String,
}

/// An entry of [`Application::namespaces`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Namespace {
    /// The full name.
    #[serde(deserialize_with = "tolerant")]
    pub name: String,
}

/// How loud a receiver is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Volume {
    /// What can be changed.
    #[serde(deserialize_with = "tolerant")]
    pub control_type: VolumeControl,
    /// 0..=1; `None` when it does not say.
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub level: Option<f64>,
    /// Whether it is silent; `None` when it does not say.
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub muted: Option<bool>,
    /// The step that its buttons make, 0..=1.
    #[serde(deserialize_with = "tolerant", skip_serializing_if = "Option::is_none")]
    pub step_interval: Option<f64>,
}

/// What `SET_VOLUME` can do on a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VolumeControl {
    /// The level can be set.
    #[default]
    Attenuation,
    /// The level cannot be set.
    Fixed,
    /// The level of the whole TV is set.
    Master,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct NoSettings {}

impl ReceiverStatus {
    /// The status of a receiver that is not a TV's input: what runs and how loud it is.
    pub fn new(applications: Vec<Application>, volume: Volume) -> ReceiverStatus {
        ReceiverStatus {
            applications,
            volume: Some(volume),
            ..ReceiverStatus::default()
        }
    }

    /// The running application with this session id.
    pub fn session(&self, session_id: &str) -> Option<&Application> {
        self.applications
            .iter()
            .find(|app| app.session_id == session_id)
    }

    /// The running application that is not just an idle screen.
    pub fn foreground(&self) -> Option<&Application> {
        self.applications.iter().find(|app| !app.is_idle_screen)
    }
}

impl Application {
    /// Whether it is the application of this id, in any case.
    pub fn is(&self, app_id: &str) -> bool {
        self.app_id.eq_ignore_ascii_case(app_id)
    }

    /// Whether it listens to this namespace.
    pub fn speaks(&self, namespace: &str) -> bool {
        self.namespaces.iter().any(|entry| entry.name == namespace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strange_fields_cost_only_themselves() {
        let status: ReceiverStatus = serde_json::from_str(
            r#"{"applications":[{"appId":"0f5096e8","sessionId":7,"transportId":"t","isIdleScreen":"no","extra":{}},"junk"],
                "isStandBy":1,"userEq":{"x":1},"volume":{"level":"loud","muted":true,"controlType":"new"}}"#,
        )
        .unwrap();
        assert_eq!(status.applications.len(), 1);
        assert!(status.applications[0].is("0F5096E8"));
        assert_eq!(status.applications[0].session_id, "");
        assert_eq!(status.is_stand_by, None);
        let volume = status.volume.unwrap();
        assert_eq!(
            (volume.level, volume.muted, volume.control_type),
            (None, Some(true), VolumeControl::Attenuation)
        );
    }

    #[test]
    fn what_is_written_is_read() {
        let app = Application {
            app_id: "0F5096E8".into(),
            session_id: "s".into(),
            transport_id: "t".into(),
            namespaces: vec![Namespace {
                name: "urn:x-cast:com.google.cast.webrtc".into(),
            }],
            ..Application::default()
        };
        let status = ReceiverStatus::new(
            vec![app],
            Volume {
                level: Some(0.5),
                ..Volume::default()
            },
        );
        let text = serde_json::to_string(&status).unwrap();
        assert!(text.contains(r#""userEq":{}"#), "{text}");
        assert_eq!(
            serde_json::from_str::<ReceiverStatus>(&text).unwrap(),
            status
        );
    }
}
