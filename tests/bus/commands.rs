// SPDX-License-Identifier: GPL-3.0-or-later
//! `telecast status`, `stop`, `volume` and `mirror` with the engine of another process, end to end.

use serde_json::Value;
use tokio::process::Child;

use super::support::{Bus, end, engine, tv, until};

/// Arguments for a small cast of the test card.
fn mirror(address: &str) -> Vec<&str> {
    let card = [
        "--source",
        "test-card",
        "--audio",
        "none",
        "--max-size",
        "320x180",
    ];
    [&["mirror", address][..], &card].concat()
}

fn start(bus: &Bus, arguments: &[&str]) -> Child {
    bus.telecast(arguments).spawn().expect("it starts")
}

async fn run(bus: &Bus, arguments: &[&str]) -> (i32, String, String) {
    end(start(bus, arguments)).await
}

async fn status(bus: &Bus) -> Value {
    let (code, said, complained) = run(bus, &["status", "--json"]).await;
    assert_eq!(code, 0, "{complained}");
    serde_json::from_str(&said).unwrap_or_else(|_| panic!("JSON: {said}"))
}

/// Waits until one cast streams, and has numbers; its object.
async fn streaming(bus: &Bus) -> Value {
    let mut now = Value::Null;
    until("a cast", async || {
        now = status(bus).await;
        let cast = &now["casts"][0];
        cast["state"] == "streaming" && cast["statistics"]["width"].is_u64()
    })
    .await;
    now["casts"][0].take()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_engine_they_start_none_and_say_so() {
    let bus = Bus::start().await;
    bus.activatable("service --idle 600");
    let (code, said, _) = run(&bus, &["status"]).await;
    assert_eq!((code, said.as_str()), (0, "Nothing is being cast.\n"));
    let now = status(&bus).await;
    assert_eq!(now["running"], false);
    assert_eq!(now["casts"], Value::Array(Vec::new()));
    let (code, _, complained) = run(&bus, &["stop"]).await;
    assert_eq!(code, 0, "there is nothing to end: {complained}");
    for arguments in [&["stop", "TV"][..], &["volume", "40"]] {
        let (code, _, complained) = run(&bus, arguments).await;
        assert_eq!(code, 1);
        assert!(complained.contains("Nothing is being cast"), "{complained}");
    }
    assert!(!bus.client().await.is_owned().await, "none was started");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cast_of_the_command_line_is_seen_and_steered_from_another_terminal() {
    let bus = Bus::start().await;
    let (_tv, address) = tv().await;
    let arguments = [&mirror(&address)[..], &["--trust", "any"]].concat();
    let cast = start(&bus, &arguments);
    let seen = streaming(&bus).await;
    assert_eq!(seen["source"], "test-card");
    assert_eq!(seen["error"], Value::Null);
    assert!(
        seen["latency_ms"] == 200 && seen["paused"] == false,
        "{seen}"
    );

    let (code, _, complained) = run(&bus, &["volume", "40"]).await;
    assert_eq!(code, 0, "{complained}");
    let is_at = async |level: f64| {
        until(&format!("the volume is {level}"), async || {
            let now = status(&bus).await;
            let volume = now["casts"][0]["volume"].as_f64().unwrap_or(-1.0);
            (volume - level).abs() < 0.005
        })
        .await;
    };
    is_at(0.4).await;
    let (code, _, complained) = run(&bus, &["volume", "-15", &address]).await;
    assert_eq!(code, 0, "{complained}");
    is_at(0.25).await;
    run(&bus, &["volume", "mute"]).await;
    until("it is mute", async || {
        status(&bus).await["casts"][0]["muted"] == true
    })
    .await;

    // By the name that it says it has.
    until("its name is known", async || {
        status(&bus).await["casts"][0]["name"] == "Test TV"
    })
    .await;
    let (_, line, _) = run(&bus, &["status"]).await;
    assert!(line.starts_with("Test TV: Casting"), "{line}");
    let (code, _, complained) = run(&bus, &["stop", "Kitchen"]).await;
    assert_eq!(code, 1);
    assert!(complained.contains("“Kitchen”"), "{complained}");
    let (code, _, complained) = run(&bus, &["stop", &address]).await;
    assert_eq!(code, 0, "{complained}");
    let (code, _, complained) = end(cast).await;
    assert_eq!(code, 0, "{complained}");
    assert!(complained.contains("Casting"), "{complained}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_engine_that_runs_casts_for_the_command_line() {
    let (bus, _engine, client) = engine().await;
    let (_tv, address) = tv().await;
    let arguments = [
        &mirror(&address)[..],
        &["--stats", "json", "--duration", "3"],
    ]
    .concat();
    let cast = start(&bus, &arguments);
    // Nobody sits at its terminal: it says so and the cast ends.
    let (code, _, complained) = end(cast).await;
    assert!(
        complained.contains("is not certified"),
        "{code} {complained}"
    );
    until("nothing is left", async || {
        client.sessions().await.is_empty()
    })
    .await;

    // Once it is allowed, it goes without a question.
    let path = client.stream(&address).await;
    client.stop(&path).await;
    let cast = start(&bus, &arguments);
    let seen = streaming(&bus).await;
    assert_eq!(seen["state"], "streaming");
    assert_eq!(client.sessions().await.len(), 1, "it is the engine's");
    let (code, printed, complained) = end(cast).await;
    assert_eq!(code, 0, "{complained}");
    let numbers: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .collect();
    let last = numbers.last().expect("numbers");
    assert_eq!(last["audio"], Value::Null);
    assert!(
        last["uptime_s"]
            .as_f64()
            .is_some_and(|seconds| seconds > 0.0),
        "{last}"
    );
    assert!(client.sessions().await.is_empty(), "its time is over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_dies_is_told_to_who_follows_its_cast() {
    let (bus, mut engine, client) = engine().await;
    let (_tv, address) = tv().await;
    let path = client.stream(&address).await;
    client.stop(&path).await;
    let cast = start(&bus, &mirror(&address));
    streaming(&bus).await;
    engine.kill().await.unwrap();
    let (code, _, complained) = end(cast).await;
    assert_eq!(code, 1, "{complained}");
    assert!(complained.contains("Telecast"), "{complained}");
}
