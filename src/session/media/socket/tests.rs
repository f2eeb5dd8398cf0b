// SPDX-License-Identifier: GPL-3.0-or-later
use super::*;

fn socket(device: SocketAddr) -> MediaSocket {
    MediaSocket::new(bind(device, None, None).unwrap(), device, &[]).unwrap()
}

#[tokio::test]
async fn only_the_device_is_heard() {
    for host in ["127.0.0.1:0", "[::1]:0"] {
        let device = UdpSocket::bind(host).await.unwrap();
        let stranger = UdpSocket::bind(host).await.unwrap();
        let mut media = socket(device.local_addr().unwrap());
        let port = media.socket.local_addr().unwrap().port();
        let here = SocketAddr::new(device.local_addr().unwrap().ip(), port);
        assert!(media.queue(b"hello"));
        media.flush().await;
        let mut buffer = [0; 16];
        assert_eq!(device.recv(&mut buffer).await.unwrap(), 5);
        stranger.send_to(b"false", here).await.unwrap();
        device.send_to(b"true", here).await.unwrap();
        assert_eq!(media.receive().await.bytes, b"true");
        assert_eq!(media.counts().strangers, 1);
        assert_eq!(media.try_receive(), None);
        device.send_to(b"more", here).await.unwrap();
        let more = loop {
            if let Some(datagram) = media.try_receive() {
                break datagram.bytes.to_vec();
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(more, b"more");
    }
}

#[tokio::test]
async fn another_announced_address_is_heard_and_never_sent_to() {
    let device = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let there = device.local_addr().unwrap();
    let at_port = |ip: &str, port| UdpSocket::bind((ip.to_owned(), port));
    let announced = at_port("127.0.0.2", there.port()).await.unwrap();
    let of_another_port = at_port("127.0.0.2", 0).await.unwrap();
    let unknown = at_port("127.0.0.3", there.port()).await.unwrap();
    let bound = bind(there, None, None).unwrap();
    let ips = ["127.0.0.1", "127.0.0.2"].map(|ip| ip.parse().unwrap());
    let mut media = MediaSocket::new(bound, there, &ips).unwrap();
    let port = media.socket.local_addr().unwrap().port();
    for (socket, word) in [
        (&of_another_port, b"port"),
        (&unknown, b"nope"),
        (&announced, b"else"),
    ] {
        socket.send_to(word, ("127.0.0.1", port)).await.unwrap();
    }
    assert_eq!(media.receive().await.bytes, b"else");
    assert!(media.queue(b"media"));
    media.flush().await;
    let mut buffer = [0; 16];
    assert_eq!(device.recv(&mut buffer).await.unwrap(), 5);
    let expected = Counts {
        sent: 1,
        send_calls: 1,
        strangers: 2,
        from_elsewhere: 1,
        ..Counts::default()
    };
    assert_eq!(*media.counts(), expected);
}

#[tokio::test]
async fn what_cannot_leave_is_counted_by_its_reason_and_the_rest_leaves() {
    let device = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut media = socket(device.local_addr().unwrap());
    assert!(media.queue(&vec![0; 70_000]));
    assert!(!media.queue(b"no room"), "a full batch says so");
    media.flush().await;
    assert!(media.queue(b"next"));
    media.flush().await;
    let mut buffer = [0; 16];
    assert_eq!(device.recv(&mut buffer).await.unwrap(), 4);
    assert_eq!(media.counts().unsent.of(SendFault::TooLarge), 1);

    // The kernel lets nobody send to all hosts who has not asked for it.
    let mut media = socket("255.255.255.255:9".parse().unwrap());
    assert!(media.queue(b"lost") && media.queue(b"lost"));
    media.flush().await;
    assert_eq!(media.counts().unsent.of(SendFault::NotPermitted), 2);
    assert_eq!(media.counts().sent, 0);
}

#[tokio::test]
async fn packets_that_are_refused_are_counted_and_others_go_on() {
    for host in ["127.0.0.1:0", "[::1]:0"] {
        let device = UdpSocket::bind(host).await.unwrap();
        let there = device.local_addr().unwrap();
        drop(device);
        let mut media = socket(there);
        while media.counts().unsent.of(SendFault::Refused) == 0 {
            assert!(media.queue(b"anybody?"));
            media.flush().await;
            assert_eq!(media.try_receive(), None);
            media.count_told();
        }
        let device = UdpSocket::bind(there).await.unwrap();
        let before = *media.counts();
        assert!(media.queue(b"again"));
        media.flush().await;
        assert_eq!(media.counts().sent, before.sent + 1);
        let mut buffer = [0; 16];
        assert_eq!(device.recv(&mut buffer).await.unwrap(), 5);
        assert_eq!(media.counts().receive_errors, 0);
    }
}

#[tokio::test]
async fn a_burst_takes_one_call_of_the_kernel() {
    let device = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut media = socket(device.local_addr().unwrap());
    for _ in 0..10 {
        for _ in 0..21 {
            assert!(media.queue(&[0; 1472]));
        }
        media.flush().await;
    }
    assert_eq!((media.counts().sent, media.counts().send_calls), (210, 10));
}
