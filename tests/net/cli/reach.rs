// SPDX-License-Identifier: GPL-3.0-or-later
//! Devices that are not there, not to be reached, or no Cast devices at all.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::super::skipping::can_make_namespaces;
use super::super::tls::{OpenSsl, RSA};
use super::*;

/// Runs `telecast mirror` with these arguments and the test card.
async fn mirror(arguments: &[&str]) -> Ended {
    let all = [&["mirror"], arguments, CARD, &["--audio", "none"]].concat();
    Telecast::start(&all).end().await
}

#[tokio::test]
async fn a_device_that_is_not_there_is_looked_for_and_then_named() {
    let (unknown, host, group) = tokio::join!(
        mirror(&["No such TV"]),
        mirror(&["no-such-host.invalid:8009"]),
        mirror(&["224.0.0.1"])
    );
    unknown.failed_with(&["“No such TV”", "telecast devices", "address"]);
    assert!(unknown.took < Duration::from_secs(15), "{unknown}");
    host.failed_with(&["no-such-host.invalid", "spelling"]);
    assert!(host.took < Duration::from_secs(12), "{host}");
    group.failed_with(&["No device", "224.0.0.1", "spelling"]);
    assert!(
        group.took < Duration::from_secs(4),
        "nothing is waited for: {group}"
    );
}

#[tokio::test]
async fn a_host_that_refuses_hangs_or_speaks_something_else() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent_at = silent.local_addr().unwrap().to_string();
    let ssh = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ssh_at = ssh.local_addr().unwrap().to_string();
    let server = tokio::spawn(async move {
        let (mut tcp, _) = ssh.accept().await.unwrap();
        let mut hello = [0; 4096];
        assert!(tcp.read(&mut hello).await.unwrap() > 0);
        tcp.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").await.unwrap();
    });
    let closed = closed_port().to_string();
    let (closed_args, silent_args, ssh_args) =
        ([closed.as_str()], [silent_at.as_str()], [ssh_at.as_str()]);
    let (refused, hanging, foreign) = tokio::join!(
        mirror(&closed_args),
        mirror(&silent_args),
        mirror(&ssh_args)
    );
    refused.failed_with(&[&closed, "refuses the connection", "Cast is switched on"]);
    hanging.failed_with(&[&silent_at, "not answering", "switched on"]);
    assert!(hanging.took < Duration::from_secs(10), "{hanging}");
    foreign.failed_with(&[&ssh_at, "not the Cast protocol", "Check that the address"]);
    server.await.unwrap();
}

#[tokio::test]
async fn a_device_that_is_too_old_for_safe_tls() {
    let server = OpenSsl::start(
        RSA,
        &[],
        &["-tls1_2", "-cipher", "AES128-GCM-SHA256:@SECLEVEL=0"],
    );
    let ended = mirror(&[&server.address.to_string()]).await;
    ended.failed_with(&["too old for safe TLS", "firmware"]);
}

#[tokio::test]
async fn a_network_or_an_interface_that_is_not_there() {
    let (scopeless, by_address, by_name) = tokio::join!(
        mirror(&["[fe80::1]:8009"]),
        mirror(&["127.0.0.1", "--interface", "nowhere0"]),
        mirror(&["Living Room", "--interface", "nowhere0"])
    );
    scopeless.failed_with(&["fe80::1 means nothing", "fe80::1%eth0"]);
    for ended in [by_address, by_name] {
        ended.failed_with(&["“nowhere0”", "ip link"]);
        assert!(ended.took < Duration::from_secs(5), "{ended}");
    }
}

#[tokio::test]
async fn a_computer_without_any_network() {
    if !can_make_namespaces() {
        return;
    }
    let alone = |arguments: &[&str]| {
        let program = ["--net", env!("CARGO_BIN_EXE_telecast")];
        Telecast::spawn(command("unshare", &[&program, arguments].concat()))
    };
    let mirror = [&["mirror", "192.0.2.7"], CARD, &["--audio", "none"]].concat();
    let (mirror, devices) = tokio::join!(
        alone(&mirror).end(),
        alone(&["devices", "--json", "--timeout", "0.5"]).end()
    );
    mirror.failed_with(&["no way", "192.0.2.7", "same network"]);
    devices.succeeded();
    assert_eq!(devices.output, ["[]"], "nothing is found");
}
