// SPDX-License-Identifier: GPL-3.0-or-later
//! Datagrams in, one at a time; all of them to the kernel in one call (`sendmmsg`). Copies each datagram once, allocates
//! nothing after its start.
//!
//! Not the segmentation of the kernel (UDP GSO): it would take a frame for one buffer, and access points, firewalls and
//! drop-tail queues on the way would drop it as one.

use std::io;
use std::io::IoSlice;
use std::net::SocketAddr;
use std::os::fd::AsFd;

use rustix::net::addr::SocketAddrArg as _;
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, sendmmsg};

/// Datagrams in one call: a whole burst of the pacer and the reports beside it.
pub const MAX_DATAGRAMS: usize = 32;

/// Bytes of them all: full packets on Ethernet.
const MAX_BYTES: usize = MAX_DATAGRAMS * 1472;

/// Datagrams that wait to leave together. Full at [`MAX_DATAGRAMS`], then [`push`](Batch::push) refuses.
#[derive(Debug)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    /// Where each datagram ends in `bytes`.
    ends: Vec<usize>,
    /// So many of them have left.
    left: usize,
}

/// The two parts of a message that must stay in their place during the call.
struct Message<'a> {
    bytes: [IoSlice<'a>; 1],
    control: SendAncillaryBuffer<'a, 'a, 'a>,
}

impl Batch {
    pub(super) fn new() -> Batch {
        Batch {
            bytes: Vec::with_capacity(MAX_BYTES),
            ends: Vec::with_capacity(MAX_DATAGRAMS),
            left: 0,
        }
    }

    /// Adds a datagram. `false` when there is no room: send the others first. An empty batch has room for any datagram.
    pub(super) fn push(&mut self, datagram: &[u8]) -> bool {
        let has_room =
            self.ends.len() < MAX_DATAGRAMS && self.bytes.len() + datagram.len() <= MAX_BYTES;
        if !has_room && !self.ends.is_empty() {
            return false;
        }
        self.bytes.extend_from_slice(datagram);
        self.ends.push(self.bytes.len());
        true
    }

    /// Datagrams that wait.
    pub(super) fn len(&self) -> usize {
        self.ends.len() - self.left
    }

    /// Hands what waits to the kernel, in one call. Returns how many it took, at least one; an error is about the one that
    /// is next. Do not call with none waiting.
    pub(super) fn send(&mut self, socket: impl AsFd, to: SocketAddr) -> io::Result<usize> {
        let taken = self.call(socket, to)?;
        self.skip(taken);
        Ok(taken)
    }

    fn call(&self, socket: impl AsFd, to: SocketAddr) -> io::Result<usize> {
        let to = to.as_any();
        let mut messages: [Message<'_>; MAX_DATAGRAMS] = std::array::from_fn(|index| Message {
            bytes: [IoSlice::new(self.datagram(self.left + index))],
            control: SendAncillaryBuffer::default(),
        });
        let mut headers = messages
            .each_mut()
            .map(|message| MMsgHdr::new_with_addr(&to, &message.bytes, &mut message.control));
        let waiting = self.len().min(MAX_DATAGRAMS);
        Ok(sendmmsg(
            socket,
            &mut headers[..waiting],
            SendFlags::empty(),
        )?)
    }

    /// Gives up the next ones.
    pub(super) fn skip(&mut self, count: usize) {
        self.left = (self.left + count).min(self.ends.len());
        if self.left == self.ends.len() {
            self.bytes.clear();
            self.ends.clear();
            self.left = 0;
        }
    }

    fn datagram(&self, index: usize) -> &[u8] {
        let start = index
            .checked_sub(1)
            .and_then(|before| self.ends.get(before));
        let end = self.ends.get(index);
        end.and_then(|end| self.bytes.get(start.copied().unwrap_or(0)..*end))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_of_any_size_leave_in_order_in_one_call() {
        let there = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let here = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut batch = Batch::new();
        for round in 0..3_u8 {
            for index in 0..MAX_DATAGRAMS {
                assert!(batch.push(&vec![round; index]));
            }
            assert!(!batch.push(&[0]));
            let to = there.local_addr().unwrap();
            assert_eq!(batch.send(&here, to).unwrap(), MAX_DATAGRAMS);
            assert_eq!(batch.len(), 0);
            let mut buffer = [0; 100];
            for index in 0..MAX_DATAGRAMS {
                let length = there.recv(&mut buffer).unwrap();
                assert_eq!(buffer[..length], vec![round; index]);
            }
        }
    }

    #[test]
    fn one_that_cannot_leave_does_not_hold_up_the_others() {
        let there = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let here = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let to = there.local_addr().unwrap();
        let mut batch = Batch::new();
        assert!(batch.push(&[1; 10]));
        assert!(batch.push(&[2; 20]));
        batch.skip(1);
        assert!(batch.push(&[3; 30]));
        assert_eq!(batch.send(&here, to).unwrap(), 2);
        let mut buffer = [0; 100];
        assert_eq!(there.recv(&mut buffer).unwrap(), 20);
        assert_eq!(there.recv(&mut buffer).unwrap(), 30);

        // Larger than any datagram may be: refused by the kernel, not by the batch when it is empty.
        assert!(batch.push(&vec![0; 70_000]));
        assert!(!batch.push(&[1]));
        let error = batch.send(&here, to).unwrap_err();
        assert_eq!(
            error.raw_os_error(),
            Some(rustix::io::Errno::MSGSIZE.raw_os_error())
        );
        batch.skip(1);
        assert!(batch.push(&[1]));
    }
}
