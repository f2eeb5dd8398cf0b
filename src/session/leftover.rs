// SPDX-License-Identifier: GPL-3.0-or-later
//! Remembers the last app session that this process ran on each device: what may still be there when the next one starts.
//!
//! A LAUNCH into the last seconds of an app is killed along with it, so the channel stops a leftover first. It looks
//! whether it is there; remembering one that has long gone costs nothing.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

/// Devices that are remembered; the oldest is forgotten.
const MAX_DEVICES: usize = 32;

/// Device and session id, newest last.
#[derive(Debug, Default)]
struct Leftovers(VecDeque<(SocketAddr, String)>);

impl Leftovers {
    fn take(&mut self, device: SocketAddr) -> Option<String> {
        let place = self.0.iter().position(|(known, _)| *known == device)?;
        self.0.remove(place).map(|(_, session_id)| session_id)
    }

    fn remember(&mut self, device: SocketAddr, session_id: String) {
        // Another session on the same device has replaced the one before.
        self.take(device);
        if self.0.len() == MAX_DEVICES {
            self.0.pop_front();
        }
        self.0.push_back((device, session_id));
    }
}

static LEFTOVERS: Mutex<Leftovers> = Mutex::new(Leftovers(VecDeque::new()));

/// The session id that may be left on this device.
pub(super) fn take(device: SocketAddr) -> Option<String> {
    let mut leftovers = LEFTOVERS.lock().unwrap_or_else(PoisonError::into_inner);
    leftovers.take(device)
}

/// An app session of ours runs on this device.
pub(super) fn remember(device: SocketAddr, session_id: String) {
    let mut leftovers = LEFTOVERS.lock().unwrap_or_else(PoisonError::into_inner);
    leftovers.remember(device, session_id);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_session_of_each_device_is_given_out_once() {
        let device = |port: u16| SocketAddr::from(([192, 0, 2, 1], port));
        let mut leftovers = Leftovers::default();
        leftovers.remember(device(1), "a".to_owned());
        leftovers.remember(device(2), "b".to_owned());
        leftovers.remember(device(1), "c".to_owned());
        assert_eq!(leftovers.take(device(1)).as_deref(), Some("c"));
        assert_eq!(leftovers.take(device(1)), None);
        for port in 100..200 {
            leftovers.remember(device(port), "x".to_owned());
        }
        assert_eq!(leftovers.0.len(), MAX_DEVICES);
        assert_eq!(leftovers.take(device(2)), None, "the oldest is forgotten");
    }
}
