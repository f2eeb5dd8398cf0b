// SPDX-License-Identifier: GPL-3.0-or-later
//! Which app session ran last on each device: what may still be there when the next one starts.
//!
//! A LAUNCH into the last seconds of an app is killed along with it, so the channel stops a leftover first. It looks
//! whether it is there; remembering one that has long gone costs nothing. One that is remembered although nobody casts has
//! been left behind, and can be looked for with [`Remains`]. Where this is kept is not a session's business.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use super::control::{Control, lost, reach, start_failed};
use super::reason::Reason;
use super::timings::Timings;
use crate::cast::channel::client::{Command, Event};

/// Devices that are remembered; the oldest is forgotten.
pub const MAX_DEVICES: usize = 32;

/// Remembers app sessions. Called on the runtime's threads, so it must not block for long.
pub trait Leftovers: Debug + Send + Sync {
    /// The session id that may be left on this device.
    fn on(&self, device: SocketAddr) -> Option<String>;

    /// An app session of ours runs on this device.
    fn remember(&self, device: SocketAddr, session_id: &str);

    /// This one was seen to run no longer.
    fn forget(&self, session_id: &str);
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

    fn forget(&self, session_id: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(_, known)| known != session_id);
    }
}

/// An app of ours that runs on a device without us. Dropping it leaves it there.
pub struct Remains(Control);

impl std::fmt::Debug for Remains {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Remains").field(&self.0.peer()).finish()
    }
}

impl Remains {
    /// Looks for this session at whichever address answers, through `interface` if one is named. `None` when it does not
    /// run there any more. The device is not asked to prove who it is: it learns nothing but an id that it gave itself.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub async fn find(
        addresses: Vec<SocketAddr>,
        interface: Option<String>,
        session_id: &str,
    ) -> Result<Option<Remains>, Reason> {
        let timings = Timings::default();
        let (secured, peer) = reach(addresses, interface, timings).await?;
        let sender_id = rand::random_range(0..1_000_000);
        let mut control = Control::new(secured, peer, sender_id, &[], timings);
        control.command(Command::Find {
            session_id: session_id.to_owned(),
        });
        loop {
            match control.next().await {
                Event::Found => return Ok(Some(Remains(control))),
                Event::Lost(_) => return Ok(None),
                Event::StartFailed(error) => return Err(start_failed(error)),
                Event::Ended(end) => return Err(end.into()),
                _ => {}
            }
        }
    }

    /// Waits until it does not run any more by itself; safe to be cancelled.
    ///
    /// # Errors
    /// The connection is over, and nobody knows.
    pub async fn over(&mut self) -> Result<(), Reason> {
        loop {
            match self.0.next().await {
                Event::Lost(loss) => {
                    tracing::debug!(why = %lost(loss), "an app that was left behind is over");
                    return Ok(());
                }
                Event::Ended(end) => return Err(end.into()),
                _ => {}
            }
        }
    }

    /// Stops it; whether it was seen to vanish, which takes 3 s at most.
    pub async fn stop(self) -> bool {
        self.0.close().await
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
        leftovers.forget("another");
        leftovers.forget("c");
        assert_eq!(leftovers.on(device(1)), None);
        assert_eq!(leftovers.on(device(100)).as_deref(), Some("x"));
    }
}
