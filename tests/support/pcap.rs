// SPDX-License-Identifier: GPL-3.0-or-later
//! Reads the UDP datagrams of a packet capture: classic pcap, Ethernet, IPv4.
//!
//! ```text
//! file    magic 4 · version 4 · zone 4 · accuracy 4 · snap length 4 · link type 4
//! packet  seconds 4 · micro- or nanoseconds 4 · captured length 4 · length 4 · bytes
//! ```

use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;
use std::time::Duration;

/// One datagram of a capture.
#[derive(Debug, Clone)]
pub struct Datagram {
    /// Since the first packet of the capture.
    pub at: Duration,
    /// Who sent it.
    pub from: SocketAddrV4,
    /// To whom.
    pub to: SocketAddrV4,
    /// The UDP payload.
    pub payload: Vec<u8>,
}

const ETHERNET: u32 = 1;
const ETHERTYPE_IPV4: u16 = 0x0800;
const PROTOCOL_UDP: u8 = 17;

/// All UDP datagrams of a capture, in order. Panics when the file is anything else than described above.
pub fn read(path: &Path) -> Vec<Datagram> {
    let bytes = std::fs::read(path).unwrap();
    let (header, mut rest) = bytes.split_at(24);
    let (big_endian, tick) = match header[..4] {
        [0xa1, 0xb2, 0xc3, 0xd4] => (true, Duration::from_micros(1)),
        [0xd4, 0xc3, 0xb2, 0xa1] => (false, Duration::from_micros(1)),
        [0xa1, 0xb2, 0x3c, 0x4d] => (true, Duration::from_nanos(1)),
        [0x4d, 0x3c, 0xb2, 0xa1] => (false, Duration::from_nanos(1)),
        _ => panic!("{}: not a pcap file", path.display()),
    };
    let word = |bytes: &[u8]| {
        let bytes: [u8; 4] = bytes.try_into().unwrap();
        if big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        }
    };
    assert_eq!(word(&header[20..24]), ETHERNET, "link type");

    let mut datagrams = Vec::new();
    let mut start = None;
    while !rest.is_empty() {
        let (record, tail) = rest.split_at(16);
        let time = Duration::from_secs(word(&record[..4]).into()) + tick * word(&record[4..8]);
        let captured = word(&record[8..12]);
        assert_eq!(
            captured,
            word(&record[12..16]),
            "a packet was cut by the capture"
        );
        let (packet, tail) = tail.split_at(captured as usize);
        rest = tail;
        let at = time.saturating_sub(*start.get_or_insert(time));
        datagrams.extend(datagram(at, packet));
    }
    datagrams
}

fn datagram(at: Duration, packet: &[u8]) -> Option<Datagram> {
    let half = |bytes: &[u8]| u16::from_be_bytes([bytes[0], bytes[1]]);
    if half(&packet[12..]) != ETHERTYPE_IPV4 {
        return None;
    }
    let ip = &packet[14..];
    let ip = &ip[..half(&ip[2..]).into()];
    assert_eq!(half(&ip[6..]) & 0x3fff, 0, "a fragment");
    if ip[9] != PROTOCOL_UDP {
        return None;
    }
    let address = |at: usize| Ipv4Addr::new(ip[at], ip[at + 1], ip[at + 2], ip[at + 3]);
    let udp = &ip[usize::from(ip[0] & 0xf) * 4..];
    Some(Datagram {
        at,
        from: SocketAddrV4::new(address(12), half(udp)),
        to: SocketAddrV4::new(address(16), half(&udp[2..])),
        payload: udp[8..half(&udp[4..]).into()].to_vec(),
    })
}
