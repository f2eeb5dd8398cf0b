// SPDX-License-Identifier: GPL-3.0-or-later
//! Connecting to a device by several addresses.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use telecast::session::connect::{CONNECT_TIMEOUT, ConnectError, STAGGER, connect};
use telecast::session::reason::{Missing, Reason};
use tokio::net::{TcpListener, TcpSocket};

/// A port of loopback on which nothing listens.
async fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

/// A listener whose queue is full: connections to it hang.
async fn hanging() -> (TcpListener, Vec<tokio::net::TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut filling = Vec::new();
    while let Ok(stream) = tokio::time::timeout(
        Duration::from_millis(300),
        tokio::net::TcpStream::connect(address),
    )
    .await
    {
        filling.push(stream.unwrap());
    }
    (listener, filling)
}

#[tokio::test]
async fn the_first_address_that_answers_wins_over_a_hanging_one() {
    let (hanging, _filling) = hanging().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (dead, alive) = (
        hanging.local_addr().unwrap(),
        listener.local_addr().unwrap(),
    );
    let started = Instant::now();
    let stream = connect(&[dead, alive], None, CONNECT_TIMEOUT)
        .await
        .expect("one of them answers");
    assert_eq!(stream.peer_addr().unwrap(), alive);
    assert!(
        started.elapsed() >= STAGGER,
        "the first one gets its head start"
    );
    assert!(started.elapsed() < STAGGER + Duration::from_secs(1));
}

#[tokio::test]
async fn a_refused_address_makes_way_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let alive = listener.local_addr().unwrap();
    let started = Instant::now();
    let stream = connect(&[closed_port().await, alive], None, CONNECT_TIMEOUT)
        .await
        .unwrap();
    assert_eq!(stream.peer_addr().unwrap(), alive);
    assert!(started.elapsed() < STAGGER);
}

#[tokio::test]
async fn ipv6_is_connected_too() {
    let listener = TcpListener::bind("[::1]:0").await.unwrap();
    let alive = listener.local_addr().unwrap();
    let stream = connect(&[alive], None, CONNECT_TIMEOUT).await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), alive);
}

#[tokio::test]
async fn the_most_telling_failure_is_reported() {
    let refused = closed_port().await;
    // TCP does not go to a group; the kernel says so at once.
    let unreachable: SocketAddr = "224.0.0.1:8009".parse().unwrap();
    let error = connect(&[unreachable, refused], None, CONNECT_TIMEOUT)
        .await
        .unwrap_err();
    assert_eq!(Reason::from(error), Reason::ConnectionRefused);
    let error = connect(&[unreachable], None, CONNECT_TIMEOUT)
        .await
        .unwrap_err();
    assert_eq!(Reason::from(error), Reason::NetworkUnreachable);
    let error = connect(&[], None, CONNECT_TIMEOUT).await.unwrap_err();
    assert!(matches!(error, ConnectError::NoAddress));
}

#[tokio::test]
async fn a_hanging_device_times_out() {
    let (hanging, _filling) = hanging().await;
    let started = Instant::now();
    let limit = Duration::from_millis(400);
    let error = connect(&[hanging.local_addr().unwrap()], None, limit)
        .await
        .unwrap_err();
    assert!(matches!(error, ConnectError::TimedOut), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn an_interface_is_obeyed_and_a_missing_one_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let alive = listener.local_addr().unwrap();
    connect(&[alive], Some("lo"), CONNECT_TIMEOUT)
        .await
        .expect("lo leads to loopback");
    let error = connect(&[alive], Some("nowhere0"), CONNECT_TIMEOUT)
        .await
        .unwrap_err();
    assert_eq!(
        Reason::from(error),
        Reason::Missing(Missing::Interface("nowhere0".to_owned()))
    );
}
