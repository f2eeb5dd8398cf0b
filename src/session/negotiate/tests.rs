// SPDX-License-Identifier: GPL-3.0-or-later
//! OFFERs from options, and what ANSWERs make of them.

use serde_json::{Value, json};

use super::*;
use crate::session::reason::Reason;

fn codecs() -> Codecs {
    Codecs {
        video: vec![VideoCodec::Vp8, VideoCodec::H264, VideoCodec::Vp9],
        audio: vec![AudioCodec::Opus],
    }
}

fn offered(options: &MirrorOptions, tried: &[VideoCodec]) -> Option<Vec<VideoCodec>> {
    let offer = propose(options, true, &codecs(), tried)?;
    Some(offered_codecs(&offer).collect())
}

#[test]
fn proven_encoders_are_offered_in_their_order_and_vp8_last() {
    use VideoCodec::{H264, Vp8, Vp9};
    let options = MirrorOptions::default();
    assert_eq!(offered(&options, &[]), Some(vec![H264, Vp9, Vp8]));
    let only = MirrorOptions {
        codec: CodecChoice::Only(Vp9),
        ..options
    };
    assert_eq!(offered(&only, &[]), Some(vec![Vp9]));
}

#[test]
fn after_a_codec_without_a_picture_they_are_offered_one_by_one() {
    use VideoCodec::{Av1, H264, Vp8, Vp9};
    let options = MirrorOptions::default();
    assert_eq!(offered(&options, &[H264]), Some(vec![Vp9]));
    assert_eq!(offered(&options, &[H264, Vp9]), Some(vec![Vp8]));
    assert_eq!(offered(&options, &[H264, Vp9, Vp8]), None);
    let unproven = MirrorOptions {
        video: true,
        audio: false,
        codec: CodecChoice::Only(Av1),
        ..options
    };
    assert_eq!(offered(&unproven, &[]), None);
}

#[test]
fn a_speaker_is_offered_sound_alone() {
    let offer = propose(&MirrorOptions::default(), false, &codecs(), &[]).unwrap();
    assert!(offer.video.is_empty());
    assert_eq!(offer.audio.len(), 1);
    assert_eq!(offer.audio[0].stream.dscp, Some(46));
}

#[test]
fn keys_are_new_in_each_offer() {
    let key = || {
        let offer = propose(&MirrorOptions::default(), true, &codecs(), &[]).unwrap();
        offer.video[0].stream.keys.aes_key_hex()
    };
    assert_ne!(key(), key());
}

/// Settles an ANSWER to the default OFFER that takes its sound and its first picture stream, with `extra` in it.
fn settled(options: &MirrorOptions, extra: &Value) -> Result<Settled, Reason> {
    let offer = propose(options, true, &codecs(), &[]).unwrap();
    let mut body = json!({"udpPort": 5000, "sendIndexes": [0, 1], "ssrcs": [7, 8]});
    for (key, value) in extra.as_object().unwrap() {
        body[key] = value.clone();
    }
    let answer = Answer::parse(&body).unwrap();
    let negotiated = Negotiated {
        agreement: answer.agree(&offer).unwrap(),
        offer,
        answer,
    };
    settle(&negotiated, options)
}

#[test]
fn a_device_that_says_nothing_gets_what_the_user_wants() {
    let options = MirrorOptions {
        max_size: (1280, 720),
        bitrate: Some(3_000_000),
        ..MirrorOptions::default()
    };
    let all = settled(&options, &json!({})).unwrap();
    let video = all.video.unwrap();
    assert_eq!(video.codec, VideoCodec::H264);
    assert_eq!((video.max_size, video.canvas), ((1280, 720), None));
    assert_eq!((video.frame_rate, video.max_bitrate), (30, 3_000_000));
    assert_eq!(video.receiver_ssrc, Ssrc(8));
    assert_eq!(all.audio.unwrap().receiver_ssrc, Ssrc(7));
    assert_eq!((all.port, all.dscp), (5000, None));
}

#[test]
fn a_short_delay_gets_short_frames_of_sound() {
    let frame = |delay| {
        let options = MirrorOptions {
            target_delay: Duration::from_millis(delay),
            ..MirrorOptions::default()
        };
        let all = settled(&options, &json!({})).unwrap();
        all.audio.unwrap().frame.as_millis()
    };
    assert_eq!([100, 200].map(frame), [10, 20]);
}

fn constraints(width: u32, height: u32, rate: &str, pixels: u64, bits: u32) -> Value {
    json!({
        "audio": {"maxSampleRate": 48000, "maxChannels": 2, "maxBitRate": 64000},
        "video": {"maxDimensions": {"width": width, "height": height, "frameRate": rate},
                  "maxBitRate": bits, "maxPixelsPerSecond": pixels},
    })
}

#[test]
fn the_limits_of_a_device_are_kept() {
    let options = MirrorOptions::default();
    let extra = json!({"constraints": constraints(1280, 720, "25", 62_208_000, 2_000_000)});
    let all = settled(&options, &extra).unwrap();
    let video = all.video.unwrap();
    assert_eq!((video.max_size, video.frame_rate), ((1280, 720), 25));
    assert_eq!(video.max_bitrate, 2_000_000);
    assert_eq!(all.audio.unwrap().bitrate, 64_000);
}

#[test]
fn a_pixel_rate_shrinks_the_picture_and_not_its_shape() {
    let pixels = 640 * 360 * 30;
    let extra = json!({"constraints": constraints(1920, 1080, "30", pixels, 5_000_000)});
    let video = settled(&MirrorOptions::default(), &extra)
        .unwrap()
        .video
        .unwrap();
    assert_eq!((video.max_size, video.frame_rate), ((640, 360), 30));
}

#[test]
fn only_a_device_that_wants_it_gets_borders_in_the_shape_of_its_screen() {
    let display = |scaling: &str| {
        json!({"display": {"scaling": scaling,
            "dimensions": {"width": 1024, "height": 768, "frameRate": "60"}}})
    };
    let options = MirrorOptions {
        max_size: (1280, 720),
        frame_rate: 60,
        ..MirrorOptions::default()
    };
    let video = settled(&options, &display("sender"))
        .unwrap()
        .video
        .unwrap();
    assert_eq!(
        (video.max_size, video.canvas),
        ((960, 720), Some((960, 720)))
    );
    assert_eq!(video.frame_rate, 60);
    let video = settled(&options, &display("receiver"))
        .unwrap()
        .video
        .unwrap();
    assert_eq!((video.max_size, video.canvas), ((1024, 720), None));
}

#[test]
fn packets_are_marked_only_when_the_device_marks_its_own() {
    let options = MirrorOptions::default();
    let dscp = |extra: Value| settled(&options, &extra).unwrap().dscp;
    assert_eq!(dscp(json!({"receiverRtcpDscp": [0, 1]})), Some(34));
    assert_eq!(dscp(json!({"receiverRtcpDscp": [1]})), None);
}

#[test]
fn an_answer_that_takes_the_sound_alone_is_not_what_was_asked_for() {
    let options = MirrorOptions::default();
    let sound = json!({"sendIndexes": [0], "ssrcs": [7]});
    assert_eq!(settled(&options, &sound), Err(Reason::NoUsableCodec));
}
