// SPDX-License-Identifier: GPL-3.0-or-later
//! A session bus, programs on it, a client's view of the engine, and a TV.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use telecast::engine::{Receiver, ReceiverHandle, ReceiverOptions};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};
use zbus::{Connection, Message, connection};

use super::home;

pub const NAME: &str = "io.github.telecast.Telecast.Engine";
pub const ROOT: &str = "/io/github/telecast/Telecast/Engine";
pub const MANAGER: &str = "io.github.telecast.Manager1";
pub const DEVICE: &str = "io.github.telecast.Device1";
pub const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
pub const OBJECTS: &str = "org.freedesktop.DBus.ObjectManager";

/// Nothing in these tests takes longer, also on a machine that is busy with others.
pub const LIMIT: Duration = Duration::from_secs(90);

/// One home for all: what was found out about encoders is found out once.
static HOME: LazyLock<PathBuf> = LazyLock::new(|| home::make("bus-home"));

/// Properties by name.
pub type Properties = HashMap<String, OwnedValue>;

/// A session bus that nobody else is on.
pub struct Bus {
    _daemon: Child,
    address: String,
    folder: PathBuf,
}

impl Bus {
    /// One that starts the engine when somebody asks for it.
    pub async fn start() -> Bus {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = HOME.join(format!("bus-{}-{number}", std::process::id()));
        std::fs::create_dir_all(folder.join("services")).unwrap();
        let config = folder.join("bus.conf");
        std::fs::write(&config, configuration(&folder)).unwrap();
        let mut daemon = std::process::Command::new("dbus-daemon");
        home::give(&mut daemon, &HOME);
        daemon
            .arg("--nofork")
            .arg("--print-address=1")
            .arg(format!("--config-file={}", config.display()));
        // What the bus starts gets the bus's environment.
        environment(&mut daemon, &folder);
        let mut daemon = Command::from(daemon)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("dbus-daemon starts");
        let mut lines = BufReader::new(daemon.stdout.take().unwrap()).lines();
        let address = timeout(LIMIT, lines.next_line()).await.expect("an address");
        Bus {
            _daemon: daemon,
            address: address.unwrap().expect("an address"),
            folder,
        }
    }

    /// Lets the bus start the engine, with these arguments.
    pub fn activatable(&self, arguments: &str) {
        let program = env!("CARGO_BIN_EXE_telecast");
        let source = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("data/io.github.telecast.Telecast.Engine.service.in");
        let service = std::fs::read_to_string(source).unwrap();
        let service = service.replace(
            "@bindir@/telecast service",
            &format!("{program} {arguments}"),
        );
        assert!(service.contains(program), "{service}");
        let file = self.folder.join("services").join(format!("{NAME}.service"));
        std::fs::write(file, service).unwrap();
    }

    /// A program on this bus, with a home of its own, without display and PipeWire.
    pub fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = std::process::Command::new(program);
        home::give(command.args(arguments), &HOME);
        environment(&mut command, &self.folder);
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        let mut command = Command::from(command);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Our program on this bus.
    pub fn telecast(&self, arguments: &[&str]) -> Command {
        self.command(env!("CARGO_BIN_EXE_telecast"), arguments)
    }

    /// The engine, as soon as it is on the bus; it ends with what is returned.
    pub async fn serve(&self, idle: &str) -> Child {
        let engine = self
            .telecast(&["service", "--idle", idle])
            .stderr(Stdio::inherit())
            .spawn()
            .expect("it starts");
        let client = self.client().await;
        until("the engine is on the bus", async || client.is_owned().await).await;
        engine
    }

    /// The same, with settings of the program: `KEY=VALUE` lines, values as `GVariant` text.
    pub async fn serve_with(&self, settings: &str) -> Child {
        let config = self.folder.join("config");
        let folder = config.join("glib-2.0/settings");
        std::fs::create_dir_all(&folder).unwrap();
        let text = format!("[io/github/telecast/Telecast]\n{settings}\n");
        std::fs::write(folder.join("keyfile"), text).unwrap();
        let engine = self
            .telecast(&["service", "--idle", "600"])
            .env("XDG_CONFIG_HOME", config)
            .env("GSETTINGS_BACKEND", "keyfile")
            .stderr(Stdio::inherit())
            .spawn()
            .expect("it starts");
        let client = self.client().await;
        until("the engine is on the bus", async || client.is_owned().await).await;
        engine
    }

    /// A client of the engine.
    pub async fn client(&self) -> Client {
        let bus = connection::Builder::address(self.address.as_str())
            .unwrap()
            .build()
            .await
            .expect("a connection");
        Client { bus }
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

fn environment(command: &mut std::process::Command, folder: &Path) {
    command
        .env("XDG_STATE_HOME", folder.join("state"))
        .env("GSETTINGS_BACKEND", "memory");
}

fn configuration(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={folder}</listen>
  <servicedir>{folder}/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <!-- As in a user's session. -->
  <limit name="max_replies_per_connection">50000</limit>
</busconfig>
"#
    )
}

/// A client of the engine, which knows nothing but the bus.
#[derive(Clone)]
pub struct Client {
    pub bus: Connection,
}

impl Client {
    /// Whether somebody runs the engine.
    pub async fn is_owned(&self) -> bool {
        let bus = "org.freedesktop.DBus";
        let path = "/org/freedesktop/DBus";
        let answer = self
            .bus
            .call_method(Some(bus), path, Some(bus), "NameHasOwner", &(NAME,))
            .await;
        answer.unwrap().body().deserialize().unwrap()
    }

