// SPDX-License-Identifier: GPL-3.0-or-later
//! The JSON of every message of the control channel, in both directions. What is understood can be written, and is
//! understood again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telecast::cast::channel::messages::connection::ConnectionMessage;
use telecast::cast::channel::messages::heartbeat::Heartbeat;
use telecast::cast::channel::messages::platform::{PlatformReply, PlatformRequest};
use telecast::cast::channel::messages::streaming::{ReceiverMessage, SenderMessage};
use telecast::cast::channel::messages::{discovery, setup};
use telecast_fuzz::memory::in_proportion;

fuzz_target!(|text: &str| {
    in_proportion(8 * text.len(), || {
        if let Some(heartbeat) = Heartbeat::parse(text) {
            assert_eq!(Heartbeat::parse(&heartbeat.to_json()), Some(heartbeat));
        }
        if let Some(ConnectionMessage::Connect(connect)) = ConnectionMessage::parse(text) {
            connect.reply().to_json();
        }
        if let Some(request) = PlatformRequest::parse(text) {
            let again = PlatformRequest::parse(&request.to_json()).expect("our own words");
            assert_eq!(again.request_id, request.request_id);
        }
        if let Some(reply) = PlatformReply::parse(text) {
            let again = PlatformReply::parse(&reply.to_json()).expect("our own words");
            assert_eq!(again.request_id, reply.request_id);
        }
        // With the OFFER and the ANSWER in it; these have targets of their own.
        SenderMessage::parse(text);
        ReceiverMessage::parse(text);
        discovery::parse_request(text);
        setup::parse_request(text);
    });
});
