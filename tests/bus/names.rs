// SPDX-License-Identifier: GPL-3.0-or-later
//! Who owns the name, who starts the engine, and when it ends.

use super::support::{Bus, MANAGER, PROPERTIES, ROOT, end, tv, until};

#[tokio::test]
async fn the_bus_starts_the_engine_when_somebody_asks_for_it() {
    let bus = Bus::start().await;
    bus.activatable("service --idle 600");
    let client = bus.client().await;
    assert!(!client.is_owned().await);
    let answer = client
        .call(ROOT, PROPERTIES, "Get", &(MANAGER, "Version"))
        .await;
    answer.expect("it was started");
    assert!(client.is_owned().await);
}

#[tokio::test]
async fn there_is_one_engine_and_the_second_leaves_at_once() {
    let bus = Bus::start().await;
    let mut first = bus.serve("600").await;
    let second = bus.telecast(&["service"]).spawn().unwrap();
    let (code, _, said) = end(second).await;
    assert_eq!(code, 0, "{said}");
    assert!(first.try_wait().unwrap().is_none(), "the first one stays");
    let client = bus.client().await;
    assert!(client.is_owned().await);
    first.kill().await.unwrap();
    until("the name is free", async || !client.is_owned().await).await;
}

#[tokio::test]
async fn the_engine_ends_when_nobody_needs_it_and_not_while_it_is_used() {
    let bus = Bus::start().await;
    let client = bus.client().await;
    let mut engine = bus.serve("2").await;
    // Asked over and over, it stays for longer than that.
    for _ in 0..16 {
        client.sessions().await;
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
    assert!(engine.try_wait().unwrap().is_none(), "somebody needs it");
    let (code, _, _) = end(engine).await;
    assert_eq!(code, 0);
    assert!(!client.is_owned().await);
}

#[tokio::test]
async fn the_engine_stays_while_it_casts() {
    let bus = Bus::start().await;
    let client = bus.client().await;
    let mut engine = bus.serve("1").await;
    let (_tv, address) = tv().await;
    let path = client.cast(&address, &[]).await.expect("it begins");
    client.state(&path, "streaming").await;
    drop(client);
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert!(engine.try_wait().unwrap().is_none(), "it casts");
    let client = bus.client().await;
    client.call(ROOT, MANAGER, "StopAll", &()).await.unwrap();
    let (code, _, _) = end(engine).await;
    assert_eq!(code, 0);
}

#[tokio::test]
async fn without_a_session_bus_a_service_says_so() {
    let bus = Bus::start().await;
    let mut command = bus.telecast(&["service"]);
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
    let (code, _, said) = end(command.spawn().unwrap()).await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("session bus"), "{said}");
}
