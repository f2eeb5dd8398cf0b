// SPDX-License-Identifier: GPL-3.0-or-later
//! Which app session ran last on each device: what may still be there when the next one starts.
//!
//! A LAUNCH into the last seconds of an app is killed along with it, so the channel stops a leftover first. It looks
//! whether it is there; remembering one that has long gone costs nothing. Where this is kept is not a session's business.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

/// Devices that are remembered; the oldest is forgotten.
pub const MAX_DEVICES: usize = 32;

/// Remembers app sessions. Called on the runtime's threads, so it must not block for long.
pub trait Leftovers: Debug + Send + Sync {
    /// The session id that may be left on this device.
    fn on(&self, device: SocketAddr) -> Option<String>;

    /// An app session of ours runs on this device.
    fn remember(&self, device: SocketAddr, session_id: &str);
}

/// Remembers for as long as it lives.
#[derive(Debug, Default)]
pub struct InMemory(Mutex<VecDeque<(SocketAddr, String)>>);

impl Leftovers for InMemory {
    fn on(&self, device: SocketAddr) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, session_id) = known.iter().find(|(known, _)| *known == device)?;
        Some(session_id.clone())
    }

    fn remember(&self, device: SocketAddr, session_id: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Another session on the same device has replaced the one before.
        known.retain(|(known, _)| *known != device);
        if known.len() == MAX_DEVICES {
            known.pop_front();
        }
        known.push_back((device, session_id.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_session_of_each_device_is_known_and_the_oldest_device_forgotten() {
        let device = |port: u16| SocketAddr::from(([192, 0, 2, 1], port));
        let leftovers = InMemory::default();
        leftovers.remember(device(1), "a");
        leftovers.remember(device(2), "b");
        leftovers.remember(device(1), "c");
        assert_eq!(leftovers.on(device(1)).as_deref(), Some("c"));
        assert_eq!(leftovers.on(device(3)), None);
        for port in 100..100 + MAX_DEVICES as u16 - 1 {
            leftovers.remember(device(port), "x");
        }
        assert_eq!(leftovers.on(device(2)), None);
        assert_eq!(leftovers.on(device(1)).as_deref(), Some("c"));
    }
}
