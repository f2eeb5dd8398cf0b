// SPDX-License-Identifier: GPL-3.0-or-later
//! `Router`: a host between two cables that forwards, loses and limits by the kernel's own means, and counts.

use serde_json::Value;

use super::hosts::{Counts, RECEIVER, SENDER, Subnet};
use super::namespace::Namespace;

/// What is bad about the way.
#[derive(Debug, Clone, Copy)]
pub struct Troubles {
    /// Percent of the UDP packets that are lost at random, in each direction.
    pub loss: u32,
    /// What the way to the receiver carries, in kbit/s, with a queue of 200 ms before it.
    pub rate: Option<u32>,
    /// Of the cable to the receiver, in bytes.
    pub mtu: u32,
}

/// A cable like others.
pub const NONE: Troubles = Troubles {
    loss: 0,
    rate: None,
    mtu: 1500,
};

/// The names of its devices.
const TO_SENDER: &str = "to-sender";
const TO_RECEIVER: &str = "to-receiver";

/// A running one.
pub struct Router {
    namespace: Namespace,
    is_limited: bool,
}

impl Router {
    /// Joins the two hosts.
    pub fn between(sender: &Namespace, receiver: &Namespace, troubles: Troubles) -> Router {
        let namespace = Namespace::new('r');
        cable(&namespace, TO_SENDER, sender, &SENDER, NONE.mtu);
        cable(&namespace, TO_RECEIVER, receiver, &RECEIVER, troubles.mtu);
        namespace.enter(|| {
            for switch in ["ipv4/ip_forward", "ipv6/conf/all/forwarding"] {
                let path = format!("/proc/sys/net/{switch}");
                std::fs::write(&path, "1").unwrap_or_else(|error| panic!("{path}: {error}"));
            }
        });
        namespace.nft(&[&rules(troubles.loss)]);
        if let Some(rate) = troubles.rate {
            namespace.tc(&format!(
                "qdisc add dev {TO_RECEIVER} root tbf rate {rate}kbit burst 4kb latency 200ms"
            ));
        }
        Router {
            namespace,
            is_limited: troubles.rate.is_some(),
        }
    }

    /// What has passed until now.
    pub fn counts(&self) -> Counts {
        let listed = self.namespace.nft(&["-j", "list", "counters"]);
        let listed: Value = serde_json::from_str(&listed).expect("nft prints JSON");
        let listed = listed["nftables"].as_array().expect("a list");
        let counter = |name: &str| {
            let found = listed.iter().find(|it| it["counter"]["name"] == name);
            let found = &found.expect("its own counter")["counter"];
            ["packets", "bytes"].map(|key| found[key].as_u64().expect("a number"))
        };
        let [media, media_bytes] = counter("media");
        Counts {
            media,
            media_bytes,
            fragments: counter("fragments")[0],
            reports: counter("reports")[0],
            lost: counter("lost")[0] + self.dropped_by_queue(),
        }
    }

    fn dropped_by_queue(&self) -> u64 {
        if !self.is_limited {
            return 0;
        }
        let shown = self
            .namespace
            .tc(&format!("-s -j qdisc show dev {TO_RECEIVER}"));
        let shown: Value = serde_json::from_str(&shown).expect("tc prints JSON");
        shown[0]["drops"].as_u64().expect("a number")
    }
}

/// Counts what comes from the sender, RTCP and RTP apart by their packet types (RFC 5761), and loses of what is forwarded.
/// Between these hosts nothing but the cast is UDP and forwarded.
fn rules(loss: u32) -> String {
    let rule = match loss {
        0 => String::new(),
        loss => format!("meta l4proto udp numgen random mod 100 < {loss} counter name lost drop"),
    };
    format!(
        "table inet link {{
            counter media {{ }}
            counter fragments {{ }}
            counter reports {{ }}
            counter lost {{ }}
            chain arriving {{
                type filter hook prerouting priority 0;
                iifname \"{TO_SENDER}\" exthdr frag exists counter name fragments accept
                iifname \"{TO_SENDER}\" meta l4proto udp @th,72,8 192-223 counter name reports accept
                iifname \"{TO_SENDER}\" meta l4proto udp counter name media
            }}
            chain passing {{
                type filter hook forward priority 0;
                {rule}
            }}
        }}"
    )
}

/// Joins the router's `device` and the host's `eth0`.
fn cable(router: &Namespace, device: &str, host: &Namespace, net: &Subnet, mtu: u32) {
    let peer = format!("peer name eth0 netns {} mtu {mtu}", host.name());
    router.ip(&format!("link add {device} mtu {mtu} type veth {peer}"));
    for (namespace, device, end) in [(router, device, net.router), (host, "eth0", net.host)] {
        // One packet a buffer: else a batch (GSO) is lost or kept as a whole.
        namespace.ip(&format!("link set {device} gso_max_segs 1"));
        namespace.ip(&format!("link set {device} up"));
        namespace.ip(&format!("addr add {}.{end}/24 dev {device}", net.v4));
        namespace.ip(&format!("addr add {}::{end}/64 dev {device} nodad", net.v6));
    }
    host.ip(&format!("route add default via {}.{}", net.v4, net.router));
    host.ip(&format!(
        "-6 route add default via {}::{}",
        net.v6, net.router
    ));
}
