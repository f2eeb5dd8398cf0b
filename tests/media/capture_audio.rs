// SPDX-License-Identifier: GPL-3.0-or-later
//! Sound from a PipeWire daemon of the test's own: outputs, the virtual output, applications.

mod rig;

use std::fs;
use std::time::{Duration, Instant};

use telecast::capture::error::{CaptureEnd, CaptureError};
use telecast::capture::frame::{AUDIO_CHANNELS, AUDIO_RATE};
use telecast::capture::pipewire::audio::{Sound, repair_default_output};
use telecast::capture::source::AudioEvent;

use self::rig::{Listener, TV};
use super::pipewire_daemon::{Daemon, wait_for};

#[test]
fn the_default_outputs_sound_is_captured_also_after_the_default_changes() {
    let daemon = Daemon::with_sinks(&["one", "two"]);
    let _one = daemon.play(1000.0, "A", Some("one"), false);
    let _two = daemon.play(600.0, "B", Some("two"), false);
    let listener = Listener::start(&daemon, Sound::DefaultOutput);
    listener.hears(1000.0, 600.0);
    assert_eq!(listener.events.try_recv(), Ok(AudioEvent::Started));
    daemon.make_default("two");
    listener.hears(600.0, 1000.0);
    daemon.make_default("one");
    listener.hears(1000.0, 600.0);
}

#[test]
fn blocks_are_continuous_and_on_the_monotonic_clock() {
    let daemon = Daemon::with_sinks(&["one"]);
    let _one = daemon.play(1000.0, "A", Some("one"), false);
    let listener = Listener::start(&daemon, Sound::DefaultOutput);
    listener.hears(1000.0, 600.0);
    let mut end: Option<Instant> = None;
    let mut frames = 0;
    while frames < AUDIO_RATE as usize {
        let block = listener.block();
        let count = block.samples.len() / AUDIO_CHANNELS;
        if let Some(end) = end.filter(|_| block.lost == 0) {
            let off = block.captured.max(end) - block.captured.min(end);
            assert!(off < Duration::from_millis(2), "{off:?}");
        }
        let age = Instant::now().saturating_duration_since(block.captured);
        assert!(age < Duration::from_secs(1), "{age:?}");
        frames += count;
        let nanos = count as u64 * 1_000_000_000 / u64::from(AUDIO_RATE);
        end = Some(block.captured + Duration::from_nanos(nanos));
    }
    assert_eq!(listener.blocks.dropped(), 0);
}

#[test]
fn the_virtual_output_is_the_default_for_the_time_of_the_cast() {
    let daemon = Daemon::with_sinks(&["speakers"]);
    let listener = Listener::start_tv(&daemon);
    let nodes = daemon.dump();
    let described = |object: &serde_json::Value| {
        let properties = &object["info"]["props"];
        properties["node.name"] == TV && properties["node.description"] == "Living room"
    };
    assert!(nodes.iter().any(described));
    assert_eq!(daemon.recorded(), 1);
    let _player = daemon.play(1000.0, "A", None, false);
    listener.hears(1000.0, 600.0);
    drop(listener.stream);
    daemon.wait_default("speakers");
    assert_eq!(daemon.configured_sink().as_deref(), Some("speakers"));
    assert!(!daemon.has_node(TV));
    assert_eq!(daemon.recorded(), 0);
    let mut last = None;
    while let Ok(event) = listener.events.try_recv() {
        last = Some(event);
    }
    assert_eq!(last, Some(AudioEvent::Ended(CaptureEnd::Stopped)));
}

