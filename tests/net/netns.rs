// SPDX-License-Identifier: GPL-3.0-or-later
//! Two hosts on one machine: network namespaces of this test process, joined by a veth pair, gone at the end.
//! Where they cannot be made, the tests that ask for them are skipped.

use std::fs::File;
use std::os::fd::AsFd;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::skipping::can_make_namespaces;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Two namespaces, `a` with 10.77.0.1 on the interface `va`, `b` with 10.77.0.2 on `vb`.
pub struct Hosts {
    pub a: String,
    pub b: String,
}

impl Hosts {
    /// Makes the namespaces. `None`, on record, when this process may not.
    #[track_caller]
    pub fn new() -> Option<Hosts> {
        if !can_make_namespaces() {
            return None;
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = |side| format!("telecast-{}-{number}{side}", std::process::id());
        let hosts = Hosts {
            a: name('a'),
            b: name('b'),
        };
        let (a, b) = (&hosts.a, &hosts.b);
        ip(&format!("netns add {a}"));
        ip(&format!("netns add {b}"));
        ip(&format!(
            "link add va netns {a} type veth peer name vb netns {b}"
        ));
        for (namespace, device, address) in [(a, "va", "10.77.0.1/24"), (b, "vb", "10.77.0.2/24")] {
            ip(&format!("-n {namespace} addr add {address} dev {device}"));
            ip(&format!("-n {namespace} link set lo up"));
            ip(&format!("-n {namespace} link set {device} up"));
            ip(&format!("-n {namespace} route add default dev {device}"));
        }
        Some(hosts)
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for namespace in [&self.a, &self.b] {
            // A test that failed before it made them is none the wiser for a second failure.
            if let Err(error) = Command::new("ip")
                .args(["netns", "del", namespace])
                .status()
            {
                eprintln!("cannot remove {namespace}: {error}");
            }
        }
    }
}

/// Runs `ip` with these words.
pub fn ip(words: &str) {
    let output = Command::new("ip")
        .args(words.split_whitespace())
        .output()
        .expect("iproute2 is installed");
    assert!(
        output.status.success(),
        "ip {words}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Runs `body` on a thread of its own inside the namespace, with a tokio runtime whose threads are there too.
pub fn inside<F, T>(namespace: &str, body: impl FnOnce() -> F + Send) -> T
where
    F: Future<Output = T>,
    T: Send,
{
    std::thread::scope(|scope| {
        scope
            .spawn(move || {
                let file =
                    File::open(format!("/run/netns/{namespace}")).expect("the namespace is there");
                move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
                    .expect("root may enter it");
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime");
                runtime.block_on(async {
                    tokio::time::timeout(std::time::Duration::from_mins(1), body()).await
                })
            })
            .join()
            .expect("the thread in the namespace did not panic")
            .expect("within a minute")
    })
}
