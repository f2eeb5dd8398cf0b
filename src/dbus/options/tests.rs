// SPDX-License-Identifier: GPL-3.0-or-later
//! Options of casts, right and wrong.

use super::*;
use crate::engine::VideoCodec;

fn default_request() -> MirrorRequest {
    MirrorRequest {
        source: SourceKind::Screen,
        audio: AudioChoice::None,
        restore: true,
        parent_window: None,
        options: MirrorOptions {
            audio: false,
            ..MirrorOptions::default()
        },
    }
}

fn applied(given: Vec<(&str, Value<'static>)>) -> Result<MirrorRequest, BusError> {
    let given = given.into_iter().map(|(name, value)| {
        let value = OwnedValue::try_from(value).expect("no file descriptor");
        (name.to_owned(), value)
    });
    let options = Options::new(given.collect());
    let mut request = default_request();
    options.source()?;
    options.apply(&mut request)?;
    Ok(request)
}

#[test]
fn every_option_reaches_the_request() {
    let request = applied(vec![
        ("source", "window".into()),
        ("audio", "app=mpv".into()),
        ("video", true.into()),
        ("restore", false.into()),
        ("parent-window", "wayland:1".into()),
        ("codec", "h264".into()),
        ("hardware", false.into()),
        ("pointer", false.into()),
        ("max-size", Value::from((640_u32, 360_u32))),
        ("monitor-size", Value::from((1280_i32, 720_i32))),
        ("fps", 60_i32.into()),
        ("bitrate", 2_000_000_u64.into()),
        ("overscan", 5_u8.into()),
        ("reconnect", 30_u32.into()),
        ("latency", 150_i64.into()),
        ("interface", "eth0".into()),
        ("ports", Value::from((5000_u16, 5010_u16))),
    ])
    .expect("valid");
    assert_eq!(request.source, SourceKind::Window);
    assert_eq!(request.audio, AudioChoice::App("mpv".into()));
    assert!(!request.restore);
    assert_eq!(request.parent_window.as_deref(), Some("wayland:1"));
    let expected = MirrorOptions {
        codec: CodecChoice::Only(VideoCodec::H264),
        hardware: false,
        pointer: false,
        max_size: (640, 360),
        monitor_size: Some((1280, 720)),
        frame_rate: 60,
        bitrate: Some(2_000_000),
        overscan_pct: 5,
        reconnect: Duration::from_secs(30),
        target_delay: Duration::from_millis(150),
        interface: Some("eth0".into()),
        ports: Some(5000..=5010),
        ..MirrorOptions::default()
    };
    assert_eq!(request.options, expected);
}

#[test]
fn without_options_it_is_what_was_set_and_sound_can_come_later() {
    let request = applied(Vec::new()).expect("valid");
    assert_eq!(request.source, SourceKind::Screen);
    assert_eq!(request.audio, AudioChoice::None);
    assert!(request.options.audio);
    let silent = applied(vec![("audio", "none".into())]).expect("valid");
    assert!(!silent.options.audio, "somebody wants none");
}

#[test]
fn a_profile_sets_both_delays_and_automatic_is_no_limit() {
    let request = applied(vec![
        ("profile", "robust".into()),
        ("bitrate", 0_u32.into()),
    ]);
    let options = request.expect("valid").options;
    assert_eq!(options.target_delay, Duration::from_millis(400));
    assert_eq!(options.max_target_delay, Duration::from_millis(800));
    assert_eq!(options.bitrate, None);
}

#[test]
fn a_variant_within_a_variant_counts() {
    let request = applied(vec![("fps", Value::Value(Box::new(25_u32.into())))]);
    assert_eq!(request.expect("valid").options.frame_rate, 25);
}

#[test]
fn nonsense_is_refused_by_the_name_of_the_option() {
    let long = "x".repeat(10_000);
    for (name, value) in [
        ("source", Value::from("hologram")),
        ("source", 7_u32.into()),
        ("audio", "app=".into()),
        ("video", 1_u32.into()),
        ("restore", "yes".into()),
        ("parent-window", long.clone().into()),
        ("codec", "mpeg2".into()),
        ("hardware", "".into()),
        ("max-size", "640x360".into()),
        ("max-size", Value::from((0_u32, 360_u32))),
        ("max-size", Value::from((640_u32,))),
        ("max-size", Value::from((i64::MAX, i64::MIN))),
        ("fps", 0_u32.into()),
        ("fps", 121_u32.into()),
        ("fps", (-1_i32).into()),
        ("fps", u64::MAX.into()),
        ("fps", 30.0.into()),
        ("bitrate", 1_u32.into()),
        ("overscan", 11_u32.into()),
        ("reconnect", (-1_i32).into()),
        ("reconnect", 1.5.into()),
        ("profile", "lazy".into()),
        ("latency", 19_u32.into()),
        ("latency", 5001_u32.into()),
        ("interface", long.into()),
        ("ports", Value::from((5010_u16, 5000_u16))),
        ("ports", Value::from((-5_i64, 70_000_i64))),
        ("ports", "5000-5010".into()),
    ] {
        let error = applied(vec![(name, value.clone())]).expect_err(name);
        let BusError::InvalidOption(said) = &error else {
            panic!("{name} {value:?}: {error:?}");
        };
        assert!(said.contains(name) && said.ends_with('.'), "{said}");
    }
    let both = applied(vec![
        ("profile", "robust".into()),
        ("latency", 100_u32.into()),
    ]);
    assert!(matches!(both, Err(BusError::InvalidOption(_))));
    let unknown = applied(vec![("colour", "blue".into())]).expect_err("unknown");
    assert!(matches!(&unknown, BusError::UnknownOption(said) if said.contains("colour")));
}
