// SPDX-License-Identifier: GPL-3.0-or-later
//! Devices come, go, are remembered and forgotten, at times that the tests choose.

use std::net::SocketAddr;

use super::*;
use crate::discovery::DeviceKind;
use crate::engine::remembered::time;

/// A listing with clocks that stand until they are moved.
struct Rig {
    listing: Listing,
    now: Instant,
    wall: SystemTime,
}

impl Rig {
    fn new() -> Rig {
        Rig::with(Memory::default())
    }

    fn with(memory: Memory) -> Rig {
        let now = Instant::now();
        let wall = time(1_000_000).expect("a time");
        Rig {
            listing: Listing::new(memory, now),
            now,
            wall,
        }
    }

    /// The same person, at the next start of the program.
    fn restarted(mut self) -> Rig {
        let bytes = self.listing.memory.to_json().expect("written");
        self.wait(3600);
        Rig {
            listing: Listing::new(Memory::from_json(&bytes), self.now),
            ..self
        }
    }

    fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.wall += Duration::from_secs(seconds);
        self.listing.tick(self.now);
    }

    fn sees(&mut self, devices: &[Device]) {
        self.listing.update(devices, self.now, self.wall);
    }

    /// Each name, with a `-` before those that are away.
    fn shown(&self) -> Vec<String> {
        let devices = self.listing.devices().into_iter();
        let mut shown: Vec<String> = devices
            .map(|device| {
                let sign = if device.is_available() { "" } else { "-" };
                format!("{sign}{}", device.name)
            })
            .collect();
        shown.sort();
        shown
    }

    fn one(&self, id: &str) -> ListedDevice {
        let mut devices = self.listing.devices().into_iter();
        devices.find(|device| device.id == id).expect("listed")
    }
}

fn device(id: &str, name: &str, last_byte: u8) -> Device {
    let address = SocketAddr::from(([192, 0, 2, last_byte], 8009));
    Device {
        model: "Chromecast".into(),
        capabilities: Capabilities(5),
        ..Device::unannounced(id.into(), name.into(), vec![address.into()], Instant::now())
    }
}

fn host(text: &str) -> ManualHost {
    text.parse().expect("a host")
}

/// What discovery lists for a host of which nothing was announced.
fn silent(text: &str, last_byte: u8) -> Device {
    let host = host(text);
    Device {
        model: String::new(),
        capabilities: Capabilities::default(),
        hosts: vec![host.clone()],
        ..device(&host.id(), &host.to_string(), last_byte)
    }
}

#[test]
fn what_was_there_is_listed_at_the_next_start_until_it_is_seen() {
    let mut rig = Rig::new();
    rig.sees(&[device("aa", "TV", 1)]);
    assert_eq!(rig.shown(), ["TV"]);
    let mut rig = rig.restarted();
    assert_eq!(rig.shown(), ["-TV"]);
    assert_eq!(rig.listing.hints(), [IpAddr::from([192, 0, 2, 1])]);
    rig.sees(&[device("aa", "TV", 1)]);
    assert_eq!(rig.shown(), ["TV"]);
}

#[test]
fn a_device_that_vanishes_greys_and_a_stranger_leaves_later() {
    let mut rig = Rig::new();
    rig.sees(&[device("aa", "TV", 1), device("bb", "Neighbour", 2)]);
    rig.listing.use_device("aa", rig.wall);
    rig.wait(60);
    rig.sees(&[]);
    assert_eq!(rig.shown(), ["-Neighbour", "-TV"]);
    assert_eq!(rig.one("aa").last_seen, Some(rig.wall));
    assert_eq!(rig.listing.deadline(), Some(rig.now + GRACE));
    rig.wait(GRACE.as_secs() - 1);
    assert_eq!(rig.shown().len(), 2);
    rig.wait(1);
    assert_eq!(rig.shown(), ["-TV"], "what was used stays");
    assert_eq!(rig.listing.deadline(), None);
}

#[test]
fn a_device_that_comes_back_in_time_was_never_away() {
    let mut rig = Rig::new();
    rig.sees(&[device("aa", "TV", 1)]);
    rig.sees(&[]);
    rig.wait(GRACE.as_secs() / 2);
    rig.sees(&[device("aa", "TV", 1)]);
    rig.wait(GRACE.as_secs());
    assert_eq!(rig.shown(), ["TV"]);
}

