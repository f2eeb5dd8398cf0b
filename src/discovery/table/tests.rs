// SPDX-License-Identifier: GPL-3.0-or-later
//! The table under a clock that the tests move.

use super::*;
use crate::discovery::announcement::TxtFields;
use crate::discovery::device::DeviceKind;

const TV: &str = "Chromecast-aa._googlecast._tcp.local.";

struct Clock {
    start: Instant,
    table: Table,
}

impl Clock {
    fn new() -> Clock {
        Clock {
            start: Instant::now(),
            table: Table::new(),
        }
    }

    fn at(&self, milliseconds: u64) -> Instant {
        self.start + Duration::from_millis(milliseconds)
    }

    fn announce(
        &mut self,
        milliseconds: u64,
        instance: &str,
        txt: Option<TxtFields>,
        endpoints: &[Endpoint],
    ) {
        let announcement = Announcement {
            instance: instance.into(),
            endpoints: endpoints.to_vec(),
            txt,
        };
        self.table.announce(self.at(milliseconds), announcement);
    }

    fn tick(&mut self, milliseconds: u64) {
        self.table.tick(self.at(milliseconds));
    }

    /// All changes so far, as short words.
    fn changes(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.table.poll())
            .map(|event| match event {
                DeviceEvent::Added(device) => format!("+{}", device.id),
                DeviceEvent::Changed(device) => format!("~{}", device.id),
                DeviceEvent::Removed(id) => format!("-{id}"),
            })
            .collect()
    }

    fn addresses(&mut self, id: &str) -> Vec<String> {
        self.changes();
        let devices = self.table.devices();
        let device = devices
            .iter()
            .find(|device| device.id == id)
            .expect("the device is listed");
        device.endpoints.iter().map(ToString::to_string).collect()
    }
}

fn txt(id: &str, name: &str) -> Option<TxtFields> {
    TxtFields::from_pairs([
        ("id", id.as_bytes()),
        ("fn", name.as_bytes()),
        ("ca", b"5"),
        ("st", b"0"),
        ("md", b"Chromecast"),
    ])
}

fn v4(last: u8, port: u16) -> Endpoint {
    Endpoint {
        ip: [10, 0, 0, last].into(),
        port,
        scope_id: 2,
        interface: Some("eth0".into()),
    }
}

fn v6(ip: &str, scope_id: u32) -> Endpoint {
    Endpoint {
        ip: ip.parse().unwrap(),
        port: 8009,
        scope_id,
        interface: (scope_id != 0).then(|| "eth0".into()),
    }
}

#[test]
fn records_that_arrive_piecemeal_make_one_device_with_every_address() {
    let mut clock = Clock::new();
    clock.announce(0, TV, None, &[v6("fe80::1", 2)]);
    assert!(
        clock.changes().is_empty(),
        "without a TXT record there is no device yet"
    );
    clock.announce(5, TV, txt("aa", "TV"), &[v6("fe80::1", 2)]);
    assert_eq!(clock.changes(), ["+aa"]);
    clock.announce(60_000, TV, None, &[v6("fe80::1", 2), v4(7, 8009)]);
    assert_eq!(clock.changes(), ["~aa"]);
    assert_eq!(
        clock.addresses("aa"),
        ["10.0.0.7:8009", "[fe80::1%eth0]:8009"]
    );
}

#[test]
fn addresses_are_ranked_routable_first() {
    let mut clock = Clock::new();
    let all = [
        v6("::1", 0),
        v6("fe80::1", 2),
        v6("fd00::1", 2),
        v6("2001:db8::1", 2),
        v4(7, 8009),
    ];
    clock.announce(0, TV, txt("aa", "TV"), &all);
    let order = [
        "10.0.0.7:8009",
        "[2001:db8::1]:8009",
        "[fd00::1]:8009",
        "[fe80::1%eth0]:8009",
        "[::1]:8009",
    ];
    assert_eq!(clock.addresses("aa"), order);
}

