// SPDX-License-Identifier: GPL-3.0-or-later
//! Both ends as programs: one casts to the other, and both print one JSON object a line with the documented keys and types.

use super::*;

/// `mirror --stats json`: each key, nested ones with dots, and what it holds.
const SENDER: &str = "state:text codec:text encoder:text hardware:truth width:count? height:count? \
    fps.captured:number fps.encoded:number fps.sent:number fps.acknowledged:number fps.limit:count \
    bitrate.target:count bitrate.actual:count bitrate.estimate:count? bitrate.max:count lowered.size:truth lowered.fps:truth rtt_ms:number? jitter_ms:number? loss_pct:number \
    packets:count retransmitted:count key_frames:count in_flight_ms:number late_pct:number dropped:object strangers:count \
    latency_ms.capture:number? latency_ms.convert:number? latency_ms.encode:number? latency_ms.pace:number? \
    latency_ms.network:number? latency_ms.reassembly:number? latency_ms.playout:number? \
    target_delay_ms:number address:text link:text dscp:count? path:text? pixel_format:text? \
    audio.codec:text audio.bitrate:count audio.loss_pct:number audio.gaps:count uptime_s:number";

/// `receive --stats json --measure`, at any time. What is not known yet is null.
const RECEIVER: &str = "state:text sender:text? codec:text? width:count? height:count? target_delay_ms:count? \
    fps.completed:number fps.decoded:number fps.shown:number \
    frames.completed:count frames.decoded:count frames.shown:count late:count skipped:count frozen_ms:count \
    longest_freeze_ms:count strangers:count audio:object? \
    screen_to_decoded_ms.p50:number? screen_to_decoded_ms.p95:number? screen_to_decoded_ms.p99:number? \
    av_skew_ms:number?";

/// The same once pictures and sound have come for some seconds.
const RECEIVING: &str = "state:text sender:text codec:text width:count height:count target_delay_ms:count \
    audio.codec:text audio.decoded:count audio.skipped:count audio.longest_gap_ms:count audio.level:number audio.frequency_hz:number \
    screen_to_decoded_ms.p50:number screen_to_decoded_ms.p95:number screen_to_decoded_ms.p99:number";

/// The receiver before anybody cast: nothing is made up.
const UNKNOWN: &str = "sender codec width height target_delay_ms audio screen_to_decoded_ms.p50 screen_to_decoded_ms.p99 av_skew_ms";

fn at<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.')
        .try_fold(object, |value, key| value.as_object()?.get(key))
}

/// Scripts depend on these keys and types; other keys may be added beside them.
fn fits(object: &Value, keys: &str) {
    for (path, kind) in keys
        .split_whitespace()
        .map(|key| key.split_once(':').expect("a type"))
    {
        let value = at(object, path).unwrap_or_else(|| panic!("no {path}: {object}"));
        let (kind, may_be_null) = kind.strip_suffix('?').map_or((kind, false), |k| (k, true));
        let good = match kind {
            "text" => value.as_str().is_some_and(|text| !text.is_empty()),
            "truth" => value.is_boolean(),
            "count" => value.is_u64(),
            "number" => value.is_f64(),
            "object" => value.is_object(),
            other => panic!("no type {other}"),
        };
        assert!(
            good || (may_be_null && value.is_null()),
            "{path} is no {kind}: {object}"
        );
    }
}

#[tokio::test]
async fn one_program_casts_to_the_other_and_both_tell_in_json() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let picture = folder.join(format!("cli-snapshot-{}.png", std::process::id()));
    let arguments = &[
        "--measure",
        "--stats",
        "json",
        "--snapshot",
        picture.to_str().expect("a path in UTF-8"),
    ];
    let mut receiver = Telecast::start(&[RECEIVE, arguments].concat());
    let address = receiver
        .says("Listening on ")
        .await
        .parse()
        .expect("an address");
    let idle = receiver
        .prints("numbers", |numbers| numbers["state"] == "idle")
        .await;
    for path in UNKNOWN.split_whitespace() {
        assert_eq!(at(&idle, path), Some(&Value::Null), "{path}: {idle}");
    }
    let cast = Telecast::mirror(
        address,
        &[
            "--codec",
            "vp8",
            "--audio",
            "tone",
            "--stats",
            "json",
            "--duration",
            "4",
        ],
    );
    let streaming = receiver
        .prints("pictures", |numbers| {
            numbers["state"] == "streaming"
                && numbers["fps"]["shown"].as_f64() > Some(1.0)
                && numbers["audio"]["frequency_hz"].is_number()
        })
        .await;
    let sent = cast.end().await;
    sent.succeeded();
    assert!(sent.output.len() >= 3, "an object a second: {sent}");
    let numbers = objects(&sent.output);
    assert_eq!(numbers.len(), sent.output.len(), "only objects: {sent}");
    for object in &numbers {
        fits(object, SENDER);
    }
    let last = numbers.last().expect("numbers");
    assert_eq!(
        (&last["codec"], &last["encoder"]),
        (&"vp8".into(), &"vp8enc".into())
    );
    assert_eq!(
        (&last["width"], &last["height"]),
        (&320.into(), &180.into())
    );

    fits(&streaming, RECEIVING);
    assert_eq!(streaming["sender"], "127.0.0.1");
    receiver
        .prints("the end of the cast", |numbers| numbers["state"] == "idle")
        .await;
    receiver.signal(Signal::INT);
    let heard = receiver.end().await;
    assert_eq!(heard.status.code(), Some(0), "{heard}");
    assert_eq!(
        objects(&heard.output).len(),
        heard.output.len(),
        "only objects: {heard}"
    );
    for object in objects(&heard.output) {
        fits(&object, RECEIVER);
    }
    let snapshot = std::fs::read(&picture).expect("the snapshot was written");
    assert!(snapshot.starts_with(b"\x89PNG"));
    std::fs::remove_file(&picture).expect("removed");
}
