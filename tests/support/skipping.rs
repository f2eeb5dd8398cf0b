// SPDX-License-Identifier: GPL-3.0-or-later
//! What a machine may not allow, found out by trying; and the record of tests that were skipped for it, which the summary
//! of `make test` shows (`build-aux/parts.sh`), because to the test framework they have passed.

#![allow(
    dead_code,
    reason = "not every binary that includes this uses all of it"
)]

use std::fs::OpenOptions;
use std::io::Write;
use std::panic::Location;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The file that the summary is made of; a line a test.
const RECORD: &str = "TELECAST_TEST_SKIPPED";
/// Set by `build-aux/parts.sh` where namespaces were possible: then a test that cannot make one fails.
const MUST_RUN: &str = "TELECAST_TEST_AS_ROOT";
/// The folder of test vectors that are not in the repository.
const EXTRA_VECTORS: &str = "TELECAST_EXTRA_VECTORS";

/// The folder of test vectors that are other people's and so not in the repository, if it is named. When not, the calling
/// test is recorded as skipped.
#[track_caller]
pub fn extra_vectors() -> Option<PathBuf> {
    let folder = std::env::var_os(EXTRA_VECTORS).map(PathBuf::from);
    if folder.is_none() {
        skip(&format!(
            "test vectors of others are not in the repository: {EXTRA_VECTORS} names their folder"
        ));
    }
    folder
}

/// Whether this process can make network namespaces. When not, the calling test is recorded as skipped.
#[track_caller]
pub fn can_make_namespaces() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    let can = *CAN.get_or_init(|| works_in_a_namespace(&["true"]));
    let why =
        "network namespaces cannot be made here: that needs root, in a container also --privileged";
    assert!(
        can || std::env::var_os(MUST_RUN).is_none(),
        "{MUST_RUN} is set, but {why}"
    );
    can || skip(why)
}

/// Whether this program is there. When not, the calling test is recorded as skipped, for the reason `why`.
#[track_caller]
pub fn has_program(name: &str, why: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let there = std::env::split_paths(&folders).any(|folder| folder.join(name).is_file());
    there || skip(why)
}

/// Whether `nft` can count packets and drop them at random. Asked where namespaces are possible. When not, the calling test
/// is recorded as skipped.
#[track_caller]
pub fn can_filter_packets() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    let can = *CAN.get_or_init(|| {
        let rules = "table inet probe { counter c { } ; chain c { type filter hook forward priority 0; \
             numgen random mod 100 < 1 counter name c drop; }; }";
        works_in_a_namespace(&["nft", rules])
    });
    can || skip(
        "packets cannot be dropped here: that needs nft, and nf_tables with numgen in the kernel",
    )
}

/// Whether `tc` can limit the rate of a device. Asked where namespaces are possible. When not, the calling test is recorded
/// as skipped.
#[track_caller]
pub fn can_limit_rates() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    let can = *CAN.get_or_init(|| {
        let limit = "tc qdisc add dev lo root tbf rate 1mbit burst 4kb latency 100ms";
        works_in_a_namespace(&limit.split(' ').collect::<Vec<_>>())
    });
    can || skip("rates cannot be limited here: that needs tc, and sch_tbf in the kernel")
}

/// Whether this process can make TUN devices. When not, the calling test is recorded as skipped.
#[track_caller]
pub fn can_make_tun_devices() -> bool {
    let tun = std::fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/net/tun");
    tun.is_ok() || skip("packets cannot be relayed here: that needs /dev/net/tun")
}

/// Whether this command succeeds in a namespace made for it.
fn works_in_a_namespace(command: &[&str]) -> bool {
    let name = format!("telecast-probe-{}", std::process::id());
    let ip = |words: &[&str]| {
        Command::new("ip")
            .args(["netns"])
            .args(words)
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    ip(&["add", &name]) && {
        let works = ip(&[&["exec", &name], command].concat());
        ip(&["del", &name]) && works
    }
}

/// Whether this process can listen to all packets. When not, the calling test is recorded as skipped.
#[track_caller]
pub fn can_open_raw_sockets() -> bool {
    let raw = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::RAW,
        Some(rustix::net::ipproto::UDP),
    );
    raw.is_ok() || skip("raw sockets cannot be opened here: that needs CAP_NET_RAW")
}

/// Records that the calling test is skipped. Always false.
#[track_caller]
fn skip(why: &str) -> bool {
    let thread = std::thread::current();
    // With one test at a time the framework runs them on its own thread.
    let test = match thread.name() {
        Some(name) if name != "main" => name.to_owned(),
        _ => Location::caller().to_string(),
    };
    eprintln!("SKIPPED {test}: {why}");
    if let Some(file) = std::env::var_os(RECORD) {
        let record = OpenOptions::new().append(true).create(true).open(file);
        record
            .and_then(|mut record| writeln!(record, "{test}: {why}"))
            .expect("the record of skipped tests can be written");
    }
    false
}