#[test]
fn a_working_address_is_not_replaced_by_a_link_local_one() {
    let mut clock = Clock::new();
    clock.announce(0, TV, txt("aa", "TV"), &[v4(7, 8009)]);
    clock.announce(30_000, TV, txt("aa", "TV"), &[v6("fe80::1", 0)]);
    assert_eq!(
        clock.addresses("aa"),
        ["10.0.0.7:8009"],
        "nobody can connect to a link-local address without scope"
    );
    clock.announce(31_000, TV, txt("aa", "TV"), &[v6("fe80::1", 2)]);
    assert_eq!(
        clock.addresses("aa"),
        ["10.0.0.7:8009", "[fe80::1%eth0]:8009"]
    );
    clock.announce(32_000, TV, txt("aa", "TV"), &[v4(8, 8009)]);
    assert_eq!(
        clock.addresses("aa")[..2],
        ["10.0.0.8:8009", "10.0.0.7:8009"],
        "what is announced comes first"
    );
    clock.tick(32_000 + 600_000);
    assert_eq!(
        clock.addresses("aa"),
        ["10.0.0.8:8009"],
        "the old ones are forgotten in the end"
    );
}

#[test]
fn a_device_that_comes_back_within_the_grace_was_never_away() {
    let mut clock = Clock::new();
    clock.announce(0, TV, txt("aa", "TV"), &[v4(7, 8009)]);
    assert_eq!(clock.changes(), ["+aa"]);
    clock.table.withdraw(clock.at(1000), TV);
    assert_eq!(clock.table.deadline(), Some(clock.at(2000)));
    clock.tick(1999);
    clock.announce(1999, TV, txt("aa", "TV"), &[v4(7, 8009)]);
    clock.tick(3000);
    assert!(clock.changes().is_empty());
    assert_eq!(clock.table.deadline(), None);
}

#[test]
fn a_device_that_says_goodbye_is_removed_after_the_grace() {
    let mut clock = Clock::new();
    clock.announce(0, TV, txt("aa", "TV"), &[v4(7, 8009)]);
    clock.changes();
    clock.table.withdraw(clock.at(1000), &TV.to_uppercase());
    clock.table.withdraw(clock.at(1900), TV);
    clock.tick(1999);
    assert!(clock.changes().is_empty());
    clock.tick(2000);
    assert_eq!(
        clock.changes(),
        ["-aa"],
        "repeated goodbyes do not prolong the grace"
    );
    assert!(clock.table.devices().is_empty());
}

#[test]
fn a_group_stays_one_device_when_its_leader_moves() {
    let mut clock = Clock::new();
    let group = || {
        TxtFields::from_pairs([
            ("id", &b"9F-00"[..]),
            ("fn", b"Everywhere"),
            ("ca", b"36"),
            ("md", b"Google Cast Group"),
        ])
    };
    clock.announce(
        0,
        "Google-Cast-Group-9f._googlecast._tcp.local.",
        group(),
        &[v4(7, 42_113)],
    );
    assert_eq!(clock.changes(), ["+9f00"]);
    assert_eq!(clock.table.devices()[0].kind, DeviceKind::Group);
    clock.announce(
        500,
        "Google-Cast-Group-9f-1._googlecast._tcp.local.",
        group(),
        &[v4(8, 32_001)],
    );
    assert_eq!(
        clock.addresses("9f00"),
        ["10.0.0.8:32001", "10.0.0.7:42113"]
    );
    clock.table.withdraw(
        clock.at(900),
        "Google-Cast-Group-9f._googlecast._tcp.local.",
    );
    clock.tick(1900);
    assert_eq!(clock.addresses("9f00"), ["10.0.0.8:32001"]);
    assert_eq!(clock.table.devices().len(), 1);
    // The old leader takes over again: it has spoken last.
    clock.announce(
        5000,
        "Google-Cast-Group-9f._googlecast._tcp.local.",
        group(),
        &[v4(7, 42_113)],
    );
    assert_eq!(clock.addresses("9f00")[0], "10.0.0.7:42113");
}

