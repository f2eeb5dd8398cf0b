// SPDX-License-Identifier: GPL-3.0-or-later
//! What cannot be done is refused by the name of an error, whatever is sent; and a flood is refused, not queued.

use std::collections::HashMap;

use futures_util::future::join_all;
use tokio::process::Child;
use zbus::zvariant::{OwnedObjectPath, Value};

use super::support::{Bus, Client, DEVICE, MANAGER, PROPERTIES, ROOT, engine, name_of};

const OURS: &str = "io.github.telecast.Error";
const BUS: &str = "org.freedesktop.DBus.Error";

/// An engine with a device that is away.
async fn engine_and_device() -> (Bus, Child, Client, OwnedObjectPath) {
    let (bus, engine, client) = engine().await;
    let device = client.add_host("tv.invalid").await;
    (bus, engine, client, device)
}

#[tokio::test]
async fn each_refusal_has_its_name_and_a_sentence() {
    let (_bus, _engine, client, device) = engine_and_device().await;
    let none = HashMap::<&str, Value<'_>>::new;
    let with = |name: &'static str, value: Value<'static>| HashMap::from([(name, value)]);
    let long = "x".repeat(5000);

    for (method, arguments, name) in [
        ("Stop", None, "NotCasting"),
        ("GetStatistics", None, "NotCasting"),
        ("AnswerTrust", Some("yes"), "NothingAsked"),
        ("AnswerTrust", Some("perhaps"), "InvalidOption"),
    ] {
        let answer = match arguments {
            Some(text) => client.call(&device, DEVICE, method, &(text,)).await,
            None => client.call(&device, DEVICE, method, &()).await,
        };
        let error = answer.expect_err(method);
        assert_eq!(name_of(&error), format!("{OURS}.{name}"), "{method}");
        assert!(error.to_string().ends_with('.'), "a sentence: {error}");
    }
    let paused = client.call(&device, DEVICE, "Pause", &(true,)).await;
    assert_eq!(name_of(&paused.unwrap_err()), format!("{OURS}.NotCasting"));
    let away = client.call(&device, DEVICE, "Cast", &(none(),)).await;
    assert_eq!(name_of(&away.unwrap_err()), format!("{OURS}.NotAvailable"));

    for (host, name) in [
        ("", "InvalidAddress"),
        ("http://tv", "InvalidAddress"),
        ("192.168.1.", "InvalidAddress"),
        (long.as_str(), "InvalidOption"),
    ] {
        for method in ["AddHost", "RemoveHost"] {
            let error = client.call(ROOT, MANAGER, method, &(host,)).await;
            let error = error.expect_err(host);
            assert_eq!(name_of(&error), format!("{OURS}.{name}"), "{method} {host}");
        }
    }
    let never_added = client.call(ROOT, MANAGER, "RemoveHost", &("192.0.2.9",));
    let error = never_added.await.unwrap_err();
    assert_eq!(name_of(&error), format!("{OURS}.InvalidAddress"));

    // Nothing listens there, and the options are looked at before anything is begun.
    for (device, options, name) in [
        (
            "127.0.0.1:9",
            with("colour", "blue".into()),
            "UnknownOption",
        ),
        ("127.0.0.1:9", with("fps", 0.into()), "InvalidOption"),
        (
            "127.0.0.1:9",
            with("source", "hologram".into()),
            "InvalidOption",
        ),
        ("tv.invalid", none(), "UnknownDevice"),
        (long.as_str(), none(), "InvalidOption"),
    ] {
        let error = client.call(ROOT, MANAGER, "Cast", &(device, options)).await;
        let error = error.expect_err(name);
        assert_eq!(name_of(&error), format!("{OURS}.{name}"), "{error}");
    }
    assert!(client.sessions().await.is_empty(), "nothing was begun");
}

