// SPDX-License-Identifier: GPL-3.0-or-later
//! ANSWERs, their envelopes and what follows from them: `answers.json`, `capture_recommendations.json`, arbitrary JSON.

use std::num::NonZeroU16;

use proptest::prelude::*;
use serde_json::{Value, json};
use telecast::cast::answer::{Answer, AnswerError, CaptureLimits, Scaling};
use telecast::cast::channel::messages::streaming::{
    Capabilities, MediaCapability, ReceiverBody, ReceiverMessage, Refusal, SenderBody,
    SenderMessage,
};
use telecast::cast::codec::{AudioCodec, VideoCodec};
use telecast::cast::error_code::ErrorCode;
use telecast::cast::frame::Ssrc;
use telecast::cast::offer::{Abilities, Offer};

use crate::channel_parsers::any_json;
use crate::deviations::Deviations;
use crate::support::{cases, vectors};

/// Our reading of one expected field.
fn field(answer: &Answer, name: &str) -> Value {
    match name {
        "udp_port" => json!(answer.udp_port),
        "send_indexes" => answer.streams.iter().map(|stream| stream.index).collect(),
        "ssrcs" => answer.streams.iter().map(|stream| stream.ssrc.0).collect(),
        "audio_min_bit_rate" => json!(answer.constraints.as_ref().unwrap().audio.min_bit_rate),
        "video_min_bit_rate" => json!(answer.constraints.as_ref().unwrap().video.min_bit_rate),
        "scaling" => match answer.display.unwrap().scaling {
            Some(Scaling::Sender) => json!("sender"),
            Some(Scaling::Receiver) => json!("receiver"),
            None => Value::Null,
        },
        "receiver_rtcp_event_log" => json!(answer.event_log),
        "receiver_rtcp_dscp" => json!(answer.dscp),
        "rtp_extensions" => json!(answer.rtp_extensions),
        other => panic!("unknown expectation {other}"),
    }
}

#[test]
fn every_answer_of_the_vectors_is_decided_as_the_reference_does_or_as_listed() {
    let file = vectors("answers.json");
    let mut deviations = Deviations::of("answers.json");
    for case in cases(&file, "answers") {
        let note = case["note"].as_str().unwrap();
        let answer = Answer::parse(&case["answer"]);
        let verdict = if answer.is_ok() { "ok" } else { "error" };
        deviations.compare(note, "verdict", case["verdict"].as_str().unwrap(), verdict);
        if let Ok(answer) = answer {
            for (name, value) in case["expect"].as_object().into_iter().flatten() {
                deviations.compare(note, name, value, field(&answer, name));
            }
        }
    }
    deviations.finish();
}

#[test]
fn every_good_answer_of_the_vectors_is_read_back_as_written() {
    for case in cases(&vectors("answers.json"), "answers") {
        let Ok(mut answer) = Answer::parse(&case["answer"]) else {
            continue;
        };
        let again = Answer::parse(&answer.to_json()).unwrap();
        // The writer never leaves out the rate that a picky sender wants.
        if let (Some(ours), Some(written)) = (&mut answer.constraints, &again.constraints) {
            ours.video.max_pixels_per_second = ours
                .video
                .max_pixels_per_second
                .or(written.video.max_pixels_per_second);
        }
        assert_eq!(again, answer, "{}", case["note"]);
    }
}

