// SPDX-License-Identifier: GPL-3.0-or-later
//! Both ends as programs: one casts to the other, and both print one JSON object a line with the documented keys.

use super::*;

/// `mirror --stats json`.
const SENDER: &str = "state codec encoder hardware width height fps bitrate rtt_ms loss_pct retransmitted in_flight_ms \
                      dropped latency_ms audio uptime_s";
const SENDER_INNER: &[(&str, &str)] = &[
    ("fps", "captured encoded sent acknowledged"),
    ("bitrate", "target actual estimate"),
    (
        "latency_ms",
        "capture convert encode pace network reassembly playout",
    ),
    ("audio", "codec bitrate loss_pct gaps"),
];

/// `receive --stats json --measure`.
const RECEIVER: &str = "state sender codec width height fps late skipped frozen_ms longest_freeze_ms audio \
                        screen_to_decoded_ms av_skew_ms";
const RECEIVER_INNER: &[(&str, &str)] = &[
    ("fps", "completed decoded shown"),
    ("screen_to_decoded_ms", "p50 p95 p99"),
];

/// Scripts depend on these keys; others may be added beside them.
fn has_keys(value: &Value, keys: &str) {
    let object = value
        .as_object()
        .unwrap_or_else(|| panic!("not an object with {keys}: {value}"));
    let missing = keys
        .split_whitespace()
        .find(|key| !object.contains_key(*key));
    assert_eq!(missing, None, "{value}");
}

#[tokio::test]
async fn one_program_casts_to_the_other_and_both_tell_in_json() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let picture = folder.join(format!("cli-snapshot-{}.png", std::process::id()));
    let mut receiver = Telecast::start(&[
        "receive",
        "--headless",
        "--listen",
        "127.0.0.1",
        "--port",
        "0",
        "--measure",
        "--stats",
        "json",
        "--snapshot",
        picture.to_str().expect("a path in UTF-8"),
    ]);
    let address = receiver
        .says("Listening on ")
        .await
        .parse()
        .expect("an address");
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
            numbers["state"] == "streaming" && numbers["fps"]["shown"].as_f64() > Some(1.0)
        })
        .await;
    let sent = cast.end().await;
    sent.succeeded();
    assert!(sent.output.len() >= 3, "an object a second: {sent}");
    let numbers = objects(&sent.output);
    assert_eq!(numbers.len(), sent.output.len(), "only objects: {sent}");
    for object in &numbers {
        has_keys(object, SENDER);
        for (key, inner) in SENDER_INNER {
            has_keys(&object[key], inner);
        }
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

    has_keys(&streaming, RECEIVER);
    for (key, inner) in RECEIVER_INNER {
        has_keys(&streaming[key], inner);
    }
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
    let snapshot = std::fs::read(&picture).expect("the snapshot was written");
    assert!(snapshot.starts_with(b"\x89PNG"));
    std::fs::remove_file(&picture).expect("removed");
}