#[tokio::test]
async fn properties_are_refused_by_the_names_of_the_bus() {
    let (_bus, _engine, client, device) = engine_and_device().await;
    for (property, value, name) in [
        ("Volume", Value::from("loud"), "InvalidArgs"),
        ("Volume", Value::from(1.5), "InvalidArgs"),
        ("Volume", Value::from(f64::NAN), "InvalidArgs"),
        ("Volume", Value::from(0.5), "Failed"),
        ("Muted", Value::from(1_u32), "InvalidArgs"),
        ("LatencyMs", Value::from(19_u32), "InvalidArgs"),
        ("LatencyMs", Value::from(100_i32), "Failed"),
        ("AudioMode", Value::from("loud"), "InvalidArgs"),
        ("AudioMode", Value::from("tv"), "Failed"),
        ("Quality", Value::from("1081p"), "InvalidArgs"),
        ("Quality", Value::from("720p"), "Failed"),
        ("Hologram", Value::from(true), "UnknownProperty"),
    ] {
        let error = client
            .set(&device, property, value)
            .await
            .expect_err(property);
        assert_eq!(name_of(&error), format!("{BUS}.{name}"), "{property}");
    }
    let read_only = client.set(&device, "Name", "TV".into()).await.unwrap_err();
    assert!(name_of(&read_only).starts_with(BUS), "{read_only}");
}

#[tokio::test]
async fn malformed_calls_are_refused_and_nothing_breaks() {
    let (_bus, _engine, client, device) = engine_and_device().await;
    // Arguments of other types, too few, too many.
    let wrong = [
        client.call(ROOT, MANAGER, "Cast", &(7_u32,)).await,
        client.call(ROOT, MANAGER, "Cast", &("TV", "options")).await,
        client.call(ROOT, MANAGER, "AddHost", &()).await,
        client.call(ROOT, MANAGER, "AddHost", &("tv", "tv")).await,
        client.call(ROOT, MANAGER, "StopAll", &("now",)).await,
        client.call(&device, DEVICE, "Pause", &("yes",)).await,
        client
            .call(&device, DEVICE, "Cast", &(vec!["source"],))
            .await,
    ];
    for (number, answer) in wrong.into_iter().enumerate() {
        if number == 3 || number == 4 {
            // What is too much may be ignored.
            continue;
        }
        let name = name_of(&answer.expect_err("refused"));
        assert!(name.starts_with("org.freedesktop."), "{number}: {name}");
    }
    for (path, interface, method, name) in [
        (ROOT, MANAGER, "Explode", "UnknownMethod"),
        (
            ROOT,
            "io.github.telecast.Manager2",
            "StopAll",
            "UnknownInterface",
        ),
        ("/io/github/nobody", MANAGER, "StopAll", "UnknownObject"),
    ] {
        let error = client.call(path, interface, method, &()).await.unwrap_err();
        assert_eq!(name_of(&error), format!("{BUS}.{name}"));
    }
    let unknown = client.call(ROOT, PROPERTIES, "Get", &(MANAGER, "Colour"));
    let error = unknown.await.unwrap_err();
    assert_eq!(name_of(&error), format!("{BUS}.UnknownProperty"));
    assert!(client.sessions().await.is_empty(), "it still answers");
}

#[tokio::test]
async fn a_flood_is_refused_and_others_are_still_answered() {
    let bus = Bus::start().await;
    let engine = bus.serve("600").await;
    let (client, other) = (bus.client().await, bus.client().await);
    // Each would look for a device for seconds.
    let options = HashMap::<&str, Value<'_>>::new();
    let arguments = ("Nobody Has This Name", options);
    let flood = (0..300).map(|_| client.call(ROOT, MANAGER, "Cast", &arguments));
    let (answers, ()) = tokio::join!(join_all(flood), async {
        for _ in 0..20 {
            assert!(other.sessions().await.is_empty());
        }
    });
    let names: Vec<String> = answers
        .iter()
        .map(|answer| name_of(answer.as_ref().expect_err("nobody is there")))
        .collect();
    let count = |name: &str| {
        names
            .iter()
            .filter(|has| **has == format!("{OURS}.{name}"))
            .count()
    };
    let (busy, unknown) = (count("Busy"), count("UnknownDevice"));
    assert_eq!(busy + unknown, names.len(), "{names:?}");
    assert!(busy > 0 && unknown >= 1, "{busy} busy, {unknown} unknown");
    let status = format!("/proc/{}/status", engine.id().expect("it runs"));
    let status = std::fs::read_to_string(status).unwrap();
    let threads = status
        .lines()
        .find(|line| line.starts_with("Threads:"))
        .unwrap();
    let threads: u32 = threads["Threads:".len()..].trim().parse().unwrap();
    assert!(threads < 100, "{threads} threads");
}
