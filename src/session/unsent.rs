// SPDX-License-Identifier: GPL-3.0-or-later
//! Why packets did not leave this computer: `io::Error`s of the media socket in, counts by kind out.

use std::io;

use rustix::io::Errno;

/// Why a datagram did not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SendFault {
    /// No way there: network down, no route, address gone.
    NoRoute,
    /// The firewall of this computer does not let it out.
    NotPermitted,
    /// The kernel had no room for it, or did not take it in time.
    NoRoom,
    /// Larger than the path takes.
    TooLarge,
    /// The device's host says that nobody listens there.
    Refused,
    /// Something else.
    Other,
}

impl SendFault {
    /// Every kind.
    pub const ALL: [SendFault; 6] = [
        SendFault::NoRoute,
        SendFault::NotPermitted,
        SendFault::NoRoom,
        SendFault::TooLarge,
        SendFault::Refused,
        SendFault::Other,
    ];

    /// The key of the statistics.
    pub fn name(self) -> &'static str {
        match self {
            SendFault::NoRoute => "send_no_route",
            SendFault::NotPermitted => "send_not_permitted",
            SendFault::NoRoom => "send_no_room",
            SendFault::TooLarge => "send_too_large",
            SendFault::Refused => "send_refused",
            SendFault::Other => "send_other",
        }
    }

    pub(super) fn of_error(error: &io::Error) -> SendFault {
        match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(
                Errno::NETUNREACH
                | Errno::HOSTUNREACH
                | Errno::NETDOWN
                | Errno::HOSTDOWN
                | Errno::NODEV
                | Errno::ADDRNOTAVAIL,
            ) => SendFault::NoRoute,
            Some(Errno::PERM | Errno::ACCESS) => SendFault::NotPermitted,
            Some(Errno::NOBUFS | Errno::NOMEM) => SendFault::NoRoom,
            Some(Errno::MSGSIZE) => SendFault::TooLarge,
            Some(Errno::CONNREFUSED) => SendFault::Refused,
            _ => SendFault::Other,
        }
    }
}

/// Datagrams that did not leave since the start, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unsent([u64; SendFault::ALL.len()]);

impl Unsent {
    /// These many more.
    pub fn add(&mut self, kind: SendFault, count: u64) {
        self.0[kind as usize] += count;
    }

    /// For one kind.
    pub fn of(&self, kind: SendFault) -> u64 {
        self.0[kind as usize]
    }

    /// For all kinds.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The kinds that occurred, with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (SendFault, u64)> + '_ {
        SendFault::ALL
            .into_iter()
            .map(|kind| (kind, self.of(kind)))
            .filter(|(_, count)| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_of_the_kernel_is_counted_under_one_kind() {
        let mut unsent = Unsent::default();
        for (errno, kind) in [
            (Errno::NETUNREACH, SendFault::NoRoute),
            (Errno::HOSTUNREACH, SendFault::NoRoute),
            (Errno::PERM, SendFault::NotPermitted),
            (Errno::NOBUFS, SendFault::NoRoom),
            (Errno::MSGSIZE, SendFault::TooLarge),
            (Errno::CONNREFUSED, SendFault::Refused),
            (Errno::IO, SendFault::Other),
        ] {
            let found = SendFault::of_error(&io::Error::from(errno));
            assert_eq!(found, kind, "{errno}");
            unsent.add(found, 1);
        }
        assert_eq!(unsent.total(), 7);
        assert_eq!(unsent.of(SendFault::NoRoute), 2);
        assert_eq!(unsent.iter().count(), SendFault::ALL.len());
        let names: std::collections::BTreeSet<_> = SendFault::ALL.map(SendFault::name).into();
        assert_eq!(names.len(), SendFault::ALL.len());
    }
}
