// SPDX-License-Identifier: GPL-3.0-or-later
//! OFFERs: `offers.json`, arbitrary JSON, what is written is read back, selection.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use telecast::cast::codec::{AudioCodec, VideoCodec};
use telecast::cast::error_code::ErrorCode;
use telecast::cast::offer::{
    Abilities, AudioPlan, CastMode, Offer, OfferError, OfferPlan, Stream, VideoPlan,
};
use telecast::cast::picture::{FrameRate, Resolution};

use crate::channel_parsers::any_json;
use crate::deviations::Deviations;
use crate::support::{cases, vectors};

fn only_stream(offer: &Offer) -> &Stream {
    let audio = offer.audio.iter().map(|audio| &audio.stream);
    audio
        .chain(offer.video.iter().map(|video| &video.stream))
        .next()
        .unwrap()
}

/// Our reading of one expected field.
fn field(offer: &Offer, name: &str) -> Value {
    match name {
        "audio_streams" => json!(offer.audio.len()),
        "video_streams" => json!(offer.video.len()),
        "cast_mode" => json!(if offer.cast_mode == CastMode::Remoting {
            "remoting"
        } else {
            "mirroring"
        }),
        "channels" => json!(offer.audio[0].channels),
        "target_delay_ms" => json!(only_stream(offer).target_delay.as_millis() as u64),
        "receiver_rtcp_dscp" => json!(only_stream(offer).dscp),
        "receiver_rtcp_event_log" => json!(only_stream(offer).event_log),
        "rtp_extensions" => json!(only_stream(offer).rtp_extensions),
        "video_max_bit_rate" => json!(offer.video[0].max_bit_rate),
        "video_max_frame_rate" => json!(offer.video[0].max_frame_rate.to_string()),
        "video_resolutions" => json!(offer.video[0].resolutions.len()),
        other => panic!("unknown expectation {other}"),
    }
}

#[test]
fn every_offer_of_the_vectors_is_decided_as_the_reference_does_or_as_listed() {
    let file = vectors("offers.json");
    let mut deviations = Deviations::of("offers.json");
    for case in cases(&file, "offers") {
        let note = case["note"].as_str().unwrap();
        let offer = Offer::parse(&case["offer"]);
        let verdict = if offer.is_ok() { "ok" } else { "error" };
        deviations.compare(note, "verdict", case["verdict"].as_str().unwrap(), verdict);
        let expect = case["expect"].as_object().into_iter().flatten();
        match offer {
            Ok(offer) => expect.for_each(|(name, value)| {
                deviations.compare(note, name, value, field(&offer, name));
            }),
            Err(error) => expect.for_each(|(name, value)| {
                assert_eq!(name, "error_code");
                let code = value.as_i64().unwrap() + 10_000;
                deviations.compare(note, name, code, error.code().to_wire());
            }),
        }
    }
    deviations.finish();
}

#[test]
fn every_good_offer_of_the_vectors_is_read_back_as_written() {
    for case in cases(&vectors("offers.json"), "offers") {
        if let Ok(offer) = Offer::parse(&case["offer"]) {
            assert_eq!(
                Offer::parse(&offer.to_json()),
                Ok(offer),
                "{}",
                case["note"]
            );
        }
    }
}

#[test]
fn two_streams_of_one_index_spoil_the_offer() {
    let mut body = plan().offer(counting()).to_json();
    body["supportedStreams"][1]["index"] = json!(0);
    assert_eq!(Offer::parse(&body), Err(OfferError::RepeatedIndex(0)));
}

fn plan() -> OfferPlan {
    let video = |codec| VideoPlan {
        codec,
        resolution: Resolution {
            width: 1920,
            height: 1080,
        },
        max_frame_rate: FrameRate::whole(30),
        max_bit_rate: 5_000_000,
    };
    OfferPlan {
        audio: vec![AudioPlan {
            codec: AudioCodec::Opus,
            sample_rate: 48_000,
            channels: 2,
            bit_rate: 128_000,
        }],
        video: vec![
            video(VideoCodec::Vp9),
            video(VideoCodec::H264),
            video(VideoCodec::Vp8),
        ],
        target_delay: Duration::from_millis(200),
        dscp: Some(34),
    }
}

/// Not random at all, but never twice the same.
fn counting() -> impl FnMut(&mut [u8]) {
    let mut next = 0_u8;
    move |bytes| {
        for byte in bytes {
            next = next.wrapping_add(1);
            *byte = next;
        }
    }
}

