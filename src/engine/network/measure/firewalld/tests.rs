// SPDX-License-Identifier: GPL-3.0-or-later
//! `firewalld` and polkit as they answer on the system bus, played by objects at the other end of a connection.

use std::sync::{Arc, Mutex};

use zbus::connection::Builder;
use zbus::fdo;

use super::*;

/// What was asked, in order.
type Asked = Arc<Mutex<Vec<String>>>;

/// The bus, on which `firewalld` runs or does not.
struct TheBus {
    runs: bool,
}

#[zbus::interface(name = "org.freedesktop.DBus")]
impl TheBus {
    fn get_name_owner(&self, name: &str) -> fdo::Result<String> {
        if self.runs && name == NAME {
            return Ok(":1.7".to_owned());
        }
        Err(fdo::Error::NameHasNoOwner(name.to_owned()))
    }
}

struct Daemon(Asked);

#[zbus::interface(name = "org.fedoraproject.FirewallD1")]
impl Daemon {
    #[zbus(name = "getDefaultZone")]
    fn default_zone(&self) -> String {
        self.0.lock().unwrap().push("default zone".into());
        "public".into()
    }
}

/// The zones of the interface `wlan0`, which is in "home", and of all others.
struct Zones(Asked);

#[zbus::interface(name = "org.fedoraproject.FirewallD1.zone")]
impl Zones {
    #[zbus(name = "getZoneOfInterface")]
    fn zone_of_interface(&self, interface: &str) -> String {
        self.0.lock().unwrap().push(format!("zone of {interface}"));
        if interface == "wlan0" { "home" } else { "" }.into()
    }

    #[zbus(name = "getZoneSettings2")]
    fn settings(&self, zone: &str) -> HashMap<String, OwnedValue> {
        self.0.lock().unwrap().push(format!("settings of {zone}"));
        let services: &[&str] = if zone == "home" { &["mdns"] } else { &["ssh"] };
        settings("default", services, &[])
    }
}

struct Polkit {
    lets: bool,
    asked: Asked,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the form that the bus asks for"
)]
#[zbus::interface(name = "org.freedesktop.PolicyKit1.Authority")]
impl Polkit {
    fn check_authorization(
        &self,
        subject: (String, HashMap<String, OwnedValue>),
        action: &str,
        details: HashMap<String, String>,
        flags: u32,
        cancellation: &str,
    ) -> ((bool, bool, HashMap<String, String>),) {
        assert_eq!(subject.0, "system-bus-name");
        assert!(details.is_empty() && cancellation.is_empty());
        assert_eq!(flags, 0, "nobody is to be asked for a password");
        self.asked.lock().unwrap().push(action.to_owned());
        ((self.lets, !self.lets, HashMap::new()),)
    }
}

fn settings(
    target: &str,
    services: &[&str],
    ports: &[(&str, &str)],
) -> HashMap<String, OwnedValue> {
    let value = |value: Value<'_>| value.try_to_owned().unwrap();
    let services: Vec<String> = services.iter().map(ToString::to_string).collect();
    let ports: Vec<(String, String)> = ports
        .iter()
        .map(|(ports, protocol)| ((*ports).to_owned(), (*protocol).to_owned()))
        .collect();
    HashMap::from([
        ("target".to_owned(), value(target.into())),
        ("services".to_owned(), value(services.into())),
        ("ports".to_owned(), value(ports.into())),
        ("short".to_owned(), value("Zone".into())),
    ])
}

/// What is found out on such a bus about these interfaces, and what was asked for it.
async fn ask_about(
    runs: bool,
    lets: bool,
    interfaces: &[&str],
) -> (zbus::Result<Firewall>, Vec<String>) {
    let asked = Asked::default();
    let (here, there) = tokio::net::UnixStream::pair().unwrap();
    let polkit = Polkit {
        lets,
        asked: Arc::clone(&asked),
    };
    let service = Builder::unix_stream(there)
        .server(zbus::Guid::generate())
        .unwrap()
        .p2p()
        .serve_at("/org/freedesktop/DBus", TheBus { runs })
        .unwrap()
        .serve_at(PATH, Daemon(Arc::clone(&asked)))
        .unwrap()
        .serve_at(PATH, Zones(Arc::clone(&asked)))
        .unwrap()
        .serve_at(POLKIT_PATH, polkit)
        .unwrap()
        .build();
    let client = Builder::unix_stream(here).p2p().build();
    let (_service, client) = tokio::try_join!(service, client).unwrap();
    let interfaces: Vec<String> = interfaces.iter().map(ToString::to_string).collect();
    let told = ask(&client, &interfaces).await;
    let asked = asked.lock().unwrap().clone();
    (told, asked)
}

fn firewalld(zone: &str, open: Option<bool>) -> Firewall {
    Firewall::Firewalld {
        zone: Some(zone.to_owned()),
        open,
    }
}

#[tokio::test]
async fn the_zone_is_that_of_the_network_and_else_the_default_one() {
    let (told, _) = ask_about(true, true, &["eth0", "wlan0"]).await;
    assert_eq!(told.unwrap(), firewalld("home", Some(true)));
    let (told, _) = ask_about(true, true, &["eth0"]).await;
    assert_eq!(told.unwrap(), firewalld("public", Some(false)));
}

#[tokio::test]
async fn where_a_password_would_be_asked_for_the_rules_are_left_alone() {
    let (told, asked) = ask_about(true, false, &["wlan0"]).await;
    assert_eq!(told.unwrap(), firewalld("home", None));
    assert_eq!(asked, ["zone of wlan0", TELLS_RULES]);
}

#[tokio::test]
async fn a_firewall_that_does_not_run_is_not_started() {
    let (told, asked) = ask_about(false, true, &["wlan0"]).await;
    assert!(told.is_err(), "{told:?}");
    assert_eq!(asked, [""; 0]);
}

#[test]
fn a_zone_lets_devices_answer_by_its_services_its_ports_or_its_target() {
    for (target, services, ports, open) in [
        ("default", &["ssh", "mdns"][..], &[][..], true),
        // Fedora's zone for workstations.
        ("default", &["ssh"], &[("1025-65535", "udp")], true),
        ("default", &[], &[("5353", "udp")], true),
        ("ACCEPT", &[], &[], true),
        ("default", &["ssh"], &[], false),
        ("default", &[], &[("1025-65535", "tcp")], false),
        ("DROP", &[], &[("5000-5352", "udp")], false),
        ("default", &[], &[("nonsense", "udp")], false),
    ] {
        let settings = settings(target, services, ports);
        assert_eq!(lets_in(&settings), open, "{settings:?}");
    }
    assert!(!lets_in(&HashMap::new()));
}
