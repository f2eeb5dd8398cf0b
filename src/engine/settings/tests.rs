// SPDX-License-Identifier: GPL-3.0-or-later
//! The settings with a store in memory, and with one that holds nonsense.

use std::fs;
use std::time::Duration;

use gio::glib;

use super::*;
use crate::engine::{AudioChoice, VideoCodec};

fn in_memory() -> Settings {
    Settings::open_in(Some(&gio::functions::memory_settings_backend_new())).expect("the schema")
}

/// Settings that a file of another program, or a hand, has written.
fn written(lines: &str) -> Settings {
    let name = format!(
        "telecast-settings-{}-{}.ini",
        std::process::id(),
        lines.len()
    );
    let file = std::env::temp_dir().join(name);
    fs::write(&file, format!("[telecast]\n{lines}\n")).expect("written");
    let path = "/io/github/telecast/Telecast/";
    let backend = gio::functions::keyfile_settings_backend_new(
        file.to_str().expect("a path"),
        path,
        Some("telecast"),
    );
    let settings = Settings::open_in(Some(&backend)).expect("the schema");
    // It is read when the backend is made.
    fs::remove_file(&file).expect("removed");
    settings
}

fn request(settings: &Settings) -> MirrorRequest {
    settings.request(SourceKind::Screen)
}

#[test]
fn untouched_settings_are_those_of_the_command_line() {
    let settings = in_memory();
    let expected = MirrorOptions {
        max_target_delay: Duration::from_millis(400),
        ..MirrorOptions::default()
    };
    assert_eq!(request(&settings).options, expected);
    assert_eq!(request(&settings).audio, AudioChoice::Both);
    assert_eq!(settings.source(), SourceKind::Screen);
    assert_eq!(settings.engine_options().interface, None);
    assert_eq!(settings.changed(), []);
    assert!(settings.stay_awake());
}

#[test]
fn every_setting_reaches_the_request() {
    let settings = in_memory();
    let store = settings.store();
    let words = [
        (key::LATENCY, "robust"),
        (key::CODEC, "h264"),
        (key::LARGEST_PICTURE, "2160p"),
        (key::SECOND_MONITOR_SIZE, "720p"),
        (key::SOUND, "tv"),
        (key::INTERFACE, " wlan0 "),
    ];
    for (key, word) in words {
        store.set_string(key, word).expect(key);
    }
    let numbers = [
        (key::FRAME_RATE, 60),
        (key::BITRATE_LIMIT, 12),
        (key::OVERSCAN, 3),
        (key::FIRST_PORT, 40_000),
        (key::LAST_PORT, 40_010),
    ];
    for (key, number) in numbers {
        store.set_uint(key, number).expect(key);
    }
    for key in [key::HARDWARE, key::SHOW_POINTER] {
        store.set_boolean(key, false).expect(key);
    }
    let request = request(&settings);
    assert_eq!(request.audio, AudioChoice::Tv);
    let expected = MirrorOptions {
        video: true,
        audio: true,
        codec: CodecChoice::Only(VideoCodec::H264),
        hardware: false,
        max_size: (3840, 2160),
        frame_rate: 60,
        bitrate: Some(12_000_000),
        target_delay: Duration::from_millis(400),
        max_target_delay: Duration::from_millis(800),
        interface: Some("wlan0".into()),
        ports: Some(40_000..=40_010),
        overscan_pct: 3,
        pointer: false,
        reconnect: MirrorOptions::RECONNECT,
        monitor_size: Some((1280, 720)),
    };
    assert_eq!(request.options, expected);
    assert_eq!(
        settings.engine_options().interface.as_deref(),
        Some("wlan0")
    );
    let changed = settings.changed();
    assert_eq!(changed.len(), words.len() + numbers.len() + 2);
    assert!(
        changed.contains(&(key::FRAME_RATE, "60".into())),
        "{changed:?}"
    );
}

