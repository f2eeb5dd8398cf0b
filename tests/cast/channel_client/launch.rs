// SPDX-License-Identifier: GPL-3.0-or-later
//! From the wish to mirror to the running application.

use super::*;

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
fn a_device_that_tells_what_it_lacks_is_asked_for_the_other_application_at_once() {
    for (speaker, screen, launched) in [
        ("APP_UNAVAILABLE", "APP_AVAILABLE", "0F5096E8"),
        ("APP_AVAILABLE", "APP_AVAILABLE", "85CDB22F"),
        ("APP_UNAVAILABLE", "APP_UNAVAILABLE", "85CDB22F"),
        ("", "", "85CDB22F"),
    ] {
        let mut device = Device::new();
        device.mirror(MirroringApp::AudioOnly, None);
        assert_eq!(device.asked["appId"], json!(["85CDB22F", "0F5096E8"]));
        let request = device.expect("GET_STATUS")["requestId"].clone();
        device.expect_nothing();
        if !speaker.is_empty() {
            device.say(
                &json!({ "responseType": "GET_APP_AVAILABILITY", "requestId": device.asked["requestId"],
                         "availability": { "85CDB22F": speaker, "0F5096E8": screen } }),
            );
            device.expect_nothing();
        }
        device.say(&status(request, &json!([])));
        assert_eq!(device.expect("LAUNCH")["appId"], launched);
        device.expect_nothing();
    }
}

#[test]
fn what_a_device_lacks_changes_no_launch_that_is_under_way() {
    let mut device = Device::new();
    device.mirror(MirroringApp::AudioOnly, None);
    let request = device.expect("GET_STATUS")["requestId"].clone();
    device.say(&status(request, &json!([])));
    let launch = device.expect("LAUNCH")["requestId"].clone();
    device.say(
        &json!({ "responseType": "GET_APP_AVAILABILITY", "requestId": device.asked["requestId"],
                 "availability": { "85CDB22F": "APP_UNAVAILABLE", "0F5096E8": "APP_AVAILABLE" } }),
    );
    device.expect_nothing();
    device.say(&status(launch, &app("85CDB22F", "s1")));
    device.expect_to("s1", "CONNECT");
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
        let launch = device.expect("LAUNCH")["requestId"].clone();
        device.expect_nothing();
        let mut reply = reply;
        reply["requestId"] = launch;
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
            assert_eq!(device.event(), Event::Stopped { vanished: false });
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
    assert_eq!(device.event(), Event::Stopped { vanished: true });
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
