// SPDX-License-Identifier: GPL-3.0-or-later
//! `eureka_info`: who a receiver is, in the words of the set-up namespace, whose keys are in snake case.

use serde_json::json;

use super::discovery::DeviceInfo;
use crate::cast::json;

/// Reads a request: its request id, if it is one.
pub fn parse_request(text: &str) -> Option<u32> {
    let message = json::object(text)?;
    (message["type"] == "eureka_info").then(|| json::int(&message["request_id"]))?
}

/// The reply. `version` is this program's.
pub fn reply(request_id: u32, info: &DeviceInfo, version: &str) -> String {
    json!({
        "type": "eureka_info",
        "request_id": request_id,
        "response_code": 200,
        "response_string": "OK",
        "data": {
            "version": 12,
            "name": info.friendly_name,
            "device_info": {
                "manufacturer": "Telecast",
                "product_name": info.model,
                "ssdp_udn": info.device_id,
            },
            "build_info": {
                "build_type": 2,
                "cast_build_revision": version,
                "system_build_number": version,
            },
        },
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_id_is_in_snake_case() {
        assert_eq!(
            parse_request(r#"{"type":"eureka_info","request_id":9,"data":{"params":["name"]}}"#),
            Some(9)
        );
        assert_eq!(
            parse_request(r#"{"type":"eureka_info","requestId":9}"#),
            None
        );
        let info = DeviceInfo {
            device_id: "TV-1".into(),
            model: "TV".into(),
            friendly_name: "Room".into(),
            capabilities: 5,
        };
        let answer = json::object(&reply(9, &info, "0.1.0")).unwrap();
        assert_eq!(
            (&answer["request_id"], &answer["data"]["name"]),
            (&9.into(), &"Room".into())
        );
    }
}
