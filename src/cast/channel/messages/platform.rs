// SPDX-License-Identifier: GPL-3.0-or-later
//! The requests to a receiver's platform (namespace `receiver`) and its replies.
//!
//! Every request carries a positive `requestId` that the reply repeats; 0 marks a status that nobody asked for. A reply
//! is named by `type`, except the one about availability, which is named by `responseType`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::status::ReceiverStatus;
use crate::cast::json;

/// A request as a receiver reads it. One without a whole, non-negative request id is no request and is ignored.
#[derive(Debug, Clone, PartialEq)]
pub struct PlatformRequest {
    /// The number to repeat in the reply.
    pub request_id: u32,
    /// What is wanted.
    pub action: PlatformAction,
}

/// What a sender wants of the platform.
#[derive(Debug, Clone, PartialEq)]
pub enum PlatformAction {
    /// The current `RECEIVER_STATUS`.
    GetStatus,
    /// Which of these applications could be launched; `None` if the list is no list, which gets no reply.
    GetAppAvailability(Option<Vec<String>>),
    /// Start an application; `None` if the id is no text.
    Launch(Option<String>),
    /// Stop the session of this id, or whatever runs.
    Stop(Option<String>),
    /// Change the volume: each part only if it is there.
    SetVolume {
        /// 0..=1; values outside are clamped.
        level: Option<f64>,
        /// Silence on or off.
        muted: Option<bool>,
    },
    /// Something else.
    Unknown,
}

/// A message from a receiver's platform, as a sender reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct PlatformReply {
    /// The request that it answers (`requestId` or `launchRequestId`); 0 for none.
    pub request_id: u32,
    /// What it says.
    pub body: PlatformBody,
}

/// What a receiver's platform says.
#[derive(Debug, Clone, PartialEq)]
pub enum PlatformBody {
    /// `RECEIVER_STATUS`.
    Status(ReceiverStatus),
    /// `LAUNCH_STATUS`.
    LaunchStatus(LaunchStatus),
    /// `LAUNCH_ERROR`.
    LaunchError(LaunchError),
    /// `INVALID_REQUEST`, with the reason.
    InvalidRequest(String),
    /// The reply to `GET_APP_AVAILABILITY`: application id in upper case, whether it can be launched.
    AppAvailability(BTreeMap<String, bool>),
    /// Something else, which is ignored.
    Other,
}

/// How a launch is coming along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaunchStatus {
    /// The TV asks its viewer for permission.
    PendingAuthorization,
    /// The viewer agreed, or nobody had to be asked.
    Allowed,
    /// Another word.
    Other(String),
}

/// Why an application was not launched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchError {
    /// The main reason.
    pub reason: LaunchErrorReason,
    /// A second word that some devices add, such as `USER_NOT_ALLOWED`.
    pub extended: Option<String>,
}

/// The main reason of a `LAUNCH_ERROR`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaunchErrorReason {
    /// There is no such application.
    NotFound,
    /// The request was wrong.
    BadParameter,
    /// The application did not start.
    SystemError,
    /// It was cancelled, for instance by the viewer.
    Cancelled,
    /// It is not allowed, for instance by the viewer or a policy.
    NotAllowed,
    /// Another word, or none.
    Other(String),
}

impl LaunchError {
    /// Whether a person at the TV said no, as opposed to the TV being unable.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self.reason,
            LaunchErrorReason::Cancelled | LaunchErrorReason::NotAllowed
        ) || self.extended.as_deref() == Some("USER_NOT_ALLOWED")
    }
}

impl PlatformRequest {
    /// Reads the payload.
    pub fn parse(text: &str) -> Option<PlatformRequest> {
        let message = json::object(text)?;
        let request_id = json::int(&message["requestId"])?;
        let action = match message["type"].as_str()? {
            "GET_STATUS" => PlatformAction::GetStatus,
            "GET_APP_AVAILABILITY" => {
                PlatformAction::GetAppAvailability(message["appId"].as_array().map(|ids| {
                    ids.iter()
                        .filter_map(Value::as_str)
                        .map(str::to_owned)
                        .collect()
                }))
            }
            "LAUNCH" => PlatformAction::Launch(message["appId"].as_str().map(str::to_owned)),
            "STOP" => PlatformAction::Stop(match &message["sessionId"] {
                Value::Null => None,
                Value::String(id) => Some(id.clone()),
                other => Some(other.to_string()),
            }),
            "SET_VOLUME" => PlatformAction::SetVolume {
                level: message["volume"]["level"]
                    .as_f64()
                    .map(|level| level.clamp(0.0, 1.0)),
                muted: message["volume"]["muted"].as_bool(),
            },
            _ => PlatformAction::Unknown,
        };
        Some(PlatformRequest { request_id, action })
    }

    /// The payload.
    pub fn to_json(&self) -> String {
        let mut message = match &self.action {
            PlatformAction::GetStatus => json!({ "type": "GET_STATUS" }),
            PlatformAction::GetAppAvailability(ids) => {
                json!({ "type": "GET_APP_AVAILABILITY", "appId": ids })
            }
            PlatformAction::Launch(app_id) => {
                json!({ "type": "LAUNCH", "appId": app_id, "language": "en-US", "supportedAppTypes": ["WEB"] })
            }
            PlatformAction::Stop(None) => json!({ "type": "STOP" }),
            PlatformAction::Stop(Some(session_id)) => {
                json!({ "type": "STOP", "sessionId": session_id })
            }
            PlatformAction::SetVolume { level, muted } => {
                let mut volume = json!({});
                if let Some(level) = level {
                    volume["level"] = json!(level);
                }
                if let Some(muted) = muted {
                    volume["muted"] = json!(muted);
                }
                json!({ "type": "SET_VOLUME", "volume": volume })
            }
            PlatformAction::Unknown => json!({ "type": "UNKNOWN" }),
        };
        message["requestId"] = json!(self.request_id);
        message.to_string()
    }
}

