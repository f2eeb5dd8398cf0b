// SPDX-License-Identifier: GPL-3.0-or-later
//! The simulated link and the simulated encoder do what they say.

use std::time::{Duration, Instant};

use telecast::cast::control::EncoderControl;
use telecast::cast::frame::{Dependency, StreamKind};

use crate::netsim::link::{Conditions, Link, Loss, Outages};
use crate::netsim::source::Source;
use crate::netsim::traffic::{Content, Malformed, Recording};
use crate::netsim::world::VIDEO;

const MS: Duration = Duration::from_millis(1);
/// With the headers of IP and UDP, 1000 bytes.
const SIZE: usize = 972;

/// Sends one numbered packet each `interval`; returns number and arrival of what came through, in order of arrival.
fn pass(link: &mut Link, start: Instant, packets: u32, interval: Duration) -> Vec<(u32, Duration)> {
    for number in 0..packets {
        let mut datagram = vec![0; SIZE];
        datagram[..4].copy_from_slice(&number.to_be_bytes());
        link.send(start + interval * number, &datagram);
    }
    let mut arrived = Vec::new();
    while let Some(at) = link.next_arrival() {
        let datagram = link.arrive(at).unwrap();
        let number = u32::from_be_bytes(datagram[..4].try_into().unwrap());
        arrived.push((number, at - start));
        link.recycle(datagram);
    }
    arrived
}

fn link(start: Instant, change: impl FnOnce(&mut Conditions)) -> Link {
    let mut conditions = Conditions::clean(10 * MS);
    change(&mut conditions);
    Link::new(start, conditions, 1)
}

#[test]
fn jitter_delays_by_up_to_its_size_and_keeps_the_order() {
    let start = Instant::now();
    let mut link = link(start, |it| it.jitter = 20 * MS);
    let arrived = pass(&mut link, start, 2000, 5 * MS);
    assert_eq!(arrived.len(), 2000);
    assert!(arrived.is_sorted_by_key(|(number, _)| *number));
    let delays = arrived
        .iter()
        .map(|(number, at)| at.saturating_sub(5 * MS * *number));
    let delays: Vec<Duration> = delays.collect();
    assert!(
        delays
            .iter()
            .all(|delay| (10 * MS..=30 * MS).contains(delay))
    );
    assert!(delays.iter().any(|delay| *delay < 12 * MS));
    assert!(delays.iter().any(|delay| *delay > 28 * MS));
}

#[test]
fn what_leaves_within_a_millisecond_shares_its_jitter() {
    let start = Instant::now();
    let mut link = link(start, |it| it.jitter = 20 * MS);
    // One draw for the burst, not the longest of many.
    let arrived = pass(&mut link, start, 20, MS / 10);
    let took = arrived.last().unwrap().1.saturating_sub(arrived[0].1);
    assert_eq!(took, MS / 10 * 19);
}

#[test]
fn only_late_packets_are_overtaken_and_they_are_late_by_what_was_said() {
    let start = Instant::now();
    let mut link = link(start, |it| {
        it.late = 0.02;
        (it.late_at_least, it.late_by) = (10 * MS, 30 * MS);
    });
    let arrived = pass(&mut link, start, 5000, MS);
    let late = arrived
        .iter()
        .map(|(number, at)| at.saturating_sub(MS * *number))
        .filter(|delay| *delay > 10 * MS);
    let late: Vec<Duration> = late.collect();
    assert!((70..130).contains(&late.len()), "{}", late.len());
    assert!(late.iter().all(|delay| (20 * MS..=40 * MS).contains(delay)));
    assert!(!arrived.is_sorted_by_key(|(number, _)| *number));
}