#[test]
fn every_envelope_of_the_vectors_is_understood() {
    for case in cases(&vectors("answers.json"), "envelopes") {
        let expect = &case["expect"];
        let message = ReceiverMessage::parse(&case["message"].to_string()).unwrap();
        assert_eq!(
            message.seq.map_or(-1, i64::from),
            expect["seq_num"].as_i64().unwrap_or(-1),
            "{}",
            case["note"]
        );
        let (kind, valid) = match &message.body {
            ReceiverBody::Answer(answer) => ("ANSWER", answer.is_ok() && message.seq.is_some()),
            ReceiverBody::Capabilities(capabilities) => {
                ("CAPABILITIES_RESPONSE", capabilities.is_ok())
            }
            ReceiverBody::Rpc(_) => ("RPC", true),
            ReceiverBody::Input => ("INPUT", true),
            ReceiverBody::Unknown => ("unknown", false),
        };
        assert_eq!(kind, expect["type"], "{}", case["note"]);
        if let Some(expected) = expect["valid"].as_bool() {
            assert_eq!(valid, expected, "{}", case["note"]);
        }
        if expect["body"] == "none" {
            assert_eq!(
                message.body,
                ReceiverBody::Capabilities(Err(Refusal::Capabilities))
            );
        }
        if let (ReceiverBody::Answer(Err(refusal)), Some(code)) =
            (&message.body, expect.get("error_code"))
        {
            match refusal {
                Refusal::Error {
                    code: ours,
                    description,
                } => {
                    assert_eq!(Some(ours.to_wire()), code.as_i64());
                    assert_eq!(description, "x");
                    let library = expect["library_code"].as_i64().map(|code| code + 10_000);
                    assert_eq!(!matches!(ours, ErrorCode::Other(_)), library.is_some());
                }
                refusal => assert!(code.is_null(), "{refusal:?}"),
            }
        }
        if let ReceiverBody::Capabilities(Ok(capabilities)) = &message.body {
            assert_eq!(json!(capabilities.remoting), expect["remoting"]);
            if let Some(count) = expect["media_caps"].as_u64() {
                assert_eq!(capabilities.media.len() as u64, count);
            }
        }
        if let ReceiverBody::Rpc(text) = &message.body {
            assert_eq!(*text, case["message"]["rpc"]);
        }
    }
}

#[test]
fn an_ok_with_a_broken_body_is_an_invalid_answer() {
    let text = r#"{"type":"ANSWER","seqNum":1,"result":"ok","answer":{"udpPort":1,"sendIndexes":[0,1],"ssrcs":[5]}}"#;
    let message = ReceiverMessage::parse(text).unwrap();
    let lengths = AnswerError::UnequalLengths {
        indexes: 2,
        ssrcs: 1,
    };
    assert_eq!(
        message.body,
        ReceiverBody::Answer(Err(Refusal::Answer(lengths)))
    );
}

#[test]
fn a_long_description_of_an_error_is_cut_at_a_character() {
    let text = ReceiverMessage::answer_error(3, ErrorCode::NoStreamSelected, &"é".repeat(400));
    let Some(ReceiverMessage {
        body: ReceiverBody::Answer(Err(Refusal::Error { description, .. })),
        ..
    }) = ReceiverMessage::parse(&text)
    else {
        panic!("{text}")
    };
    assert_eq!(description, "é".repeat(256));
}

#[test]
fn capture_limits_are_those_of_the_vectors() {
    let file = vectors("capture_recommendations.json");
    let mut deviations = Deviations::of("capture_recommendations.json");
    for case in cases(&file, "cases") {
        let answer = Answer::parse(&json!({
            "udpPort": 1, "sendIndexes": [0], "ssrcs": [1], "display": case["display"], "constraints": case["constraints"],
        }))
        .unwrap();
        let CaptureLimits { audio, video } = answer.capture_limits();
        let ours = json!({
            "audio": {
                "min_bit_rate": audio.min_bit_rate,
                "max_bit_rate": audio.max_bit_rate,
                "max_delay_ms": audio.max_delay.as_millis() as u64,
                "max_channels": audio.max_channels,
                "max_sample_rate": audio.max_sample_rate,
                "min_sample_rate": audio.min_sample_rate,
            },
            "video": {
                "min_bit_rate": video.min_bit_rate,
                "max_bit_rate": video.max_bit_rate,
                "min": [video.minimum.width, video.minimum.height],
                "max": [
                    video.maximum.resolution.width,
                    video.maximum.resolution.height,
                    video.maximum.frame_rate.per_second() as u32,
                ],
                "supports_scaling": video.receiver_scales,
                "max_delay_ms": video.max_delay.as_millis() as u64,
                "max_pixels_per_second": video.max_pixels_per_second as u64,
            },
        });
        for part in ["audio", "video"] {
            for (name, value) in case["expect"][part].as_object().unwrap() {
                deviations.compare(
                    case["note"].as_str().unwrap(),
                    &format!("{part} {name}"),
                    value,
                    &ours[part][name],
                );
            }
        }
    }
    deviations.finish();
}

