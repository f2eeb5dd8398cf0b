// SPDX-License-Identifier: GPL-3.0-or-later
//! What the engine asks of the desktop while something is cast, and gives back, with a portal that keeps count.

use tokio::process::Child;
use tokio::time::{Duration, sleep};
use zbus::zvariant::OwnedObjectPath;

use super::portal::Portal;
use super::support::{Bus, Client, DEVICE, tv, until};
use telecast::engine::ReceiverHandle;

const SUSPEND: u32 = 4;
const IDLE: u32 = 8;

struct Scene {
    client: Client,
    portal: Portal,
    path: OwnedObjectPath,
    tv: Option<ReceiverHandle>,
    engine: Child,
    _bus: Bus,
}

/// A cast by an engine with these settings, on a desktop with these portals.
async fn cast(settings: &str, portals: &[&str]) -> Scene {
    let bus = Bus::start().await;
    let portal = Portal::start(bus.client().await.bus, portals).await;
    let engine = bus.serve_with(settings).await;
    let client = bus.client().await;
    let (tv, address) = tv().await;
    let path = client.cast(&address, &[]).await.expect("it begins");
    client.state(&path, "streaming").await;
    Scene {
        client,
        portal,
        path,
        tv: Some(tv),
        engine,
        _bus: bus,
    }
}

impl Scene {
    async fn call<B>(&self, method: &str, arguments: &B)
    where
        B: serde::Serialize + zbus::zvariant::DynamicType + Sync,
    {
        self.client
            .call(&self.path, DEVICE, method, arguments)
            .await
            .unwrap();
    }

    async fn is_paused(&self, paused: bool) {
        until(&format!("paused is {paused}"), async || {
            let properties = self.client.properties(&self.path).await;
            properties
                .get("Paused")
                .is_some_and(|now| **now == paused.into())
        })
        .await;
    }

    async fn inhibits(&self, flags: &[u32]) {
        until(&format!("{flags:?} inhibited"), async || {
            self.portal.inhibited() == flags
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_computer_stays_awake_for_as_long_as_a_cast_needs_and_no_longer() {
    let scene = cast("", &["Inhibit"]).await;
    scene.inhibits(&[SUSPEND | IDLE]).await;
    scene.call("Pause", &true).await;
    scene.inhibits(&[SUSPEND]).await;
    scene.call("Pause", &false).await;
    scene.inhibits(&[SUSPEND | IDLE]).await;
    // The numbers of some seconds are no reason to ask again.
    sleep(Duration::from_secs(3)).await;
    assert_eq!(scene.portal.asked().inhibitions, 3);
    scene.call("Stop", &()).await;
    scene.inhibits(&[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cast_that_fails_lets_the_computer_sleep() {
    let mut scene = cast("", &["Inhibit"]).await;
    scene.inhibits(&[SUSPEND | IDLE]).await;
    scene.tv.take().unwrap().stop().await;
    scene.inhibits(&[]).await;
    scene.client.state(&scene.path, "ended").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_want_it_awake_has_it_asleep() {
    let scene = cast("stay-awake=false\npause-when-locked=false", &["Inhibit"]).await;
    sleep(Duration::from_secs(2)).await;
    assert_eq!(scene.portal.asked().inhibitions, 0);
    assert_eq!(scene.portal.watchers(), 0, "nobody needs to know");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_picture_is_paused_while_the_screen_is_locked() {
    let scene = cast("", &["Inhibit"]).await;
    until("a watcher", async || scene.portal.watchers() == 1).await;
    scene.portal.lock(true).await;
    scene.is_paused(true).await;
    // The screen may darken behind the lock; the cast goes on.
    scene.inhibits(&[SUSPEND]).await;
    scene.portal.lock(false).await;
    scene.is_paused(false).await;
    scene.inhibits(&[SUSPEND | IDLE]).await;
    scene.call("Pause", &true).await;
    scene.portal.lock(true).await;
    scene.portal.lock(false).await;
    sleep(Duration::from_secs(1)).await;
    scene.is_paused(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_work_everywhere_pause_and_stop() {
    let scene = cast("global-shortcuts=true", &["GlobalShortcuts"]).await;
    assert_eq!(
        scene.portal.asked().shortcuts,
        ["stop-casting", "pause-picture"]
    );
    scene.portal.press("pause-picture").await;
    scene.is_paused(true).await;
    scene.portal.press("pause-picture").await;
    scene.is_paused(false).await;
    scene.portal.press("stop-casting").await;
    scene.client.state(&scene.path, "gone").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desktop_without_these_portals_casts_all_the_same() {
    let mut scene = cast("global-shortcuts=true", &[]).await;
    scene.call("Pause", &true).await;
    scene.is_paused(true).await;
    scene.call("Stop", &()).await;
    scene.client.state(&scene.path, "gone").await;
    assert_eq!(scene.engine.try_wait().unwrap(), None, "it lives");
}
