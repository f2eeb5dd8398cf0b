// SPDX-License-Identifier: GPL-3.0-or-later
//! In the place of a desktop's portal: `Inhibit` with its session monitor, `GlobalShortcuts` and `Background`, as their
//! specifications have them. Remembers what it is asked for, and does what the test says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};
use zbus::{Connection, interface};

const NAME: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const REQUEST: &str = "org.freedesktop.portal.Request";

type Options = HashMap<String, OwnedValue>;

/// What was asked for.
#[derive(Debug, Default)]
pub struct Asked {
    /// The flags that are inhibited, by request.
    pub inhibited: HashMap<String, u32>,
    /// How often something was asked to be inhibited.
    pub inhibitions: usize,
    /// The sessions of who watches the lock screen, and who.
    monitors: Vec<(OwnedObjectPath, String)>,
    /// The ids of the bound keys, and whose session they are.
    pub shortcuts: Vec<String>,
    keys_of: Option<(OwnedObjectPath, String)>,
    /// The reason, and whether to be started with the session.
    pub background: Vec<(String, bool, Vec<String>)>,
}

/// A portal on a bus.
#[derive(Clone)]
pub struct Portal {
    pub bus: Connection,
    asked: Arc<Mutex<Asked>>,
}

impl Portal {
    /// With these interfaces: any of `Inhibit`, `GlobalShortcuts` and `Background`.
    pub async fn start(bus: Connection, interfaces: &[&str]) -> Portal {
        let portal = Portal {
            bus: bus.clone(),
            asked: Arc::default(),
        };
        let server = bus.object_server();
        for interface in interfaces {
            let added = match *interface {
                "Inhibit" => server.at(PATH, Inhibit(portal.clone())).await,
                "GlobalShortcuts" => server.at(PATH, GlobalShortcuts(portal.clone())).await,
                "Background" => server.at(PATH, Background(portal.clone())).await,
                other => panic!("no interface {other}"),
            };
            assert!(added.unwrap(), "{interface}");
        }
        bus.request_name(NAME).await.unwrap();
        portal
    }

    pub fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap()
    }

    /// The flags that are inhibited now, in order.
    pub fn inhibited(&self) -> Vec<u32> {
        let mut flags: Vec<u32> = self.asked().inhibited.values().copied().collect();
        flags.sort_unstable();
        flags
    }

    /// How many watch the lock screen.
    pub fn watchers(&self) -> usize {
        self.asked().monitors.len()
    }

    /// Locks the screen, or unlocks it.
    pub async fn lock(&self, locked: bool) {
        let monitors = self.asked().monitors.clone();
        for (session, who) in monitors {
            self.tell_lock(&session, &who, locked).await;
        }
    }

    async fn tell_lock(&self, session: &OwnedObjectPath, who: &str, locked: bool) {
        let state = HashMap::from([
            ("screensaver-active", Value::from(locked)),
            ("session-state", Value::from(1_u32)),
        ]);
        let body = (session, state);
        let interface = "org.freedesktop.portal.Inhibit";
        let told = self
            .bus
            .emit_signal(Some(who), PATH, interface, "StateChanged", &body);
        told.await.unwrap();
    }

    /// Presses a bound key.
    pub async fn press(&self, id: &str) {
        let (session, who) = self.asked().keys_of.clone().expect("bound keys");
        let interface = "org.freedesktop.portal.GlobalShortcuts";
        let body = (session, id, 0_u64, HashMap::<&str, Value<'_>>::new());
        let told = self
            .bus
            .emit_signal(Some(who.as_str()), PATH, interface, "Activated", &body);
        told.await.unwrap();
    }

    /// Answers a request, whose handle it returns.
    async fn answer(
        &self,
        header: &Header<'_>,
        options: &Options,
        results: HashMap<&str, Value<'_>>,
    ) -> OwnedObjectPath {
        let request = handle(header, options, "request", "handle_token");
        let who = header.sender().unwrap().to_string();
        let body = (0_u32, results);
        let told = self
            .bus
            .emit_signal(Some(who.as_str()), &request, REQUEST, "Response", &body);
        told.await.unwrap();
        request
    }
}

/// The path that a caller expects, by its name and its token.
fn handle(header: &Header<'_>, options: &Options, kind: &str, token: &str) -> OwnedObjectPath {
    let sender = header
        .sender()
        .unwrap()
        .trim_start_matches(':')
        .replace('.', "_");
    let token: String = options[token].try_clone().unwrap().try_into().unwrap();
    let path = format!("{PATH}/{kind}/{sender}/{token}");
    ObjectPath::try_from(path).unwrap().into()
}

struct Inhibit(Portal);