#[test]
fn a_new_name_and_a_new_address_are_taken_over() {
    let mut rig = Rig::new();
    rig.sees(&[device("aa", "TV", 1)]);
    rig.sees(&[device("aa", "Bedroom", 2)]);
    assert_eq!(rig.shown(), ["Bedroom"]);
    rig.sees(&[]);
    let addresses = rig.one("aa").addresses;
    assert_eq!(addresses, ["192.0.2.2:8009", "192.0.2.1:8009"]);
}

#[test]
fn only_what_changed_is_written_down() {
    let mut rig = Rig::new();
    rig.sees(&[device("aa", "TV", 1)]);
    assert!(rig.listing.unsaved().is_some());
    rig.wait(1);
    rig.sees(&[device("aa", "TV", 1)]);
    assert!(rig.listing.unsaved().is_none(), "it was only seen again");
    rig.wait(SEEN_AGAIN);
    rig.sees(&[device("aa", "TV", 1)]);
    assert!(rig.listing.unsaved().is_some(), "a crash may lose little");
}

#[test]
fn an_address_becomes_the_device_that_it_belongs_to_and_stays_it() {
    let mut rig = Rig::new();
    assert!(rig.listing.add_host(&host("192.0.2.7")));
    assert_eq!(rig.shown(), ["-192.0.2.7"]);
    rig.sees(&[silent("192.0.2.7", 7)]);
    assert_eq!(rig.shown(), ["192.0.2.7"]);
    assert_eq!(rig.one("manual:192.0.2.7").hosts, ["192.0.2.7"]);

    let mut announced = device("aa", "Meeting Room", 7);
    announced.hosts = vec![host("192.0.2.7")];
    rig.sees(&[announced]);
    assert_eq!(rig.shown(), ["Meeting Room"]);
    assert!(
        rig.one("aa").is("manual:192.0.2.7"),
        "a cast may have begun"
    );

    // Its announcements do not come through any more, and at the next start not either.
    rig.sees(&[silent("192.0.2.7", 7)]);
    assert_eq!(rig.shown(), ["Meeting Room"]);
    let mut rig = rig.restarted();
    assert_eq!(rig.shown(), ["-Meeting Room"]);
    rig.sees(&[silent("192.0.2.7", 7)]);
    let listed = rig.one("aa");
    let device = listed.device.expect("there");
    assert_eq!(
        (device.id.as_str(), device.name.as_str()),
        ("aa", "Meeting Room")
    );
    rig.wait(10 * GRACE.as_secs());
    assert_eq!(rig.shown(), ["Meeting Room"]);
}

#[test]
fn an_address_of_which_nothing_is_announced_is_called_what_it_says_it_is() {
    let says = |name: &str, capabilities| Introduction {
        name: name.into(),
        model: "Chromecast".into(),
        capabilities,
    };
    let mut rig = Rig::new();
    rig.listing.add_host(&host("192.0.2.7"));
    rig.sees(&[silent("192.0.2.7", 7)]);
    rig.listing.unsaved();
    let id = "manual:192.0.2.7";
    rig.listing.introduce(id, says("Attic", 5));
    assert!(rig.listing.unsaved().is_some());
    let listed = rig.one(id);
    assert_eq!(
        (listed.name.as_str(), listed.model.as_str()),
        ("Attic", "Chromecast")
    );
    let here = listed.device.expect("there");
    assert_eq!((here.name.as_str(), here.kind), ("Attic", DeviceKind::Tv));
    assert!(here.is_provisional(), "and is asked again by the next cast");
    rig.listing.introduce(id, says("Attic", 5));
    assert!(rig.listing.unsaved().is_none(), "that is no news");

    let mut rig = rig.restarted();
    assert_eq!(rig.shown(), ["-Attic"]);
    rig.sees(&[silent("192.0.2.7", 7)]);
    assert_eq!(rig.shown(), ["Attic"]);
    // It was set up anew.
    rig.listing.introduce(id, says("Kitchen", 4));
    assert_eq!(rig.shown(), ["Kitchen"]);
    assert_eq!(rig.one(id).kind, DeviceKind::Speaker);

    // What it announces goes first.
    let mut announced = device("aa", "Meeting Room", 7);
    announced.hosts = vec![host("192.0.2.7")];
    rig.sees(&[announced]);
    assert_eq!(rig.shown(), ["Meeting Room"]);
    rig.listing
        .introduce("manual:192.0.2.9", says("Elsewhere", 5));
    assert_eq!(rig.shown(), ["Meeting Room"], "nobody entered that one");
}