#[test]
fn random_loss_takes_its_part_and_bursts_take_theirs_in_rows() {
    let start = Instant::now();
    let packets = 100_000;
    let mut random = link(start, |it| it.loss = Loss::Random(0.05));
    let part = 1.0 - pass(&mut random, start, packets, MS).len() as f64 / f64::from(packets);
    assert!((0.047..0.053).contains(&part), "{part}");

    let mut bursts = link(start, |it| {
        it.loss = Loss::Bursts {
            bad: 0.02,
            length: 6.0,
            lost: 1.0,
        };
    });
    let arrived = pass(&mut bursts, start, packets, MS);
    let part = 1.0 - arrived.len() as f64 / f64::from(packets);
    assert!((0.017..0.023).contains(&part), "{part}");
    let rows = arrived.windows(2).map(|pair| pair[1].0 - pair[0].0 - 1);
    let rows: Vec<u32> = rows.filter(|row| *row > 0).collect();
    let mean = f64::from(rows.iter().sum::<u32>()) / rows.len() as f64;
    assert!((5.0..7.0).contains(&mean), "{mean}");
}

#[test]
fn nothing_passes_during_an_outage_and_everything_between() {
    let start = Instant::now();
    let mut link = link(start, |it| {
        it.outages = Some(Outages {
            every: 300 * MS,
            length: 40 * MS,
        });
    });
    let arrived = pass(&mut link, start, 1000, MS);
    let numbers: Vec<u32> = arrived.iter().map(|(number, _)| *number).collect();
    let expected = (0..1000).filter(|at| *at < 300 || at % 300 >= 40);
    assert_eq!(numbers, expected.collect::<Vec<u32>>());
}

#[test]
fn the_rate_queues_what_comes_too_fast_and_drops_what_would_wait_too_long() {
    let start = Instant::now();
    // One packet each 10 ms, and room for 20 of them.
    let mut link = link(start, |it| {
        it.rate = Some(800_000);
        it.queue = 200 * MS;
    });
    let arrived = pass(&mut link, start, 100, Duration::ZERO);
    assert_eq!(arrived.len(), 21);
    assert_eq!(link.counts.lost, 79);
    for (number, at) in arrived {
        assert_eq!(at, 10 * MS * (number + 1) + 10 * MS);
    }
    assert_eq!(link.waits.last().unwrap().1, 200 * MS);
}

#[test]
fn a_change_of_the_rate_keeps_what_is_queued_and_lets_it_wait_at_the_new_rate() {
    let start = Instant::now();
    let mut link = link(start, |it| it.rate = Some(800_000));
    for _ in 0..10 {
        link.send(start, &[0; SIZE]);
    }
    // Five have left after 50 ms, five wait and take four times as long; the queue is as good as full with that.
    link.set_rate(start + 50 * MS, 200_000);
    link.send(start + 50 * MS, &[0; SIZE]);
    link.send(start + 51 * MS, &[0; SIZE]);
    let mut arrived = Vec::new();
    while let Some(at) = link.next_arrival() {
        link.arrive(at).unwrap();
        arrived.push((at - start).as_millis() - 10);
    }
    let expected = [10, 20, 30, 40, 50, 90, 130, 170, 210, 250, 290];
    assert_eq!(arrived, expected);
    assert_eq!(link.counts.lost, 1);
}

const RECORDING: &str = "\
# codec=vp8 content=typing width=1280 height=720 fps=1 bitrate=3000000
bytes,key
50000,1
7,0
8,0
9,0
600,0
200,0
400,0
";

#[test]
fn a_recording_is_read_and_a_malformed_one_refused_by_its_line() {
    let recording: Recording = RECORDING.parse().unwrap();
    assert_eq!(recording.content, "typing");
    assert_eq!((recording.bitrate, recording.frame_rate), (3_000_000, 1));
    assert_eq!(recording.frames, [600, 200, 400]);
    assert_eq!(recording.key_frame, 50_000);
    assert!((recording.mean() - 400.0).abs() < 1e-9);
    for (wrong, line) in [
        (RECORDING.replace("codec=vp8 ", ""), 1),
        (RECORDING.replace("fps=1", "fps=x"), 1),
        (RECORDING.replace("bytes,key", "bytes"), 2),
        (RECORDING.replace("200,0", "200"), 8),
        (RECORDING.replace("200,0", "200,2"), 8),
        (RECORDING.replace("50000,1\n", ""), 3),
    ] {
        assert_eq!(wrong.parse::<Recording>(), Err(Malformed { line }));
    }
}

