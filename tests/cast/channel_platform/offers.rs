// SPDX-License-Identifier: GPL-3.0-or-later
//! OFFERs, and two senders at once.

use super::*;

#[test]
fn an_offer_is_answered_with_the_streams_that_can_be_played() {
    let mut senders = Senders::new();
    let transport = senders.launch(A);
    senders.offer(A, &transport, 41);
    let offered = senders.offered();
    assert_eq!(offered.selection.video.as_ref().unwrap().0, VideoCodec::Vp8);
    senders.take(&offered);
    let answer = senders.expect(A, "sender-1", "ANSWER");
    assert_eq!(answer["seqNum"], 41);
    assert_eq!(answer["answer"]["sendIndexes"], json!([0, 1]));
    assert_eq!(answer["answer"]["ssrcs"], json!([1112, 50112]));
    // Answering twice does nothing.
    senders.take(&offered);
    senders.expect_nothing();
}

#[test]
fn offers_that_cannot_be_used_get_their_error_and_those_without_a_number_none() {
    let (mut senders, transport) = Senders::streaming();
    let good = vectors("offers.json")["offers"][0]["offer"].clone();
    let with = |path: &str, value: Value| {
        let mut offer = good.clone();
        *offer.pointer_mut(path).unwrap() = value;
        offer
    };
    for (offer, code) in [
        (json!(null), 10_092),
        (with("/supportedStreams/0/aesKey", json!("x")), 10_092),
        (with("/castMode", json!("remoting")), 10_106),
        (json!({ "supportedStreams": [] }), 10_107),
    ] {
        senders.say_to(
            A,
            &transport,
            WEBRTC,
            &json!({ "type": "OFFER", "seqNum": 7, "offer": offer }),
        );
        let answer = senders.expect(A, "sender-1", "ANSWER");
        assert_eq!(
            (&answer["seqNum"], &answer["result"]),
            (&json!(7), &json!("error"))
        );
        assert_eq!(answer["error"]["code"], code, "{offer}");
        senders.expect_nothing();
    }
    senders.say_to(
        A,
        &transport,
        WEBRTC,
        &json!({ "type": "OFFER", "offer": good }),
    );
    senders.say_to(
        A,
        &transport,
        WEBRTC,
        &json!({ "type": "OFFER", "seqNum": -1, "offer": good }),
    );
    senders.say_to(
        A,
        &transport,
        WEBRTC,
        &json!({ "type": "PRESENTATION", "seqNum": 1 }),
    );
    senders.say_to(A, &transport, WEBRTC, &json!("no object"));
    senders.expect_nothing();
    senders.say_to(
        A,
        &transport,
        WEBRTC,
        &json!({ "type": "get_capabilities", "seqNum": 8 }),
    );
    let reply = senders.expect(A, "sender-1", "CAPABILITIES_RESPONSE");
    assert_eq!(
        (&reply["seqNum"], &reply["error"]["code"]),
        (&json!(8), &json!(10_106))
    );
}

#[test]
fn a_newer_offer_interrupts_one_that_waits_and_the_embedder_may_decline() {
    let mut senders = Senders::new();
    let transport = senders.launch(A);
    senders.offer(A, &transport, 1);
    let first = senders.offered();
    senders.offer(A, &transport, 2);
    let interrupted = senders.expect(A, "sender-1", "ANSWER");
    assert_eq!(
        (&interrupted["seqNum"], &interrupted["error"]["code"]),
        (&json!(1), &json!(10_101))
    );
    assert_eq!(senders.event(), Event::OfferWithdrawn(first.id));
    let second = senders.offered();
    senders.take(&first);
    senders.expect_nothing();
    let decline = Decline {
        code: ErrorCode::SocketClosed,
        description: "no port".into(),
    };
    senders.input(Input::Command(Command::Answer(second.id, Err(decline))));
    let answer = senders.expect(A, "sender-1", "ANSWER");
    assert_eq!(
        (&answer["seqNum"], &answer["error"]["code"]),
        (&json!(2), &json!(10_023))
    );
    senders.expect_nothing();
}

#[test]
fn a_second_sender_takes_over_when_its_offer_is_taken_and_the_first_hears_close() {
    let (mut senders, transport) = Senders::streaming();
    assert_eq!(senders.launch(B), transport);
    senders.offer(B, &transport, 1);
    let offered = senders.offered();
    assert_eq!(offered.connection, B);
    senders.take(&offered);
    senders.expect(B, "sender-1", "ANSWER");
    senders.expect(A, "sender-1", "CLOSE");
    senders.expect_nothing();
    // The first one's end means nothing any more.
    senders.input(Input::Closed(A));
    senders.expect_nothing();
    senders.input(Input::Closed(B));
    assert!(matches!(
        senders.event(),
        Event::Stopped {
            reason: StopReason::ConnectionLost,
            ..
        }
    ));
}

#[test]
fn an_application_launched_by_a_second_sender_survives_the_first() {
    let (mut senders, transport) = Senders::streaming();
    assert_eq!(senders.launch(B), transport);
    senders.input(Input::Closed(A));
    assert_eq!(senders.event(), Event::StreamsEnded);
    senders.expect_nothing();
    senders.offer(B, &transport, 1);
    senders.input(Input::Closed(B));
    let offered = senders.offered();
    assert_eq!(senders.event(), Event::OfferWithdrawn(offered.id));
    assert!(matches!(senders.event(), Event::Stopped { .. }));
}

#[test]
fn a_sender_that_launched_too_but_left_does_not_stop_the_one_that_streams() {
    let (mut senders, transport) = Senders::streaming();
    assert_eq!(senders.launch(B), transport);
    senders.input(Input::Closed(B));
    senders.expect_nothing();
    senders.input(Input::Closed(A));
    assert!(matches!(senders.event(), Event::Stopped { .. }));
}