#[test]
fn a_host_that_takes_no_connection_is_away() {
    let mut rig = Rig::new();
    rig.listing.add_host(&host("192.0.2.7"));
    rig.sees(&[silent("192.0.2.7", 7)]);
    let tried: Vec<ManualHost> = rig
        .listing
        .to_try()
        .into_iter()
        .map(|(host, _)| host)
        .collect();
    assert_eq!(tried, [host("192.0.2.7")]);
    rig.listing
        .tried(&host("192.0.2.7"), true, rig.now, rig.wall);
    assert_eq!(rig.one("manual:192.0.2.7").last_seen, Some(rig.wall));
    rig.wait(100);
    rig.listing
        .tried(&host("192.0.2.7"), false, rig.now, rig.wall);
    assert_eq!(rig.shown(), ["-192.0.2.7"]);
    assert_ne!(rig.one("manual:192.0.2.7").last_seen, Some(rig.wall));
    rig.listing
        .tried(&host("192.0.2.7"), true, rig.now, rig.wall);
    assert_eq!(rig.shown(), ["192.0.2.7"]);
}

#[test]
fn a_host_that_somebody_is_just_looking_for_is_not_listed() {
    let mut rig = Rig::new();
    rig.sees(&[silent("192.0.2.9", 9)]);
    assert!(rig.shown().is_empty());
}

#[test]
fn what_is_forgotten_is_gone_until_it_is_taken_back() {
    let mut rig = Rig::new();
    rig.sees(&[device("aa", "TV", 1)]);
    rig.listing.use_device("aa", rig.wall);
    assert!(!rig.one("aa").may_be_forgotten(), "it announces itself");
    rig.sees(&[]);
    let before = rig.one("aa");
    assert!(before.may_be_forgotten());
    let forgotten = rig.listing.forget("aa").expect("listed");
    assert_eq!(forgotten.name, "TV");
    assert!(rig.shown().is_empty());
    rig.listing.restore(forgotten, rig.now);
    assert_eq!(rig.one("aa"), before);
    assert!(rig.listing.forget("zz").is_none());
}

#[test]
fn forgetting_an_address_leaves_the_device_that_announces_itself() {
    let mut rig = Rig::new();
    rig.listing.add_host(&host("192.0.2.7"));
    let mut announced = device("aa", "TV", 7);
    announced.hosts = vec![host("192.0.2.7")];
    rig.sees(&[announced]);
    let forgotten = rig.listing.forget("aa").expect("listed");
    assert_eq!(forgotten.hosts().count(), 1);
    assert_eq!(rig.shown(), ["TV"]);
    assert!(rig.one("aa").hosts.is_empty());
    assert!(rig.listing.hosts().is_empty());
    rig.listing.restore(forgotten, rig.now);
    assert_eq!(rig.one("aa").hosts, ["192.0.2.7"]);
}

#[test]
fn a_flood_of_devices_leaves_room_for_those_in_use() {
    let mut rig = Rig::new();
    rig.sees(&[device("aa", "TV", 1)]);
    rig.listing.use_device("aa", rig.wall);
    for number in 0..2 * MAX_LISTED {
        rig.sees(&[device(&format!("flood{number}"), "x", 2)]);
    }
    let listed = rig.listing.devices();
    assert!(listed.len() <= MAX_LISTED);
    assert!(listed.iter().any(|device| device.id == "aa"));
    assert!(rig.listing.hints().len() <= MAX_HINTS);
}

#[test]
fn a_person_enters_a_bounded_number_of_addresses() {
    let mut rig = Rig::new();
    for number in 0..MAX_HOSTS {
        assert!(rig.listing.add_host(&host(&format!("10.0.0.{number}"))));
    }
    assert!(!rig.listing.add_host(&host("10.0.1.1")));
    assert!(rig.listing.add_host(&host("10.0.0.1")), "it is there");
}