#[test]
fn a_cast_without_sound_offers_none() {
    let settings = in_memory();
    settings
        .store()
        .set_string(key::SOUND, "none")
        .expect("set");
    assert_eq!(request(&settings).audio, AudioChoice::None);
    assert!(!request(&settings).options.audio);
}

#[test]
fn nonsense_in_the_store_counts_as_not_set() {
    let untouched = request(&in_memory()).options;
    for nonsense in [
        "latency='instant'\ncodec='divx'\nsound=''\nlargest-picture='8k'",
        "frame-rate=uint32 0\noverscan=uint32 99\nbitrate-limit=uint32 4000000000",
        "frame-rate='many'\nhardware-encoding=7\nports=\nwindow-size='big'\nlatency=3",
        "first-port=uint32 80\nlast-port=uint32 90",
        "first-port=uint32 5000\nlast-port=uint32 4000",
        "first-port=uint32 5000",
        "interface='   '\nsecond-monitor-size=(1,2)\nshow-pointer=maybe\nstay-awake=",
        "latency",
    ] {
        let settings = written(nonsense);
        assert_eq!(request(&settings).options, untouched, "{nonsense}");
        assert_eq!(settings.source(), SourceKind::Screen);
        assert_eq!(
            settings.store().get::<(i32, i32)>(key::WINDOW_SIZE),
            (900, 640)
        );
        // Does not end the process either.
        settings.changed();
    }
    assert_eq!(
        written("latency='robust'").latency(),
        LatencyProfile::Robust
    );
}

#[test]
fn a_range_of_ports_says_what_is_wrong_with_it() {
    assert_eq!(ports(5000, 5000), Ok(5000..=5000));
    assert_eq!(ports(1024, 65_535), Ok(1024..=65_535));
    for (range, error) in [
        ((0, 0), PortsError::None),
        ((0, 5000), PortsError::OutOfRange),
        ((80, 5000), PortsError::OutOfRange),
        ((5000, 70_000), PortsError::OutOfRange),
        ((5001, 5000), PortsError::Reversed),
    ] {
        assert_eq!(ports(range.0, range.1), Err(error), "{range:?}");
    }
}

fn of<C: Choice>() -> Vec<&'static str> {
    C::ALL.iter().map(|choice| choice.as_str()).collect()
}

#[test]
fn the_keys_are_those_of_the_schema_and_the_words_those_of_its_enumerations() {
    let schema = schema().expect("the schema");
    let mut keys: Vec<String> = schema.list_keys().iter().map(ToString::to_string).collect();
    let mut known: Vec<String> = key::ALL.map(str::to_owned).to_vec();
    keys.sort();
    known.sort();
    assert_eq!(keys, known);
    let words = |key: &str| -> Vec<String> {
        let range = schema.key(key).range();
        let (kind, words) = range.get::<(String, glib::Variant)>().expect("a range");
        assert_eq!(kind, "enum", "{key}");
        words.get().expect("words")
    };
    assert_eq!(words(key::LATENCY), of::<LatencyProfile>());
    assert_eq!(words(key::SOUND), of::<SoundDefault>());
    assert_eq!(words(key::CODEC), of::<CodecChoice>());
    assert_eq!(words(key::LARGEST_PICTURE), of::<PictureSize>());
    assert_eq!(words(key::SECOND_MONITOR_SIZE), of::<MonitorSize>());
    for key in key::ALL {
        let key = schema.key(key);
        assert!(
            key.summary().is_some_and(|text| !text.is_empty()),
            "{key:?}"
        );
    }
}

#[test]
fn what_a_cast_is_begun_with_takes_effect_with_the_next_one() {
    assert_eq!(Effect::of(key::LATENCY), Effect::NextCast);
    assert_eq!(Effect::of(key::FIRST_PORT), Effect::NextCast);
    assert_eq!(Effect::of(key::STAY_AWAKE), Effect::Now);
    assert_eq!(Effect::of(key::INTERFACE), Effect::NextStart);
}