    pub async fn call<B>(
        &self,
        path: &str,
        interface: &str,
        method: &str,
        arguments: &B,
    ) -> zbus::Result<Message>
    where
        B: serde::Serialize + zbus::zvariant::DynamicType + Sync,
    {
        let calling = self
            .bus
            .call_method(Some(NAME), path, Some(interface), method, arguments);
        timeout(LIMIT, calling).await.expect("an answer")
    }

    /// Adds a device by its address; its object.
    pub async fn add_host(&self, host: &str) -> OwnedObjectPath {
        let answer = self.call(ROOT, MANAGER, "AddHost", &(host,)).await;
        answer.unwrap().body().deserialize().unwrap()
    }

    /// Begins a cast of the small test card, with these options, too.
    pub async fn cast(
        &self,
        device: &str,
        more: &[(&str, Value<'_>)],
    ) -> zbus::Result<OwnedObjectPath> {
        let mut options = HashMap::from([
            ("source", Value::from("test-card")),
            ("audio", "none".into()),
            ("max-size", (320_u32, 180_u32).into()),
        ]);
        for (name, value) in more {
            options.insert(name, value.try_clone().unwrap());
        }
        let arguments = (device, options);
        let answer = self.call(ROOT, MANAGER, "Cast", &arguments).await?;
        answer.body().deserialize()
    }

    /// Begins a cast of the small test card and waits until it is there; its device.
    pub async fn stream(&self, device: &str) -> OwnedObjectPath {
        let path = self.cast(device, &[]).await.expect("it begins");
        self.state(&path, "streaming").await;
        path
    }

    /// Ends the cast to a device that is known for no other reason.
    pub async fn stop(&self, path: &str) {
        let answer = self.call(path, DEVICE, "Stop", &()).await;
        answer.unwrap();
        self.state(path, "gone").await;
    }

    pub async fn set(&self, path: &str, property: &str, value: Value<'_>) -> zbus::Result<()> {
        let arguments = (DEVICE, property, value);
        self.call(path, PROPERTIES, "Set", &arguments)
            .await
            .map(drop)
    }

    /// All properties of a device; none when it is not there.
    pub async fn properties(&self, path: &str) -> Properties {
        match self.call(path, PROPERTIES, "GetAll", &(DEVICE,)).await {
            Ok(answer) => answer.body().deserialize().unwrap(),
            Err(_) => Properties::new(),
        }
    }

    /// One text among them.
    pub async fn text(&self, path: &str, property: &str) -> String {
        let properties = self.properties(path).await;
        match properties.get(property).map(|value| &**value) {
            Some(Value::Str(text)) => text.to_string(),
            _ => String::new(),
        }
    }

    /// The devices to which something is being cast.
    pub async fn sessions(&self) -> Vec<OwnedObjectPath> {
        let answer = self
            .call(ROOT, PROPERTIES, "Get", &(MANAGER, "Sessions"))
            .await
            .unwrap();
        let value: OwnedValue = answer.body().deserialize().unwrap();
        value.try_into().unwrap()
    }

    /// Waits until a device is in this state; says yes to what is asked about it.
    pub async fn state(&self, path: &str, wanted: &str) {
        let asked = format!("{path} is {wanted}");
        until(&asked, async || {
            let properties = self.properties(path).await;
            if question(&properties).is_some() {
                self.call(path, DEVICE, "AnswerTrust", &("yes",)).await.ok();
            }
            match properties.get("State").map(|value| &**value) {
                Some(Value::Str(state)) => state.as_str() == wanted,
                _ => wanted == "gone",
            }
        })
        .await;
    }
}

/// A bus, an engine on it that ends with what is returned, and a client of that.
pub async fn engine() -> (Bus, Child, Client) {
    let bus = Bus::start().await;
    let engine = bus.serve("600").await;
    let client = bus.client().await;
    (bus, engine, client)
}

/// The key and the sentence of the question about a device.
pub fn question(properties: &Properties) -> Option<(String, String)> {
    let value = properties.get("TrustQuestion")?.try_clone().ok()?;
    let question: (String, String) = value.try_into().ok()?;
    (!question.0.is_empty()).then_some(question)
}

/// The name of an error.
pub fn name_of(error: &zbus::Error) -> String {
    match error {
        zbus::Error::MethodError(name, _, _) => name.to_string(),
        other => panic!("not an error of the other end: {other}"),
    }
}

/// Waits until something is so.
pub async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !so().await {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(LIMIT, waiting)
        .await
        .unwrap_or_else(|_| panic!("{what}: never"));
}

/// A TV on loopback, and its address.
pub async fn tv() -> (ReceiverHandle, String) {
    let receiver = Receiver::start(ReceiverOptions {
        name: "Test TV".into(),
        listen: "127.0.0.1".parse().unwrap(),
        port: 0,
        advertise: false,
        play_sound: false,
        ..ReceiverOptions::default()
    });
    let receiver = receiver.await.expect("it starts");
    let address = receiver.address().to_string();
    (receiver, address)
}

/// Waits for the end of a program; its exit code, standard output and standard error.
pub async fn end(child: Child) -> (i32, String, String) {
    let output = timeout(LIMIT, child.wait_with_output()).await;
    let output = output.expect("it ends").unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().expect("it ended by itself");
    (code, text(&output.stdout), text(&output.stderr))
}
