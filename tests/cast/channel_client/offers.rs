// SPDX-License-Identifier: GPL-3.0-or-later
//! OFFERs, their answers and capabilities.

use super::*;

#[test]
fn an_offer_without_answer_fails_after_four_seconds_and_another_one_may_follow() {
    let mut device = Device::launched();
    device.expect("OFFER");
    device.wait(Duration::from_millis(3_999));
    device.expect_nothing();
    device.wait(Duration::from_millis(1));
    assert_eq!(device.event(), Event::OfferFailed(OfferFailure::Timeout));
    device.command(Command::Offer(Box::new(an_offer())));
    assert_eq!(device.expect("OFFER")["seqNum"], 2);
    device.say_from("s1", US, WEBRTC, &answer(&json!(1)));
    device.expect_nothing();
    device.say_from("s1", US, WEBRTC, &answer(&json!(2)));
    assert!(matches!(device.event(), Event::Negotiated(_)));
}

#[test]
fn only_the_application_can_answer_and_only_the_newest_offer_counts() {
    let mut device = Device::launched();
    device.expect("OFFER");
    device.command(Command::Offer(Box::new(an_offer())));
    device.expect("OFFER");
    device.say_from("s1", US, WEBRTC, &answer(&json!(1)));
    device.say_from("other", US, WEBRTC, &answer(&json!(2)));
    device.say_from("s1", "sender-8", WEBRTC, &answer(&json!(2)));
    device.expect_nothing();
    device.say_from("s1", US, WEBRTC, &answer(&json!(2)));
    assert!(matches!(device.event(), Event::Negotiated(_)));
    device.say_from("s1", US, WEBRTC, &answer(&json!(2)));
    device.expect_nothing();
}

#[test]
fn an_answer_that_refuses_or_cannot_be_used_is_told_apart() {
    let error = json!({ "result": "error", "error": { "code": 10107, "description": "no" } });
    let code = Refusal::Error {
        code: ErrorCode::NoStreamSelected,
        description: "no".into(),
    };
    for (body, refusal) in [
        (error, Some(code)),
        (json!({ "result": "error" }), Some(Refusal::Unexplained)),
        (json!({ "result": "ok", "answer": 5 }), None),
        (
            json!({ "result": "ok", "answer": { "udpPort": 1, "sendIndexes": [9], "ssrcs": [1] } }),
            None,
        ),
    ] {
        let mut device = Device::launched();
        device.expect("OFFER");
        let mut message = body;
        message["type"] = json!("ANSWER");
        message["seqNum"] = json!(1);
        device.say_from("s1", US, WEBRTC, &message);
        let Event::OfferFailed(OfferFailure::Refused(ours)) = device.event() else {
            panic!("{message}")
        };
        match refusal {
            Some(refusal) => assert_eq!(ours, refusal),
            None => assert!(matches!(ours, Refusal::Answer(_)), "{ours:?}"),
        }
    }
}

#[test]
fn pings_leave_every_five_seconds_and_pings_are_answered() {
    let mut device = Device::new();
    device.wait(21 * SECOND);
    assert_eq!(device.pings, 4);
    device.say_from(
        "receiver-0",
        "sender-0",
        HEARTBEAT,
        &json!({ "type": "PING" }),
    );
    let pong = device.sent.front().unwrap();
    assert_eq!(
        (pong.source.as_str(), pong.destination.as_str()),
        ("sender-0", "receiver-0")
    );
    device.expect("PONG");
}

#[test]
fn capabilities_and_availability_are_asked_for_and_time_out() {
    let mut device = Device::streaming();
    device.command(Command::GetCapabilities);
    let seq = device.expect_to("s1", "GET_CAPABILITIES")["seqNum"].clone();
    device.say_from(
        "s1",
        US,
        WEBRTC,
        &json!({ "type": "CAPABILITIES_RESPONSE", "seqNum": seq, "result": "ok",
        "capabilities": { "mediaCaps": ["vp8", "4k"] } }),
    );
    let Event::Capabilities(Some(Ok(capabilities))) = device.event() else {
        panic!()
    };
    assert_eq!((capabilities.remoting, capabilities.media.len()), (1, 2));
    device.command(Command::GetCapabilities);
    device.expect("GET_CAPABILITIES");
    device.wait(4 * SECOND);
    assert_eq!(device.event(), Event::Capabilities(None));

    device.command(Command::GetAppAvailability(vec!["0F5096E8".into()]));
    let request = device.expect("GET_APP_AVAILABILITY")["requestId"].clone();
    device.say(
        &json!({ "responseType": "GET_APP_AVAILABILITY", "requestId": request,
        "availability": { "0f5096e8": "APP_AVAILABLE" } }),
    );
    let Event::AppAvailability(Some(apps)) = device.event() else {
        panic!()
    };
    assert_eq!(apps.get("0F5096E8"), Some(&true));
    device.command(Command::GetAppAvailability(vec!["0F5096E8".into()]));
    device.expect("GET_APP_AVAILABILITY");
    device.wait(5 * SECOND);
    assert_eq!(device.event(), Event::AppAvailability(None));
}