fn source(start: Instant, content: Content) -> Source {
    let mut source = Source::new(
        start,
        VIDEO,
        StreamKind::Video,
        Duration::from_secs(1) / 30,
        content,
        7,
    );
    source.control(EncoderControl::Bitrate(3_000_000));
    source
}

/// Sizes of the next frames; key frames are negative.
fn sizes(source: &mut Source, frames: usize) -> Vec<i64> {
    let mut sizes = Vec::new();
    for _ in 0..frames {
        let frame = source.encode(source.next, false);
        let size = frame.data.len() as i64;
        sizes.push(if frame.dependency == Dependency::KeyFrame {
            -size
        } else {
            size
        });
    }
    sizes
}

fn film() -> Content {
    Content::Recorded(Recording::of("video").remove(0))
}

#[test]
fn every_content_was_recorded_with_both_codecs_and_only_the_film_fills_the_bitrate() {
    for content in ["typing", "scrolling", "video", "still"] {
        let recordings = Recording::of(content);
        let codecs: Vec<&str> = recordings.iter().map(|it| it.codec.as_str()).collect();
        assert_eq!(codecs, ["vp8", "h264"]);
        for recording in recordings {
            assert!(recording.frames.len() > 400);
            let used = recording.mean() * 8.0 * 30.0 / f64::from(recording.bitrate);
            let expected = match content {
                "video" => 0.9..1.1,
                "scrolling" => 0.2..1.1,
                "typing" => 0.001..0.2,
                // A frame of unchanged blocks is small, not empty.
                _ => 0.0..0.1,
            };
            assert!(expected.contains(&used), "{content}: {used}");
        }
    }
}

#[test]
fn a_recording_is_scaled_to_the_bitrate_that_is_asked_for() {
    let start = Instant::now();
    let mut source = source(start, film());
    sizes(&mut source, 60);
    let bytes: i64 = sizes(&mut source, 1800).iter().sum();
    let bitrate = bytes as f64 * 8.0 / 60.0;
    assert!((bitrate / 3e6 - 1.0).abs() < 0.1, "{bitrate}");
}

#[test]
fn an_encoder_obeys_one_frame_late_and_begins_with_a_key_frame() {
    let start = Instant::now();
    let mut source = source(start, film());
    let average = 12_500;
    let first = sizes(&mut source, 30);
    assert!(first[0] < 0 && first[1..].iter().all(|size| *size > 0));
    assert!(-first[0] <= 6 * average, "{}", first[0]);
    assert!(-first[0] > average, "{}", first[0]);
    source.control(EncoderControl::KeyFrame);
    let then = sizes(&mut source, 3);
    assert!(then[0] > 0 && then[1] < 0 && then[2] > 0, "{then:?}");

    source.control(EncoderControl::MaxFrameRate(15));
    let before = source.next;
    sizes(&mut source, 1);
    assert_eq!(source.next - before, Duration::from_secs(1) / 30);
    let before = source.next;
    sizes(&mut source, 1);
    assert_eq!(source.next - before, Duration::from_secs(1) / 15);
    let bytes: i64 = sizes(&mut source, 600).iter().sum();
    let bitrate = bytes as f64 * 8.0 / 40.0;
    assert!((bitrate / 3e6 - 1.0).abs() < 0.15, "{bitrate}");
    source.control(EncoderControl::MaxFrameRate(60));
    sizes(&mut source, 1);
    assert_eq!(source.interval(), Duration::from_secs(1) / 30);
}

#[test]
fn key_frames_in_a_row_become_smaller_as_rate_control_makes_them() {
    // Those of H.264 are the larger ones.
    let film = Content::Recorded(Recording::of("video").remove(1));
    let mut source = source(Instant::now(), film);
    let mut keys = Vec::new();
    for _ in 0..8 {
        source.control(EncoderControl::KeyFrame);
        keys.extend(sizes(&mut source, 2).into_iter().filter(|size| *size < 0));
    }
    assert!(-keys[5] < -keys[0] / 2, "{keys:?}");
}