#[test]
fn a_planned_offer_has_the_numbers_that_receivers_expect() {
    let offer = plan().offer(counting());
    assert_eq!(Offer::parse(&offer.to_json()).as_ref(), Ok(&offer));
    let streams: Vec<&Stream> = (0..4).map(|index| offer.stream(index).unwrap()).collect();
    assert_eq!(
        streams
            .iter()
            .map(|stream| stream.payload_type)
            .collect::<Vec<_>>(),
        [127, 96, 96, 96]
    );
    assert!((1..=50_000).contains(&streams[0].ssrc.0));
    for stream in &streams[1..] {
        assert!((50_001..=100_000).contains(&stream.ssrc.0));
    }
    for (at, stream) in streams.iter().enumerate() {
        for other in &streams[at + 1..] {
            assert!(
                stream.ssrc.0.abs_diff(other.ssrc.0) > 1,
                "the receiver takes the next number"
            );
            assert_ne!(stream.keys, other.keys);
        }
    }
    assert_eq!(offer.video[0].stream.codec_parameter, "vp09.00.40.08");
    assert!(!format!("{offer:?}").contains(&streams[0].keys.aes_key_hex()));
}

#[test]
fn the_receiver_takes_streams_by_its_own_preference_and_only_what_it_can_decode() {
    let offer = plan().offer(counting());
    let select = |video: &[VideoCodec], audio: &[AudioCodec]| {
        offer.select(&Abilities {
            video: video.to_vec(),
            audio: audio.to_vec(),
        })
    };
    let both = select(
        &[VideoCodec::Av1, VideoCodec::Vp8, VideoCodec::Vp9],
        &[AudioCodec::Aac, AudioCodec::Opus],
    )
    .unwrap();
    assert_eq!(
        both.video
            .map(|(codec, stream)| (codec, stream.stream.index)),
        Some((VideoCodec::Vp8, 3))
    );
    assert_eq!(
        both.audio
            .map(|(codec, stream)| (codec, stream.stream.index)),
        Some((AudioCodec::Opus, 0))
    );
    let sound = select(&[VideoCodec::Av1], &[AudioCodec::Opus]).unwrap();
    assert_eq!(sound.video, None);
    assert_eq!(
        select(&[VideoCodec::Av1], &[AudioCodec::Aac]),
        Err(ErrorCode::NoStreamSelected)
    );
    let remoting = Offer {
        cast_mode: CastMode::Remoting,
        ..offer.clone()
    };
    let all = Abilities {
        video: VideoCodec::ALL.to_vec(),
        audio: AudioCodec::ALL.to_vec(),
    };
    assert_eq!(remoting.select(&all), Err(ErrorCode::RemotingNotSupported));
    let nothing = Offer {
        audio: vec![],
        video: vec![],
        ..offer
    };
    assert_eq!(nothing.select(&all), Err(ErrorCode::NoStreamSelected));
}

/// The keys of an OFFER, of a stream and of an ANSWER.
const KEYS: [&str; 14] = [
    "index",
    "type",
    "codecName",
    "codecParameter",
    "rtpPayloadType",
    "ssrc",
    "timeBase",
    "channels",
    "targetDelay",
    "aesKey",
    "bitRate",
    "maxFrameRate",
    "resolutions",
    "receiverRtcpDscp",
];

proptest! {
    #[test]
    fn no_json_makes_the_parser_panic(body in any_json()) {
        prop_assert!(Offer::parse(&body).is_ok() || Offer::parse(&body).is_err());
    }

    #[test]
    fn an_offer_with_any_field_replaced_is_decided_and_reads_back_if_good(
        stream in 0..4_usize, key in prop::sample::select(KEYS.to_vec()), value in any_json(),
    ) {
        let mut body = plan().offer(counting()).to_json();
        body["supportedStreams"][stream][key] = value;
        if let Ok(offer) = Offer::parse(&body) {
            prop_assert_eq!(Offer::parse(&offer.to_json()), Ok(offer));
        }
    }

    #[test]
    fn planned_offers_never_repeat_an_ssrc(base in any::<[u8; 4]>()) {
        let mut first = true;
        let mut keys = counting();
        let offer = plan().offer(|bytes: &mut [u8]| {
            if std::mem::take(&mut first) { bytes.copy_from_slice(&base) } else { keys(bytes) }
        });
        let mut ssrcs: Vec<u32> = (0..4).map(|index| offer.stream(index).unwrap().ssrc.0).collect();
        ssrcs.extend(ssrcs.clone().iter().map(|ssrc| ssrc + 1));
        ssrcs.sort_unstable();
        ssrcs.dedup();
        prop_assert_eq!(ssrcs.len(), 8);
    }
}
