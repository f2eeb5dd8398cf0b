// SPDX-License-Identifier: GPL-3.0-or-later
//! What is on the bus: its description, and the objects that come and go.

use std::collections::HashMap;
use std::path::Path;

use futures_util::StreamExt as _;
use tokio::time::timeout;
use zbus::message::Type;
use zbus::zvariant::{OwnedObjectPath, OwnedValue};
use zbus::{MatchRule, MessageStream};

use super::support::{
    Bus, Client, DEVICE, LIMIT, MANAGER, NAME, OBJECTS, PROPERTIES, Properties, ROOT, engine,
    name_of, until,
};

/// The lines of an interface in an introspection, without their indentation.
fn interface<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let begin = format!("<interface name=\"{name}\">");
    let from = xml
        .find(&begin)
        .unwrap_or_else(|| panic!("{name} in {xml}"));
    let to = from + xml[from..].find("</interface>").unwrap();
    xml[from..to].lines().map(str::trim).collect()
}

async fn introspection(client: &Client, path: &str) -> String {
    let introspectable = "org.freedesktop.DBus.Introspectable";
    let answer = client.call(path, introspectable, "Introspect", &()).await;
    answer.unwrap().body().deserialize().unwrap()
}

async fn signals(client: &Client) -> MessageStream {
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(NAME)
        .unwrap()
        .path_namespace(ROOT)
        .unwrap()
        .build();
    let stream = MessageStream::for_match_rule(rule, &client.bus, Some(256));
    stream.await.unwrap()
}

/// Waits for a signal of this name.
async fn signal(signals: &mut MessageStream, name: &str) -> zbus::Message {
    let waiting = async {
        loop {
            let signal = signals.next().await.expect("the bus is there").unwrap();
            if signal
                .header()
                .member()
                .is_some_and(|member| member == name)
            {
                return signal;
            }
        }
    };
    timeout(LIMIT, waiting).await.expect(name)
}

#[tokio::test]
async fn the_bus_describes_what_the_installed_files_say() {
    let (_bus, _engine, client) = engine().await;
    let device = client.add_host("192.0.2.7").await;
    for (path, name) in [(ROOT, MANAGER), (device.as_str(), DEVICE)] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("data/dbus-1/interfaces")
            .join(format!("{name}.xml"));
        let written = std::fs::read_to_string(file).unwrap();
        let told = introspection(&client, path).await;
        assert_eq!(interface(&told, name), interface(&written, name), "{told}");
    }
    let root = introspection(&client, ROOT).await;
    assert!(root.contains(OBJECTS), "{root}");
}

#[tokio::test]
async fn a_device_comes_with_its_properties_and_goes_and_every_client_is_told() {
    let bus = Bus::start().await;
    let _engine = bus.serve("600").await;
    let (client, other) = (bus.client().await, bus.client().await);
    let mut told = signals(&other).await;
    let path = client.add_host("192.0.2.7:8010").await;

    let added = signal(&mut told, "InterfacesAdded").await;
    let (object, interfaces): (OwnedObjectPath, HashMap<String, Properties>) =
        added.body().deserialize().unwrap();
    assert_eq!(object, path);
    let properties = &interfaces[DEVICE];
    let text = |value: &OwnedValue| String::try_from(value.try_clone().unwrap()).unwrap();
    assert_eq!(text(&properties["Id"]), "manual:192.0.2.7:8010");
    assert_eq!(text(&properties["Name"]), "192.0.2.7:8010");
    assert_eq!(text(&properties["Kind"]), "tv");
    assert_eq!(properties.len(), 22);

    let answer = other.call(ROOT, OBJECTS, "GetManagedObjects", &()).await;
    let objects: HashMap<OwnedObjectPath, HashMap<String, Properties>> =
        answer.unwrap().body().deserialize().unwrap();
    assert!(objects[&path].contains_key(DEVICE));

    // Adding it again changes nothing.
    assert_eq!(other.add_host(" 192.0.2.7:8010").await, path);
    let removing = client.call(ROOT, MANAGER, "RemoveHost", &("192.0.2.7:8010",));
    removing.await.unwrap();
    let removed = signal(&mut told, "InterfacesRemoved").await;
    let (object, interfaces): (OwnedObjectPath, Vec<String>) =
        removed.body().deserialize().unwrap();
    assert_eq!(object, path);
    assert_eq!(interfaces, [DEVICE]);
    let gone = client.call(&path, DEVICE, "Stop", &()).await.unwrap_err();
    assert_eq!(name_of(&gone), "org.freedesktop.DBus.Error.UnknownObject");
}

#[tokio::test]
async fn a_device_that_is_forgotten_goes_too() {
    let (_bus, _engine, client) = engine().await;
    let path = client.add_host("tv.invalid").await;
    client.call(&path, DEVICE, "Forget", &()).await.unwrap();
    until("it is gone", async || {
        client.properties(&path).await.is_empty()
    })
    .await;
}

#[tokio::test]
async fn the_version_is_that_of_the_program() {
    let (_bus, _engine, client) = engine().await;
    let answer = client
        .call(ROOT, PROPERTIES, "Get", &(MANAGER, "Version"))
        .await;
    let version: OwnedValue = answer.unwrap().body().deserialize().unwrap();
    let version = String::try_from(version).unwrap();
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    assert!(client.sessions().await.is_empty());
}
