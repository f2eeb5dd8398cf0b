// SPDX-License-Identifier: GPL-3.0-or-later
//! `GET_DEVICE_INFO`: who a receiver is, asked over the channel (namespace `receiver.discovery`).

use serde_json::json;

use crate::cast::json;

/// What a receiver says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceInfo {
    /// The DNS-SD instance label.
    pub device_id: String,
    /// Its model name.
    pub model: String,
    /// Its name for people.
    pub friendly_name: String,
    /// The capability bits, as in the TXT record.
    pub capabilities: u64,
}

/// A request with this id.
pub fn request(request_id: u32) -> String {
    json!({ "type": "GET_DEVICE_INFO", "requestId": request_id }).to_string()
}

/// Reads a request: its request id, if it is one.
pub fn parse_request(text: &str) -> Option<u32> {
    let message = json::object(text)?;
    (message["type"] == "GET_DEVICE_INFO").then(|| json::int(&message["requestId"]))?
}

impl DeviceInfo {
    /// Reads a reply, whatever type it names: the id of its request, and what it says, a name at least. It is text of a
    /// stranger, as long as a message may be.
    pub fn parse(text: &str) -> Option<(u32, DeviceInfo)> {
        let message = json::object(text)?;
        let text = |key: &str| json::word(&message[key]).unwrap_or_default().to_owned();
        let info = DeviceInfo {
            device_id: text("deviceId"),
            model: text("deviceModel"),
            friendly_name: json::word(&message["friendlyName"])?.to_owned(),
            capabilities: message["deviceCapabilities"].as_u64().unwrap_or_default(),
        };
        Some((json::int(&message["requestId"])?, info))
    }

    /// The reply, which really repeats the type of the request.
    pub fn reply(&self, request_id: u32) -> String {
        json!({
            "type": "GET_DEVICE_INFO",
            "requestId": request_id,
            "controlNotifications": 1,
            "deviceCapabilities": self.capabilities,
            "deviceId": self.device_id,
            "deviceModel": self.model,
            "friendlyName": self.friendly_name,
        })
        .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reply_repeats_the_type_and_number_of_the_request() {
        assert_eq!(
            parse_request(r#"{"type":"GET_DEVICE_INFO","requestId":4}"#),
            Some(4)
        );
        assert_eq!(parse_request(r#"{"type":"GET_DEVICE_INFO"}"#), None);
        assert_eq!(parse_request(r#"{"type":"OTHER","requestId":4}"#), None);
        let info = DeviceInfo {
            device_id: "TV-1".into(),
            model: "TV".into(),
            friendly_name: "TV".into(),
            capabilities: 6149,
        };
        let reply = json::object(&info.reply(4)).unwrap();
        assert_eq!(
            (&reply["type"], &reply["requestId"]),
            (&"GET_DEVICE_INFO".into(), &4.into())
        );
        assert_eq!(reply["deviceCapabilities"], 6149);
    }

    #[test]
    fn what_was_asked_is_answered_and_read() {
        let info = DeviceInfo {
            device_id: "TV-1".into(),
            model: "Chromecast".into(),
            friendly_name: "Living Room".into(),
            capabilities: 4101,
        };
        let asked = parse_request(&request(7)).unwrap();
        assert_eq!(DeviceInfo::parse(&info.reply(asked)), Some((7, info)));
    }

    #[test]
    fn a_reply_needs_a_number_and_a_name_and_nothing_else() {
        let bare =
            r#"{"type":"GET_DEVICE_INFO","requestId":1,"friendlyName":"TV","deviceModel":5}"#;
        let (_, info) = DeviceInfo::parse(bare).unwrap();
        assert_eq!((info.model.as_str(), info.capabilities), ("", 0));
        for wrong in [
            r#"{"type":"GET_DEVICE_INFO","requestId":1,"friendlyName":""}"#,
            r#"{"type":"GET_DEVICE_INFO","friendlyName":"TV"}"#,
            r#"["GET_DEVICE_INFO"]"#,
        ] {
            assert_eq!(DeviceInfo::parse(wrong), None, "{wrong}");
        }
    }
}