#[allow(clippy::unused_self, reason = "the bindings want methods")]
#[interface(name = "org.freedesktop.portal.Inhibit")]
impl Inhibit {
    async fn inhibit(&self, window: &str, flags: u32, options: Options) -> OwnedObjectPath {
        assert_eq!(window, "");
        let reason: String = options["reason"].try_clone().unwrap().try_into().unwrap();
        assert_eq!(reason, "Casting to a TV");
        let number = {
            let mut asked = self.0.asked();
            asked.inhibitions += 1;
            asked.inhibitions
        };
        let path = format!("{PATH}/request/inhibition/{number}");
        self.0.asked().inhibited.insert(path.clone(), flags);
        let request = Request {
            portal: self.0.clone(),
            path: path.clone(),
        };
        self.0
            .bus
            .object_server()
            .at(path.as_str(), request)
            .await
            .unwrap();
        ObjectPath::try_from(path).unwrap().into()
    }

    async fn create_monitor(
        &self,
        window: &str,
        options: Options,
        #[zbus(header)] header: Header<'_>,
    ) -> OwnedObjectPath {
        assert_eq!(window, "");
        let session = handle(&header, &options, "session", "session_handle_token");
        let who = header.sender().unwrap().to_string();
        self.0.asked().monitors.push((session.clone(), who.clone()));
        let results = HashMap::from([("session_handle", Value::from(session.as_str()))]);
        let request = self.0.answer(&header, &options, results).await;
        self.0.tell_lock(&session, &who, false).await;
        request
    }

    #[zbus(signal)]
    async fn state_changed(
        emitter: &SignalEmitter<'_>,
        session: ObjectPath<'_>,
        state: Options,
    ) -> zbus::Result<()>;

    #[zbus(property, name = "version")]
    fn version(&self) -> u32 {
        3
    }
}

/// What is inhibited until it is closed.
struct Request {
    portal: Portal,
    path: String,
}

#[interface(name = "org.freedesktop.portal.Request")]
impl Request {
    fn close(&self) {
        let gone = self.portal.asked().inhibited.remove(&self.path);
        assert!(gone.is_some(), "{} was closed before", self.path);
    }
}

struct GlobalShortcuts(Portal);

#[allow(clippy::unused_self, reason = "the bindings want methods")]
#[interface(name = "org.freedesktop.portal.GlobalShortcuts")]
impl GlobalShortcuts {
    async fn create_session(
        &self,
        options: Options,
        #[zbus(header)] header: Header<'_>,
    ) -> OwnedObjectPath {
        let session = handle(&header, &options, "session", "session_handle_token");
        let who = header.sender().unwrap().to_string();
        self.0.asked().keys_of = Some((session.clone(), who));
        let results = HashMap::from([("session_handle", Value::from(session.as_str()))]);
        self.0.answer(&header, &options, results).await
    }

    async fn bind_shortcuts(
        &self,
        session: ObjectPath<'_>,
        shortcuts: Vec<(String, Options)>,
        window: &str,
        options: Options,
        #[zbus(header)] header: Header<'_>,
    ) -> OwnedObjectPath {
        assert_eq!(window, "");
        let ours = self.0.asked().keys_of.clone();
        assert!(ours.is_some_and(|(ours, _)| *ours == session));
        let ids: Vec<String> = shortcuts.iter().map(|(id, _)| id.clone()).collect();
        let bound: Vec<(String, HashMap<&str, Value<'_>>)> = shortcuts
            .iter()
            .map(|(id, told)| {
                let description: String =
                    told["description"].try_clone().unwrap().try_into().unwrap();
                let info = HashMap::from([
                    ("description", Value::from(description)),
                    ("trigger_description", Value::from("keys")),
                ]);
                (id.clone(), info)
            })
            .collect();
        self.0.asked().shortcuts = ids;
        let results = HashMap::from([("shortcuts", Value::from(bound))]);
        self.0.answer(&header, &options, results).await
    }

    #[zbus(property, name = "version")]
    fn version(&self) -> u32 {
        1
    }
}

struct Background(Portal);

#[allow(clippy::unused_self, reason = "the bindings want methods")]
#[interface(name = "org.freedesktop.portal.Background")]
impl Background {
    async fn request_background(
        &self,
        window: &str,
        options: Options,
        #[zbus(header)] header: Header<'_>,
    ) -> OwnedObjectPath {
        assert_eq!(window, "");
        let text =
            |name: &str| -> String { options[name].try_clone().unwrap().try_into().unwrap() };
        let autostart: bool = options["autostart"]
            .try_clone()
            .unwrap()
            .try_into()
            .unwrap();
        let command = options
            .get("commandline")
            .map(|command| command.try_clone().unwrap().try_into().unwrap());
        self.0
            .asked()
            .background
            .push((text("reason"), autostart, command.unwrap_or_default()));
        let results = HashMap::from([
            ("background", Value::from(true)),
            ("autostart", Value::from(autostart)),
        ]);
        self.0.answer(&header, &options, results).await
    }

    #[zbus(property, name = "version")]
    fn version(&self) -> u32 {
        2
    }
}
