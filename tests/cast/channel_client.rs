// SPDX-License-Identifier: GPL-3.0-or-later
//! The sender's side of the control channel against a scripted device, on a fake clock.

use std::collections::VecDeque;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use telecast::cast::channel::client::{
    ChannelEnd, Client, ClientConfig, Command, Event, Input, Loss, MirroringApp, OfferFailure,
    Output, StartError, VolumeState,
};
use telecast::cast::channel::framing::{Framer, FramingError};
use telecast::cast::channel::message::CastMessage;
use telecast::cast::channel::messages::connection::CloseReason;
use telecast::cast::channel::messages::streaming::Refusal;
use telecast::cast::channel::namespace::{
    CONNECTION, DEVICE_AUTH, HEARTBEAT, MULTIZONE, RECEIVER, WEBRTC,
};
use telecast::cast::codec::VideoCodec;
use telecast::cast::error_code::ErrorCode;
use telecast::cast::offer::Offer;

use crate::support::vectors;

/// Our endpoint in these tests.
const US: &str = "sender-7";
const SECOND: Duration = Duration::from_secs(1);

/// The first OFFER of the vectors: Opus and VP8.
pub fn an_offer() -> Offer {
    static OFFER: LazyLock<Offer> =
        LazyLock::new(|| Offer::parse(&vectors("offers.json")["offers"][0]["offer"]).unwrap());
    OFFER.clone()
}

/// A device that does what the test says, and the client.
struct Device {
    client: Client,
    now: Instant,
    framer: Framer,
    sent: VecDeque<CastMessage>,
    events: VecDeque<Event>,
    pings: usize,
}

impl Device {
    fn new() -> Device {
        let now = Instant::now();
        let config = ClientConfig {
            sender_id: 7,
            user_agent: "Test".into(),
            version: "1".into(),
        };
        let mut device = Device {
            client: Client::new(config, now),
            now,
            framer: Framer::default(),
            sent: VecDeque::new(),
            events: VecDeque::new(),
            pings: 0,
        };
        device.drain();
        let connect = device.expect("CONNECT");
        assert_eq!(connect["connType"], 0);
        device
    }