impl PlatformReply {
    /// Reads the payload. A status without a `status` object, and every unknown type, is [`PlatformBody::Other`].
    pub fn parse(text: &str) -> Option<PlatformReply> {
        let mut message = json::object(text)?;
        let request_id = json::int(&message["requestId"])
            .or_else(|| json::int(&message["launchRequestId"]))
            .unwrap_or(0);
        let kind = message["type"]
            .as_str()
            .or_else(|| message["responseType"].as_str())?;
        let body = match kind {
            "RECEIVER_STATUS" if message["status"].is_object() => {
                serde_json::from_value(message["status"].take())
                    .map_or(PlatformBody::Other, PlatformBody::Status)
            }
            "LAUNCH_STATUS" => {
                PlatformBody::LaunchStatus(LaunchStatus::from_wire(&message["status"]))
            }
            "LAUNCH_ERROR" => PlatformBody::LaunchError(LaunchError {
                reason: LaunchErrorReason::from_wire(&message["reason"]),
                extended: json::word(&message["extendedError"]).map(str::to_owned),
            }),
            "INVALID_REQUEST" => PlatformBody::InvalidRequest(
                message["reason"].as_str().unwrap_or_default().to_owned(),
            ),
            "GET_APP_AVAILABILITY" => {
                PlatformBody::AppAvailability(availability(&message["availability"]))
            }
            _ => PlatformBody::Other,
        };
        Some(PlatformReply { request_id, body })
    }

    /// The payload, as Open Screen's receiver writes it.
    pub fn to_json(&self) -> String {
        let id = self.request_id;
        match &self.body {
            PlatformBody::Status(status) => json!({ "type": "RECEIVER_STATUS", "requestId": id, "status": status }),
            PlatformBody::LaunchStatus(status) => {
                json!({ "type": "LAUNCH_STATUS", "launchRequestId": id, "status": status.word() })
            }
            PlatformBody::LaunchError(error) => {
                let mut message = json!({ "type": "LAUNCH_ERROR", "requestId": id, "reason": error.reason.word() });
                if let Some(extended) = &error.extended {
                    message["extendedError"] = json!(extended);
                }
                message
            }
            PlatformBody::InvalidRequest(reason) => {
                json!({ "type": "INVALID_REQUEST", "requestId": id, "reason": reason })
            }
            PlatformBody::AppAvailability(apps) => {
                let words: BTreeMap<_, _> = apps
                    .iter()
                    .map(|(id, available)| (id, if *available { "APP_AVAILABLE" } else { "APP_UNAVAILABLE" }))
                    .collect();
                json!({ "responseType": "GET_APP_AVAILABILITY", "requestId": id, "availability": words })
            }
            PlatformBody::Other => json!({ "type": "UNKNOWN", "requestId": id }),
        }
        .to_string()
    }
}

impl LaunchStatus {
    fn from_wire(word: &Value) -> LaunchStatus {
        match word.as_str().unwrap_or_default() {
            "USER_PENDING_AUTHORIZATION" => LaunchStatus::PendingAuthorization,
            "USER_ALLOWED" => LaunchStatus::Allowed,
            other => LaunchStatus::Other(other.to_owned()),
        }
    }

    fn word(&self) -> &str {
        match self {
            LaunchStatus::PendingAuthorization => "USER_PENDING_AUTHORIZATION",
            LaunchStatus::Allowed => "USER_ALLOWED",
            LaunchStatus::Other(word) => word,
        }
    }
}

impl LaunchErrorReason {
    fn from_wire(word: &Value) -> LaunchErrorReason {
        match word.as_str().unwrap_or_default() {
            "NOT_FOUND" => LaunchErrorReason::NotFound,
            "BAD_PARAMETER" => LaunchErrorReason::BadParameter,
            "SYSTEM_ERROR" => LaunchErrorReason::SystemError,
            "CANCELLED" => LaunchErrorReason::Cancelled,
            "NOT_ALLOWED" => LaunchErrorReason::NotAllowed,
            other => LaunchErrorReason::Other(other.to_owned()),
        }
    }

    /// The word on the wire.
    pub fn word(&self) -> &str {
        match self {
            LaunchErrorReason::NotFound => "NOT_FOUND",
            LaunchErrorReason::BadParameter => "BAD_PARAMETER",
            LaunchErrorReason::SystemError => "SYSTEM_ERROR",
            LaunchErrorReason::Cancelled => "CANCELLED",
            LaunchErrorReason::NotAllowed => "NOT_ALLOWED",
            LaunchErrorReason::Other(word) => word,
        }
    }
}

fn availability(value: &Value) -> BTreeMap<String, bool> {
    let entries = value.as_object().into_iter().flatten();
    entries
        .map(|(id, word)| {
            (
                id.to_ascii_uppercase(),
                word.as_str() == Some("APP_AVAILABLE"),
            )
        })
        .collect()
}