#[test]
fn a_source_that_changes_its_port_drops_the_old_one() {
    let mut clock = Clock::new();
    clock.announce(0, TV, txt("aa", "TV"), &[v4(7, 8009)]);
    clock.announce(10, TV, txt("aa", "TV"), &[v4(7, 8010)]);
    assert_eq!(clock.addresses("aa"), ["10.0.0.7:8010"]);
    clock.announce(20, TV, txt("aa", "TV"), &[v4(7, 0)]);
    assert_eq!(
        clock.addresses("aa"),
        ["10.0.0.7:8010"],
        "port 0 is no address"
    );
}

#[test]
fn a_flood_fills_the_list_up_to_its_bound_and_displaces_nobody() {
    let mut clock = Clock::new();
    clock.announce(0, TV, txt("ffff", "The real one"), &[v4(7, 8009)]);
    clock.changes();
    for n in 0..3000 {
        clock.announce(
            1,
            &format!("flood-{n}"),
            txt(&format!("{n:08}"), "Free TV"),
            &[v4(9, 8009)],
        );
    }
    clock.changes();
    let devices = clock.table.devices();
    assert_eq!(devices.len(), MAX_DEVICES);
    assert!(devices.iter().any(|device| device.id == "ffff"));
    assert!(clock.table.sources.len() <= MAX_SOURCES);

    for n in 0..2 * MAX_MANUAL {
        let host: ManualHost = format!("10.1.0.{n}").parse().unwrap();
        clock.table.add_host(clock.at(2), host);
    }
    clock.changes();
    let devices = clock.table.devices();
    assert_eq!(devices.len(), MAX_DEVICES, "entered hosts are among them");
    let entered = devices
        .iter()
        .filter(|device| !device.hosts.is_empty())
        .count();
    assert_eq!(entered, MAX_MANUAL);
    assert!(devices.iter().any(|device| device.id == "ffff"));
}

#[test]
fn an_instance_with_thousands_of_addresses_keeps_the_best_ones() {
    let mut clock = Clock::new();
    let mut many: Vec<Endpoint> = (1..3000).map(|n| v6(&format!("fe80::{n:x}"), 2)).collect();
    many.push(v4(7, 8009));
    clock.announce(0, TV, txt("aa", "TV"), &many);
    let addresses = clock.addresses("aa");
    assert_eq!(addresses.len(), source::MAX_ADDRESSES);
    assert_eq!(addresses[0], "10.0.0.7:8009");
}

#[test]
fn only_what_can_be_seen_is_a_change() {
    let mut clock = Clock::new();
    clock.announce(0, TV, txt("aa", "TV"), &[v4(7, 8009)]);
    clock.changes();
    clock.announce(60_000, TV, txt("aa", "TV"), &[v4(7, 8009)]);
    assert!(clock.changes().is_empty());
    assert_eq!(clock.table.devices()[0].last_seen, clock.at(60_000));
    clock.announce(61_000, TV, txt("aa", "Bedroom"), &[v4(7, 8009)]);
    assert_eq!(clock.changes(), ["~aa"]);
}

#[test]
fn the_list_is_sorted_by_name_and_survives_a_restart_of_the_listener() {
    let mut clock = Clock::new();
    clock.announce(0, "b", txt("bb", "zebra"), &[v4(2, 8009)]);
    clock.announce(0, "a", txt("aa", "Alpha"), &[v4(1, 8009)]);
    clock.changes();
    let names = |clock: &Clock| {
        clock
            .table
            .devices()
            .iter()
            .map(|device| device.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&clock), ["Alpha", "zebra"]);
    clock
        .table
        .doubt_everything(clock.at(1000), Duration::from_secs(10));
    clock.announce(2000, "b", txt("bb", "zebra"), &[v4(2, 8009)]);
    clock.tick(10_999);
    assert_eq!(names(&clock), ["Alpha", "zebra"]);
    clock.tick(11_000);
    assert_eq!(clock.changes(), ["-aa"]);
}