    fn drain(&mut self) {
        while let Some(output) = self.client.poll(self.now) {
            match output {
                Output::Transmit(bytes) => self.framer.push(&bytes),
                Output::Event(event) => self.events.push_back(event),
            }
            while let Some(message) = self.framer.next_message().unwrap() {
                if message.namespace == HEARTBEAT && message.as_text() == Some(r#"{"type":"PING"}"#)
                {
                    self.pings += 1;
                } else {
                    self.sent.push_back(message);
                }
            }
        }
    }

    fn command(&mut self, command: Command) {
        self.client.handle(self.now, Input::Command(command));
        self.drain();
    }

    fn mirror(&mut self, app: MirroringApp, leftover: Option<&str>) {
        self.command(Command::Mirror {
            app,
            offer: Box::new(an_offer()),
            leftover: leftover.map(str::to_owned),
        });
    }

    /// The next message that the client sent: its payload, which must be of this type.
    fn expect(&mut self, kind: &str) -> Value {
        let message = self
            .sent
            .pop_front()
            .unwrap_or_else(|| panic!("nothing sent instead of {kind}"));
        let payload: Value = serde_json::from_str(message.as_text().unwrap()).unwrap();
        assert_eq!(payload["type"], kind, "{payload}");
        payload
    }

    fn expect_to(&mut self, destination: &str, kind: &str) -> Value {
        assert_eq!(
            self.sent
                .front()
                .map(|message| message.destination.as_str()),
            Some(destination)
        );
        self.expect(kind)
    }

    fn expect_nothing(&mut self) {
        assert!(self.sent.is_empty(), "{:?}", self.sent);
        assert!(self.events.is_empty(), "{:?}", self.events);
    }

    fn event(&mut self) -> Event {
        self.events.pop_front().expect("an event")
    }

    fn say_from(&mut self, source: &str, destination: &str, namespace: &str, payload: &Value) {
        let message = CastMessage::text(source, destination, namespace, payload.to_string());
        let bytes = message.encode().unwrap();
        self.client.handle(self.now, Input::Received(&bytes));
        self.drain();
    }

    fn say(&mut self, payload: &Value) {
        self.say_from("receiver-0", US, RECEIVER, payload);
    }

    fn broadcast(&mut self, apps: &Value) {
        let status = status(0, apps);
        self.say_from("receiver-0", "*", RECEIVER, &status);
    }

    /// Lets time pass, stopping at each timeout of the client, with a sign of life each second if `alive`.
    fn wait_while(&mut self, time: Duration, alive: bool) {
        let end = self.now + time;
        while self.now < end {
            let next = self
                .client
                .next_timeout()
                .unwrap_or(end)
                .min(self.now + SECOND)
                .min(end);
            assert!(
                next > self.now || next == end,
                "a timeout that does not pass"
            );
            self.now = next;
            if alive {
                self.say_from(
                    "receiver-0",
                    "sender-0",
                    HEARTBEAT,
                    &json!({ "type": "PONG" }),
                );
            }
            self.drain();
        }
    }

    fn wait(&mut self, time: Duration) {
        self.wait_while(time, true);
    }

    /// Up to the running application, its OFFER sent but not answered.
    fn launched() -> Device {
        let mut device = Device::new();
        device.mirror(MirroringApp::AudioVideo, None);
        let request = device.expect("GET_STATUS")["requestId"].clone();
        device.say(&status(request, &json!([])));
        let launch = device.expect("LAUNCH");
        assert_eq!(launch["appId"], "0F5096E8");
        device.say(&status(launch["requestId"].clone(), &app("0F5096E8", "s1")));
        device.expect_to("s1", "CONNECT");
        assert!(matches!(device.event(), Event::Launched { session_id, .. } if session_id == "s1"));
        device
    }

    /// Up to the agreed streams.
    fn streaming() -> Device {
        let mut device = Device::launched();
        let seq = device.expect_to("s1", "OFFER")["seqNum"].clone();
        device.say_from("s1", US, WEBRTC, &answer(&seq));
        assert!(matches!(device.event(), Event::Negotiated(_)));
        device.expect_nothing();
        device
    }
}

fn app(app_id: &str, session: &str) -> Value {
    json!([{ "appId": app_id, "sessionId": session, "transportId": session, "displayName": app_id,
             "namespaces": [{ "name": WEBRTC }] }])
}

fn status(request: impl Into<Value>, apps: &Value) -> Value {
    json!({ "type": "RECEIVER_STATUS", "requestId": request.into(), "status": { "applications": apps } })
}

fn answer(seq: &Value) -> Value {
    json!({ "type": "ANSWER", "seqNum": seq, "result": "ok",
            "answer": { "udpPort": 2344, "sendIndexes": [0, 1], "ssrcs": [1112, 50112] } })
}

#[test]
fn a_launch_that_is_answered_leads_to_agreed_streams() {
    let mut device = Device::launched();
    let offer = device.expect_to("s1", "OFFER");
    assert_eq!(offer["seqNum"], 1);
    device.say_from("s1", US, WEBRTC, &answer(&json!(1)));
    let Event::Negotiated(negotiated) = device.event() else {
        panic!()
    };
    assert_eq!(negotiated.answer.udp_port.get(), 2344);
    assert_eq!(negotiated.agreement.video.unwrap().codec, VideoCodec::Vp8);
    device.expect_nothing();
}

#[test]
fn the_application_may_appear_in_a_broadcast_before_any_answer() {
    let mut device = Device::new();
    device.mirror(MirroringApp::AudioVideo, None);
    let request = device.expect("GET_STATUS")["requestId"].clone();
    device.say(&status(request, &json!([])));
    let launch = device.expect("LAUNCH")["requestId"].clone();
    device.broadcast(&app("E8C28D3C", "idle"));
    device.expect_nothing();
    // Loading: not ready before it listens.
    let mut loading = app("0f5096e8", "s1");
    loading[0]["namespaces"] = json!([{ "name": "other" }]);
    device.broadcast(&loading);
    device.expect_nothing();
    device.broadcast(&app("0f5096e8", "s1"));
    device.expect_to("s1", "CONNECT");
    device.expect_to("s1", "OFFER");
    assert!(matches!(device.event(), Event::Launched { .. }));
    // The answers come late and change nothing.
    device.say(
        &json!({ "type": "LAUNCH_STATUS", "launchRequestId": launch, "status": "USER_ALLOWED" }),
    );
    device.say(&status(launch, &app("0F5096E8", "s1")));
    device.expect_nothing();
}

#[test]
fn a_session_that_ran_before_is_taken_only_when_the_reply_says_so() {
    let mut device = Device::new();
    device.mirror(MirroringApp::AudioVideo, None);
    let request = device.expect("GET_STATUS")["requestId"].clone();
    device.say(&status(request, &app("0F5096E8", "old")));
    let launch = device.expect("LAUNCH")["requestId"].clone();
    device.broadcast(&app("0F5096E8", "old"));
    device.expect_nothing();
    device.say(&status(launch, &app("0F5096E8", "old")));
    device.expect_to("old", "CONNECT");
}

#[test]
fn a_launch_without_an_answer_is_asked_for_after_five_seconds() {
    let mut device = Device::new();
    device.mirror(MirroringApp::AudioVideo, None);
    let request = device.expect("GET_STATUS")["requestId"].clone();
    device.say(&status(request, &json!([])));
    device.expect("LAUNCH");
    device.wait(5 * SECOND);
    let request = device.expect("GET_STATUS")["requestId"].clone();
    device.say(&status(request, &app("0F5096E8", "s1")));
    device.expect_to("s1", "CONNECT");
}

#[test]
fn our_own_old_session_is_stopped_first_and_has_three_seconds_to_vanish() {
    for vanishes in [true, false] {
        let mut device = Device::new();
        device.mirror(MirroringApp::AudioVideo, Some("old"));
        let request = device.expect("GET_STATUS")["requestId"].clone();
        device.say(&status(request, &app("0F5096E8", "old")));
        assert_eq!(device.expect("STOP")["sessionId"], "old");
        device.wait(Duration::from_millis(2900));
        device.expect_nothing();
        if vanishes {
            device.broadcast(&json!([]));
        } else {
            device.wait(Duration::from_millis(100));
        }
        device.expect("LAUNCH");
        device.expect_nothing();
    }
}

#[test]
fn a_device_that_does_not_tell_its_status_is_launched_all_the_same() {
    let mut device = Device::new();
    device.mirror(MirroringApp::AudioVideo, None);
    device.expect("GET_STATUS");
    device.wait(5 * SECOND);
    device.expect("LAUNCH");
}

#[test]
fn a_device_without_the_audio_application_gets_the_other_one() {
    let mut device = Device::new();
    device.mirror(MirroringApp::AudioOnly, None);
    let request = device.expect("GET_STATUS")["requestId"].clone();
    device.say(&status(request, &json!([])));
    let launch = device.expect("LAUNCH");
    assert_eq!(launch["appId"], "85CDB22F");
    device.say(
        &json!({ "type": "LAUNCH_ERROR", "requestId": launch["requestId"], "reason": "NOT_FOUND" }),
    );
    let launch = device.expect("LAUNCH");
    assert_eq!(launch["appId"], "0F5096E8");
    device.say(
        &json!({ "type": "LAUNCH_ERROR", "requestId": launch["requestId"], "reason": "NOT_FOUND" }),
    );
    assert_eq!(
        device.event(),
        Event::StartFailed(StartError::Refused("NOT_FOUND".into()))
    );
    device.expect_nothing();
}

#[test]
fn a_launch_ends_in_the_error_that_the_device_names() {
    let refused = |word: &str| StartError::Refused(word.into());
    for (reply, error) in [
        (
            json!({ "type": "LAUNCH_ERROR", "reason": "SYSTEM_ERROR" }),
            refused("SYSTEM_ERROR"),
        ),
        (
            json!({ "type": "LAUNCH_ERROR", "reason": "ODD" }),
            refused("ODD"),
        ),
        (
            json!({ "type": "INVALID_REQUEST", "reason": "INVALID_COMMAND" }),
            refused("INVALID_COMMAND"),
        ),
        (
            json!({ "type": "LAUNCH_ERROR", "reason": "CANCELLED" }),
            StartError::Declined,
        ),
        (
            json!({ "type": "LAUNCH_ERROR", "reason": "SYSTEM_ERROR", "extendedError": "USER_NOT_ALLOWED" }),
            StartError::Declined,
        ),
        (
            json!({ "type": "LAUNCH_STATUS", "status": "USER_NOT_ALLOWED" }),
            StartError::Declined,
        ),
    ] {
        let mut device = Device::new();
        device.mirror(MirroringApp::AudioVideo, None);
        let request = device.expect("GET_STATUS")["requestId"].clone();
        device.say(&status(request, &json!([])));
        let mut foreign = reply.clone();
        foreign["requestId"] = json!(99);
        device.say(&foreign);
        device.expect("LAUNCH");
        device.expect_nothing();
        let mut reply = reply;
        reply["requestId"] = json!(2);
        device.say(&reply);
        assert_eq!(device.event(), Event::StartFailed(error), "{reply}");
        device.expect_nothing();
    }
}

#[test]
fn the_negotiation_is_given_up_after_twelve_seconds() {
    let mut device = Device::new();
    device.mirror(MirroringApp::AudioVideo, None);
    let request = device.expect("GET_STATUS")["requestId"].clone();
    device.say(&status(request, &json!([])));
    device.wait(Duration::from_millis(11_999));
    assert!(device.events.is_empty());
    device.wait(Duration::from_millis(1));
    assert_eq!(device.event(), Event::StartFailed(StartError::Timeout));
    // Should it come up after all, it is not left running.
    device.sent.clear();
    device.broadcast(&app("0F5096E8", "late"));
    assert_eq!(device.expect("STOP")["sessionId"], "late");
}

#[test]
fn the_viewers_decision_may_take_two_minutes_and_costs_nothing_of_the_twelve_seconds() {
    let mut device = Device::new();
    device.mirror(MirroringApp::AudioVideo, None);
    let request = device.expect("GET_STATUS")["requestId"].clone();
    device.say(&status(request, &json!([])));
    let launch = device.expect("LAUNCH")["requestId"].clone();
    let report =
        |word: &str| json!({ "type": "LAUNCH_STATUS", "launchRequestId": launch, "status": word });
    device.wait(4 * SECOND);
    device.say(&report("USER_PENDING_AUTHORIZATION"));
    device.say(&report("USER_PENDING_AUTHORIZATION"));
    assert_eq!(device.event(), Event::ConfirmationNeeded);
    device.wait(119 * SECOND);
    device.expect_nothing();
    device.say(&report("USER_ALLOWED"));
    assert_eq!(device.event(), Event::Confirmed);
    device.wait(Duration::from_millis(7_900));
    device.expect("GET_STATUS");
    device.expect_nothing();
    device.wait(Duration::from_millis(200));
    assert_eq!(device.event(), Event::StartFailed(StartError::Timeout));
}

#[test]
fn without_a_decision_of_the_viewer_the_launch_fails_after_two_minutes_and_can_be_cancelled_before()
{
    for cancelled in [false, true] {
        let mut device = Device::new();
        device.mirror(MirroringApp::AudioVideo, None);
        let request = device.expect("GET_STATUS")["requestId"].clone();
        device.say(&status(request, &json!([])));
        let launch = device.expect("LAUNCH")["requestId"].clone();
        device.say(&json!({ "type": "LAUNCH_STATUS", "launchRequestId": launch, "status": "USER_PENDING_AUTHORIZATION" }));
        assert_eq!(device.event(), Event::ConfirmationNeeded);
        if cancelled {
            device.wait(60 * SECOND);
            device.command(Command::Stop);
            assert_eq!(device.event(), Event::Stopped);
        } else {
            device.wait(120 * SECOND);
            assert_eq!(device.event(), Event::StartFailed(StartError::NotConfirmed));
        }
        // A late yes starts nothing that would stay.
        device.broadcast(&app("0F5096E8", "s1"));
        assert_eq!(device.expect("STOP")["sessionId"], "s1");
        device.expect_nothing();
    }
}

#[test]
fn a_launch_that_is_cancelled_stops_the_application_when_it_appears() {
    let mut device = Device::new();
    device.mirror(MirroringApp::AudioVideo, None);
    let request = device.expect("GET_STATUS")["requestId"].clone();
    device.say(&status(request, &json!([])));
    device.expect("LAUNCH");
    device.command(Command::Stop);
    device.expect_nothing();
    device.broadcast(&app("0F5096E8", "s1"));
    assert_eq!(device.expect("STOP")["sessionId"], "s1");
    device.expect_nothing();
    device.broadcast(&json!([]));
    assert_eq!(device.event(), Event::Stopped);
}

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
fn each_way_of_losing_the_application_is_told_apart() {
    let closed = |device: &mut Device| {
        device.say_from(
            "s1",
            US,
            CONNECTION,
            &json!({ "type": "CLOSE", "reasonCode": 5 }),
        );
        device.expect("GET_STATUS");
        device.expect_nothing();
    };
    let mut device = Device::streaming();
    device.broadcast(&app("CC1AD845", "s2"));
    let replaced = Loss::Replaced {
        app_id: "CC1AD845".into(),
        display_name: "CC1AD845".into(),
    };
    assert_eq!(device.event(), Event::Lost(replaced.clone()));

    let mut device = Device::streaming();
    closed(&mut device);
    device.broadcast(&app("CC1AD845", "s2"));
    assert_eq!(device.event(), Event::Lost(replaced));

    let mut device = Device::streaming();
    let mut idle = app("E8C28D3C", "idle");
    idle[0]["isIdleScreen"] = json!(true);
    device.broadcast(&idle);
    assert_eq!(device.event(), Event::Lost(Loss::Gone { stand_by: false }));

    let mut device = Device::streaming();
    let mut asleep = status(0, &json!([]));
    asleep["status"]["isStandBy"] = json!(true);
    device.say_from("receiver-0", "*", RECEIVER, &asleep);
    assert_eq!(device.event(), Event::Lost(Loss::Gone { stand_by: true }));

    let mut device = Device::streaming();
    closed(&mut device);
    device.broadcast(&app("0F5096E8", "s1"));
    device.wait(SECOND);
    assert_eq!(
        device.event(),
        Event::Lost(Loss::Closed(CloseReason::ClosedBySelf))
    );
    // The connection is still good for another try.
    device.mirror(MirroringApp::AudioVideo, None);
    device.expect("GET_STATUS");
}

#[test]
fn stopping_waits_for_the_application_to_vanish_but_not_longer_than_three_seconds() {
    for (vanishes, close) in [(true, false), (true, true), (false, true)] {
        let mut device = Device::streaming();
        device.command(if close { Command::Close } else { Command::Stop });
        assert_eq!(device.expect("STOP")["sessionId"], "s1");
        device.wait(Duration::from_millis(2_900));
        device.expect_nothing();
        if vanishes {
            device.broadcast(&json!([]));
        } else {
            device.wait(Duration::from_millis(100));
        }
        device.expect_to("s1", "CLOSE");
        assert_eq!(device.event(), Event::Stopped);
        if close {
            device.expect_to("receiver-0", "CLOSE");
            assert_eq!(device.event(), Event::Ended(ChannelEnd::Closed));
            assert_eq!(device.client.next_timeout(), None);
        }
        device.expect_nothing();
    }
}

#[test]
fn a_stop_without_an_application_is_done_at_once() {
    let mut device = Device::new();
    device.command(Command::Stop);
    assert_eq!(device.event(), Event::Stopped);
    device.command(Command::Close);
    assert_eq!(device.event(), Event::Stopped);
    device.expect("CLOSE");
    assert_eq!(device.event(), Event::Ended(ChannelEnd::Closed));
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
fn a_silent_device_is_given_up_after_fifteen_seconds() {
    let mut device = Device::streaming();
    device.wait_while(Duration::from_millis(14_999), false);
    assert!(device.events.is_empty());
    device.wait_while(Duration::from_millis(1), false);
    assert_eq!(
        device.event(),
        Event::Ended(ChannelEnd::Silent(15 * SECOND))
    );
    device.mirror(MirroringApp::AudioVideo, None);
    device.expect_nothing();
}

#[test]
fn garbage_a_closed_connection_and_a_refused_one_end_the_channel() {
    let mut device = Device::streaming();
    device
        .client
        .handle(device.now, Input::Received(&[0, 1, 0, 1]));
    device.drain();
    assert_eq!(
        device.event(),
        Event::Ended(ChannelEnd::Garbage(FramingError::TooLong(65_537)))
    );

    let mut device = Device::streaming();
    device.command(Command::Stop);
    device.expect("STOP");
    device.client.handle(device.now, Input::Closed);
    device.drain();
    assert_eq!(device.event(), Event::Stopped);
    assert_eq!(device.event(), Event::Ended(ChannelEnd::ClosedByPeer));

    let mut device = Device::new();
    device.say_from("receiver-0", US, CONNECTION, &json!({ "type": "CLOSE" }));
    assert_eq!(
        device.event(),
        Event::Ended(ChannelEnd::Refused(CloseReason::ClosedByPeer))
    );
}

#[test]
fn wishes_for_the_volume_go_one_by_one_and_the_newest_waits() {
    let mut device = Device::new();
    for level in [0.1, 0.2, 7.0] {
        device.command(Command::SetLevel(level));
    }
    device.command(Command::SetMuted(true));
    let first = device.expect("SET_VOLUME");
    assert_eq!(first["volume"], json!({ "level": 0.1 }));
    device.expect_nothing();
    let report = |request: &Value, level: f64, muted: bool| {
        json!({ "type": "RECEIVER_STATUS", "requestId": request,
                "status": { "volume": { "level": level, "muted": muted, "controlType": "master" } } })
    };
    device.say(&report(&first["requestId"], 0.1, false));
    assert_eq!(
        device.event(),
        Event::Volume(VolumeState {
            level: 0.1,
            muted: false,
            adjustable: true
        })
    );
    let second = device.expect("SET_VOLUME");
    assert_eq!(second["volume"], json!({ "level": 1.0 }));
    device.say(&json!({ "type": "INVALID_REQUEST", "requestId": second["requestId"], "reason": "INVALID_COMMAND" }));
    assert_eq!(device.event(), Event::VolumeRefused);
    let third = device.expect("SET_VOLUME");
    assert_eq!(third["volume"], json!({ "muted": true }));
    device.wait(5 * SECOND);
    assert_eq!(device.event(), Event::VolumeRefused);
    // A status that says nothing new is no news.
    device.say(&report(&json!(0), 0.1, false));
    device.expect_nothing();
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

#[test]
fn messages_of_other_families_to_other_endpoints_and_strange_ones_are_ignored() {
    let mut device = Device::streaming();
    let gone = status(0, &json!([]));
    device.say_from("receiver-0", "sender-8", RECEIVER, &gone);
    device.say_from("someone", US, RECEIVER, &gone);
    device.say_from(
        "receiver-0",
        US,
        MULTIZONE,
        &json!({ "type": "MULTIZONE_STATUS", "status": { "devices": [] } }),
    );
    device.say_from("receiver-0", US, "urn:x-cast:other", &gone);
    device.say_from("receiver-0", US, DEVICE_AUTH, &gone);
    device.say(&json!({ "type": "RECEIVER_STATUS", "requestId": 0 }));
    device.say(&json!([1, 2]));
    device.say_from(
        "receiver-0",
        US,
        CONNECTION,
        &json!({ "type": "CONNECTED", "protocolVersion": 3 }),
    );
    device.expect_nothing();
}

#[test]
fn an_application_is_not_launched_over_another_and_not_offered_to_without_one() {
    let mut device = Device::streaming();
    device.mirror(MirroringApp::AudioVideo, None);
    assert_eq!(device.event(), Event::StartFailed(StartError::Busy));
    let mut device = Device::new();
    device.command(Command::Offer(Box::new(an_offer())));
    assert_eq!(device.event(), Event::OfferFailed(OfferFailure::NotRunning));
    device.expect_nothing();
}