fn offer() -> Offer {
    Offer::parse(&vectors("offers.json")["offers"][0]["offer"]).unwrap()
}

#[test]
fn an_agreement_takes_one_stream_of_each_kind_and_skips_what_was_not_offered() {
    let answer = |indexes: &[u32]| {
        let ssrcs: Vec<u32> = indexes.iter().map(|index| 100 + index).collect();
        Answer::parse(&json!({ "udpPort": 9, "sendIndexes": indexes, "ssrcs": ssrcs })).unwrap()
    };
    let agreement = answer(&[7, 1, 0, 1]).agree(&offer()).unwrap();
    let video = agreement.video.unwrap();
    assert_eq!(
        (video.codec, video.receiver_ssrc),
        (VideoCodec::Vp8, Ssrc(101))
    );
    assert_eq!(agreement.audio.unwrap().receiver_ssrc, Ssrc(100));
    assert_eq!(answer(&[0]).agree(&offer()).unwrap().video, None);
    assert_eq!(
        answer(&[7]).agree(&offer()),
        Err(AnswerError::NothingOffered)
    );
}

#[test]
fn our_answer_is_agreed_to_by_the_sender_of_the_offer() {
    let mut offer = offer();
    offer.audio[0].stream.dscp = Some(46);
    offer.video[0].stream.dscp = Some(46);
    let all = Abilities {
        video: VideoCodec::ALL.to_vec(),
        audio: AudioCodec::ALL.to_vec(),
    };
    let answer = Answer::to(&offer.select(&all).unwrap(), NonZeroU16::new(2345).unwrap());
    let text = ReceiverMessage::answer(4, &answer);
    let Some(ReceiverMessage {
        seq: Some(4),
        body: ReceiverBody::Answer(Ok(read)),
    }) = ReceiverMessage::parse(&text)
    else {
        panic!("{text}")
    };
    assert_eq!(*read, answer);
    assert_eq!(read.event_log, [0, 1], "both streams send their event log");
    assert!(read.marks_all_streams());
    assert_eq!(
        read.agree(&offer).unwrap().video.unwrap().receiver_ssrc,
        Ssrc(50_112)
    );
}

proptest! {
    #[test]
    fn no_json_makes_the_parsers_panic(body in any_json(), kind in prop::sample::select(vec!["ANSWER", "offer", "Capabilities_Response", "RPC"])) {
        if let Ok(answer) = Answer::parse(&body) {
            prop_assert!(!answer.streams.is_empty());
        }
        let message = json!({ "type": kind, "seqNum": body, "result": "ok", "answer": body, "offer": body, "capabilities": body, "rpc": body });
        let read = ReceiverMessage::parse(&message.to_string());
        prop_assert!(read.is_some() || kind == "RPC");
        prop_assert!(SenderMessage::parse(&message.to_string()).is_some());
    }

    #[test]
    fn capabilities_are_read_as_written(seq in 0..1000_u32, remoting in 0..5_u32, all in any::<bool>()) {
        let media = if all { vec![MediaCapability::FourK, MediaCapability::Hevc] } else { vec![MediaCapability::Audio] };
        let capabilities = Capabilities { remoting, media };
        let read = ReceiverMessage::parse(&ReceiverMessage::capabilities(seq, &capabilities)).unwrap();
        prop_assert_eq!(read, ReceiverMessage { seq: Some(seq), body: ReceiverBody::Capabilities(Ok(capabilities)) });
    }

    #[test]
    fn offers_are_read_as_written(seq in 0..1000_u32) {
        let read = SenderMessage::parse(&SenderMessage::offer(seq, &offer())).unwrap();
        prop_assert_eq!(read, SenderMessage { seq: Some(seq), body: SenderBody::Offer(Ok(offer())) });
    }
}