#[test]
fn a_manual_host_becomes_the_announced_device_with_its_address() {
    let mut clock = Clock::new();
    let host: ManualHost = "10.0.0.7".parse().unwrap();
    assert!(clock.table.add_host(clock.at(0), host.clone()));
    assert_eq!(clock.changes(), ["+manual:10.0.0.7"]);
    clock.table.host_resolved(&host, vec![v4(7, 8009)]);
    assert_eq!(clock.changes(), ["~manual:10.0.0.7"]);
    clock.announce(100, TV, txt("aa", "TV"), &[v4(7, 8009)]);
    assert_eq!(clock.changes(), ["+aa", "-manual:10.0.0.7"]);
    assert_eq!(clock.table.devices()[0].hosts.len(), 1);
    clock.table.withdraw(clock.at(200), TV);
    clock.tick(1200);
    assert_eq!(
        clock.changes(),
        ["+manual:10.0.0.7", "-aa"],
        "it is still a host that can be tried"
    );
    clock.table.remove_host(&host);
    assert_eq!(clock.changes(), ["-manual:10.0.0.7"]);
}

#[test]
fn a_failed_lookup_takes_no_address_away() {
    let mut clock = Clock::new();
    let host: ManualHost = "tv.example".parse().unwrap();
    clock.table.add_host(clock.at(0), host.clone());
    clock
        .table
        .host_resolved(&host, vec![v4(7, 8009), v4(99, 8009)]);
    clock.announce(100, TV, txt("aa", "TV"), &[v4(7, 8009)]);
    assert_eq!(clock.addresses("aa"), ["10.0.0.7:8009", "10.0.0.99:8009"]);
    assert_eq!(clock.table.devices().len(), 1);
    clock.table.host_resolved(&host, vec![]);
    assert_eq!(clock.addresses("aa").len(), 2);
}

#[test]
fn hostile_txt_records_are_refused_or_made_harmless() {
    let long = "x".repeat(300);
    for (pairs, expected) in [
        (vec![("fn", "TV")], None),
        (vec![("id", "aa")], None),
        (vec![("id", ""), ("fn", "TV")], None),
        (vec![("id", "aa"), ("fn", "\u{1b}\n")], None),
        (
            vec![("id", "AA-BB"), ("FN", "TV\u{7}"), ("fn", "second")],
            Some(("aabb", "TV", 0)),
        ),
        (
            vec![("id", "aa"), ("fn", "TV"), ("ca", "0x5")],
            Some(("aa", "TV", 0)),
        ),
        (
            vec![("id", "aa"), ("fn", "TV"), ("ca", "18446744073709551615")],
            Some(("aa", "TV", u64::MAX)),
        ),
        (
            vec![("id", "aa"), ("fn", &long)],
            Some(("aa", &long[..Device::MAX_NAME], 0)),
        ),
    ] {
        let fields =
            TxtFields::from_pairs(pairs.iter().map(|(key, value)| (*key, value.as_bytes())));
        let found = fields.as_ref().map(|fields| {
            (
                fields.id.as_str(),
                fields.name.as_str(),
                fields.capabilities.0,
            )
        });
        assert_eq!(found, expected, "{pairs:?}");
    }
}

#[test]
fn what_was_heard_beside_mdns_counts_for_a_while_unless_mdns_says_it_too() {
    let mut clock = Clock::new();
    let lasts = Duration::from_secs(10);
    let heard = |port| Announcement {
        instance: TV.into(),
        endpoints: vec![Endpoint {
            ip: "192.0.2.7".parse().unwrap(),
            port,
            scope_id: 0,
            interface: None,
        }],
        txt: TxtFields::from_pairs([("id", &b"aa"[..]), ("fn", &b"TV"[..])]),
    };
    clock.table.hear_of(clock.at(0), heard(8009), lasts);
    assert_eq!(clock.changes(), ["+aa"]);
    clock.tick(9_999);
    assert!(clock.changes().is_empty());
    clock.tick(10_000);
    assert_eq!(clock.changes(), ["-aa"]);
    clock.table.hear_of(clock.at(20_000), heard(8009), lasts);
    clock.table.announce(clock.at(21_000), heard(8010));
    clock.table.hear_of(clock.at(22_000), heard(8009), lasts);
    clock.tick(60_000);
    assert_eq!(clock.changes(), ["+aa"]);
    let ports: Vec<u16> = clock.table.devices().iter().map(Device::port).collect();
    assert_eq!(ports, [8010], "mDNS knows better");
}