#[test]
fn the_virtual_output_brings_silence_when_nothing_plays() {
    let daemon = Daemon::start();
    daemon.null_sink("speakers");
    let listener = Listener::start_tv(&daemon);
    let before = Instant::now();
    let mut frames = 0;
    while frames < AUDIO_RATE as usize / 2 {
        let block = listener.block();
        assert!(block.samples.iter().all(|sample| sample.abs() < 1e-6));
        frames += block.samples.len() / AUDIO_CHANNELS;
    }
    assert!(before.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_default_that_was_changed_during_the_cast_is_left_alone() {
    let daemon = Daemon::with_sinks(&["speakers", "headphones"]);
    let listener = Listener::start_tv(&daemon);
    daemon.make_default("headphones");
    drop(listener);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(daemon.default_sink().as_deref(), Some("headphones"));
    assert_eq!(daemon.configured_sink().as_deref(), Some("headphones"));
    assert_eq!(daemon.recorded(), 0);
}

#[test]
fn after_a_crash_the_next_start_restores_the_default() {
    let daemon = Daemon::with_sinks(&["speakers", "headphones"]);
    let listener = Listener::start_tv(&daemon);
    // What a crash leaves: the record and the setting, but no output.
    let record = daemon.records().join(format!("{TV}.json"));
    let left = fs::read(&record).unwrap();
    drop(listener);
    fs::write(&record, left).unwrap();
    daemon.configure(TV);
    daemon.wait_configured(TV);
    repair_default_output(daemon.remote(), Some(daemon.records())).unwrap();
    assert_eq!(daemon.configured_sink().as_deref(), Some("speakers"));
    daemon.wait_default("speakers");
    assert!(!record.exists());

    // The same, but the next start is a cast to the same device.
    fs::write(
        &record,
        format!("{{\"sink\":\"{TV}\",\"previous\":\"headphones\"}}"),
    )
    .unwrap();
    daemon.configure(TV);
    daemon.wait_configured(TV);
    let listener = Listener::start_tv(&daemon);
    drop(listener);
    daemon.wait_default("headphones");
}

#[test]
fn the_default_is_restored_although_the_record_was_lost() {
    let daemon = Daemon::with_sinks(&["speakers"]);
    let listener = Listener::start_tv(&daemon);
    fs::remove_dir_all(daemon.records()).unwrap();
    drop(listener);
    daemon.wait_default("speakers");
    assert_eq!(daemon.configured_sink().as_deref(), Some("speakers"));
}

#[test]
fn the_repair_leaves_a_running_cast_alone() {
    let daemon = Daemon::with_sinks(&["speakers"]);
    let listener = Listener::start_tv(&daemon);
    repair_default_output(daemon.remote(), Some(daemon.records())).unwrap();
    assert_eq!(daemon.configured_sink().as_deref(), Some(TV));
    assert_eq!(daemon.recorded(), 1);
    drop(listener);
    daemon.wait_default("speakers");
}

#[test]
fn only_the_chosen_applications_sound_is_captured() {
    let daemon = Daemon::with_sinks(&["speakers"]);
    let _other = daemon.play(600.0, "Other", None, false);
    let first = daemon.play(1000.0, "Player", None, false);
    daemon.wait_players(2);
    let listener = Listener::try_application(&daemon, "player").unwrap();
    listener.hears(1000.0, 600.0);
    // It ends and comes again: linked as soon as it is there.
    drop(first);
    let _second = daemon.play(1500.0, "Player", None, false);
    listener.hears(1500.0, 1000.0);
}

#[test]
fn sound_of_the_own_process_tree_is_not_captured() {
    let daemon = Daemon::with_sinks(&["speakers"]);
    let _own = daemon.play(600.0, "Player", None, true);
    let _foreign = daemon.play(1000.0, "Player", None, false);
    daemon.wait_players(2);
    let listener = Listener::try_application(&daemon, "Player").unwrap();
    listener.hears(1000.0, 600.0);
}

#[test]
fn an_application_that_does_not_run_is_an_error() {
    let daemon = Daemon::start();
    let result = Listener::try_application(&daemon, "Nobody");
    assert!(
        matches!(&result, Err(CaptureError::NoSuchApplication(name)) if name == "Nobody"),
        "{:?}",
        result.err()
    );
}

#[test]
fn without_a_daemon_there_is_no_sound_and_a_clear_error() {
    let daemon = Daemon::start();
    daemon.kill();
    wait_for("the end of the daemon", || {
        std::os::unix::net::UnixStream::connect(daemon.socket())
            .is_err()
            .then_some(())
    });
    let result = Listener::try_start(&daemon, Sound::DefaultOutput);
    assert!(
        matches!(&result, Err(CaptureError::NoPipeWire)),
        "{:?}",
        result.err()
    );
}

#[test]
fn the_end_of_the_daemon_ends_the_sound() {
    let daemon = Daemon::start();
    daemon.null_sink("speakers");
    let listener = Listener::start_tv(&daemon);
    daemon.kill();
    let mut last = None;
    while let Ok(event) = listener.events.recv_blocking() {
        last = Some(event);
    }
    assert_eq!(last, Some(AudioEvent::Ended(CaptureEnd::PipeWireGone)));
}
