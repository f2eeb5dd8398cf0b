// SPDX-License-Identifier: GPL-3.0-or-later
//! Casts that are begun, watched, steered and ended over the bus, by several clients at once.

use serde_json::Value as Json;
use telecast::engine::ReceiverState;
use zbus::zvariant::{OwnedObjectPath, Value};

use super::support::{Bus, Client, DEVICE, Properties, engine, name_of, question, tv, until};

fn value<'a>(properties: &'a Properties, name: &str) -> &'a Value<'a> {
    properties
        .get(name)
        .map_or(&Value::Bool(false), |value| value)
}

/// Waits until a property has this value.
async fn shows(client: &Client, path: &OwnedObjectPath, name: &str, wanted: Value<'static>) {
    until(&format!("{name} is {wanted:?}"), async || {
        *value(&client.properties(path).await, name) == wanted
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cast_is_begun_watched_by_another_client_steered_and_ended() {
    let bus = Bus::start().await;
    let _engine = bus.serve("600").await;
    let (client, other) = (bus.client().await, bus.client().await);
    let (tv, address) = tv().await;
    let path = client
        .cast(&address, &[("audio", "tone".into())])
        .await
        .expect("it begins");

    // Nobody has certified this TV, and somebody has to say whether that will do.
    until("a question", async || {
        question(&other.properties(&path).await).is_some()
    })
    .await;
    let (key, sentence) = question(&other.properties(&path).await).expect("it is open");
    assert!(
        key.len() > 20 && sentence.contains("is not certified"),
        "{key} {sentence}"
    );
    assert_eq!(other.text(&path, "State").await, "authenticating");
    other
        .call(&path, DEVICE, "AnswerTrust", &("yes",))
        .await
        .unwrap();
    client.state(&path, "streaming").await;
    let mut status = tv.status();
    let streams = status
        .wait_for(|status| status.state == ReceiverState::Streaming)
        .await;
    assert!(streams.is_ok());
    drop(streams);
    assert_eq!(other.sessions().await, std::slice::from_ref(&path));
    let properties = other.properties(&path).await;
    assert_eq!(*value(&properties, "SourceKind"), Value::from("test-card"));
    assert_eq!(*value(&properties, "AudioMode"), Value::from("tone"));
    assert_eq!(*value(&properties, "StateText"), Value::from("Casting"));
    assert_ne!(
        *value(&properties, "Trust"),
        Value::from(""),
        "it is known now"
    );
    assert_eq!(question(&properties), None);

    // There is one cast to a device.
    let again = client.cast(&address, &[]).await.unwrap_err();
    assert_eq!(name_of(&again), "io.github.telecast.Error.AlreadyCasting");

    // What one client does the other sees.
    client.call(&path, DEVICE, "Pause", &(true,)).await.unwrap();
    shows(&other, &path, "Paused", true.into()).await;
    client
        .call(&path, DEVICE, "Pause", &(false,))
        .await
        .unwrap();
    shows(&other, &path, "Paused", false.into()).await;
    other.set(&path, "LatencyMs", 150_u32.into()).await.unwrap();
    shows(&client, &path, "LatencyMs", 150_u32.into()).await;
    other.set(&path, "Quality", "480p".into()).await.unwrap();
    shows(&client, &path, "Quality", "480p".into()).await;
    other.set(&path, "AudioMode", "none".into()).await.unwrap();
    shows(&client, &path, "AudioMode", "none".into()).await;

    // There is no PipeWire here, so that sound cannot be had; the cast goes on and says why.
    other.set(&path, "AudioMode", "tv".into()).await.unwrap();
    until("the reason", async || {
        let properties = client.properties(&path).await;
        let error: (String, String) = value(&properties, "Error")
            .try_clone()
            .unwrap()
            .try_into()
            .unwrap();
        error.0 == "no-pipewire" && error.1.ends_with('.')
    })
    .await;
    assert_eq!(client.text(&path, "State").await, "streaming");
    assert_eq!(client.text(&path, "AudioMode").await, "none");

    client.stop(&path).await;
    assert!(other.sessions().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_volume_is_set_and_the_numbers_are_those_of_the_command_line() {
    let (_bus, _engine, client) = engine().await;
    let (_tv, address) = tv().await;
    let path = client.stream(&address).await;
    shows(&client, &path, "VolumeAdjustable", true.into()).await;
    client.set(&path, "Volume", 0.25.into()).await.unwrap();
    shows(&client, &path, "Volume", 0.25.into()).await;
    client.set(&path, "Muted", true.into()).await.unwrap();
    shows(&client, &path, "Muted", true.into()).await;
    // What was set is not only a wish: the TV has told it by then.
    tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
    shows(&client, &path, "Volume", 0.25.into()).await;
    shows(&client, &path, "Muted", true.into()).await;

    let mut numbers = Properties::new();
    until("numbers", async || {
        let answer = client
            .call(&path, DEVICE, "GetStatistics", &())
            .await
            .unwrap();
        numbers = answer.body().deserialize().unwrap();
        matches!(value(&numbers, "uptime_s"), Value::F64(seconds) if *seconds > 0.0)
            && numbers.contains_key("width")
    })
    .await;
    assert_eq!(*value(&numbers, "state"), Value::from("streaming"));
    assert!(matches!(value(&numbers, "fps"), Value::Dict(_)));
    assert!(!numbers.contains_key("audio"), "there is none");
    let keys = Json::from(numbers.keys().cloned().collect::<Vec<_>>()).to_string();
    assert!(!keys.contains("key\"") && !keys.contains("iv\""), "{keys}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_no_ends_the_cast_and_nothing_is_remembered() {
    let (_bus, _engine, client) = engine().await;
    let (_tv, address) = tv().await;
    for _ in 0..2 {
        let path = client.cast(&address, &[]).await.expect("it begins");
        until("a question", async || {
            question(&client.properties(&path).await).is_some()
        })
        .await;
        client
            .call(&path, DEVICE, "AnswerTrust", &("no",))
            .await
            .unwrap();
        client.state(&path, "gone").await;
        assert!(client.sessions().await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_by_the_tv_is_told_with_its_reason_until_it_is_dismissed() {
    let (_bus, _engine, client) = engine().await;
    let (tv, address) = tv().await;
    let added = client.add_host(&address).await;
    client.state(&added, "idle").await;
    let options = std::collections::HashMap::from([
        ("source", Value::from("test-card")),
        ("audio", "none".into()),
        ("max-size", (320_u32, 180_u32).into()),
    ]);
    client
        .call(&added, DEVICE, "Cast", &(options,))
        .await
        .unwrap();
    client.state(&added, "streaming").await;
    // What it says it is called.
    shows(&client, &added, "Name", "Test TV".into()).await;
    tv.end_cast().await;
    client.state(&added, "ended").await;
    let properties = client.properties(&added).await;
    let error: (String, String) = value(&properties, "Error")
        .try_clone()
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(error.0, "stopped-by-device", "{error:?}");
    assert!(
        error.1.contains("Test TV") && error.1.ends_with('.'),
        "{error:?}"
    );
    assert!(client.sessions().await.is_empty());
    let stopped = client.call(&added, DEVICE, "Stop", &()).await.unwrap_err();
    assert_eq!(name_of(&stopped), "io.github.telecast.Error.NotCasting");
    client.call(&added, DEVICE, "Dismiss", &()).await.unwrap();
    client.state(&added, "idle").await;
    let properties = client.properties(&added).await;
    assert_eq!(*value(&properties, "Error"), Value::from(("", "")));
}

#[tokio::test]
async fn a_screen_is_never_shared_without_the_portal() {
    let (_bus, _engine, client) = engine().await;
    let (_tv, address) = tv().await;
    // There is no portal on this bus, and no other way to a screen.
    let path = client
        .cast(&address, &[("source", "screen".into())])
        .await
        .expect("it begins");
    client.state(&path, "ended").await;
    let properties = client.properties(&path).await;
    let error: (String, String) = value(&properties, "Error")
        .try_clone()
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(error.0, "no-portal", "{error:?}");
}
