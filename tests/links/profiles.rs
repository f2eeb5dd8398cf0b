// SPDX-License-Identifier: GPL-3.0-or-later
//! The ways between the hosts, by name.

use std::time::Duration;

use super::link::{Conditions, OVERHEAD};
use super::router::{NONE, Troubles};

/// What is between the hosts.
#[derive(Debug, Clone, Copy)]
pub enum Between {
    /// The kernel's means.
    Router(Troubles),
    /// The simulation's link.
    Relay(Conditions),
}

/// A way between the hosts, and how it is cast over.
#[derive(Debug, Clone, Copy)]
pub struct Profile {
    /// Its name.
    pub slug: &'static str,
    /// What is special about it, for people.
    pub what: &'static str,
    /// What is between the hosts.
    pub between: Between,
    /// The hosts speak IPv6.
    pub ipv6: bool,
    /// From the capture to the display.
    pub target_delay: Duration,
}

const LAN: Profile = Profile {
    slug: "lan",
    what: "nothing",
    between: Between::Router(NONE),
    ipv6: false,
    target_delay: Duration::from_millis(200),
};

impl Profile {
    /// All of them.
    pub fn all() -> [Profile; 6] {
        ["lan", "loss2", "loss10", "rate", "relay", "ipv6"].map(Profile::named)
    }

    /// The one of this name. Panics when there is none.
    pub fn named(slug: &str) -> Profile {
        let with = |slug, what, troubles| Profile {
            slug,
            what,
            between: Between::Router(troubles),
            ..LAN
        };
        let ms = Duration::from_millis;
        match slug {
            "lan" => LAN,
            "loss2" => with("loss2", "2 % lost", Troubles { loss: 2, ..NONE }),
            "loss10" => with("loss10", "10 % lost", Troubles { loss: 10, ..NONE }),
            "rate" => {
                let rate = Some(2000);
                with("rate", "2 Mbit/s", Troubles { rate, ..NONE })
            }
            "relay" => Profile {
                slug: "relay",
                what: "40 ms, 2 % late",
                between: Between::Relay(Conditions {
                    late: 0.02,
                    late_at_least: ms(10),
                    late_by: ms(30),
                    // It counts IP packets as if they were datagrams.
                    mtu: 1500 + OVERHEAD,
                    ..Conditions::clean(ms(20))
                }),
                target_delay: ms(400),
                ..LAN
            },
            "ipv6" => Profile {
                ipv6: true,
                ..with("ipv6", "IPv6, MTU 1280", Troubles { mtu: 1280, ..NONE })
            },
            other => panic!("no profile {other}"),
        }
    }
}
