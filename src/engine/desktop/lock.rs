// SPDX-License-Identifier: GPL-3.0-or-later
//! Pauses the pictures while the screen is locked. Input: the lock screen, the casts and the wish; output: commands to the
//! casts. What the person has paused stays paused.
//!
//! Some desktops, GNOME among them, take the permission to share away when they lock, which ends the cast. Such a cast
//! begins again when the screen is unlocked, with the permission that was remembered.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::sleep;

use super::{DesktopOptions, is_on};
use crate::engine::{CastStatus, Engine, Reason, SourceEnd};
use crate::portal::lock::LockWatch;

/// How long before the news of a locked screen the permission may have gone: the screen is dimmed first.
const BEFORE_NEWS: Duration = Duration::from_secs(5);

/// What is to be done with the cast to a device (its id).
#[derive(Debug, Clone, PartialEq, Eq)]
enum LockCommand {
    /// Its picture freezes, or moves again.
    Pause(String, bool),
    /// It begins once more.
    CastAgain(String),
}

/// What was done because of the lock screen.
#[derive(Debug, Default)]
struct Curtain {
    locked: bool,
    /// Whose pictures we have paused.
    paused: BTreeSet<String>,
    /// Whose casts the lock screen has ended.
    ended: BTreeSet<String>,
}

impl Curtain {
    /// What follows from how it stands.
    fn look(&mut self, locked: bool, casts: &[CastStatus], now: SystemTime) -> Vec<LockCommand> {
        let was_locked = std::mem::replace(&mut self.locked, locked);
        let mut commands = Vec::new();
        if locked {
            for cast in casts {
                let device = &cast.device;
                if fell_to_the_lock(cast, now, was_locked) {
                    self.paused.remove(device);
                    self.ended.insert(device.clone());
                } else if is_moving(cast) && self.paused.insert(device.clone()) {
                    commands.push(LockCommand::Pause(device.clone(), true));
                }
            }
            return commands;
        }
        for device in std::mem::take(&mut self.paused) {
            let cast = casts.iter().find(|cast| cast.device == device);
            if cast.is_some_and(|cast| cast.paused && cast.state.ended().is_none()) {
                commands.push(LockCommand::Pause(device, false));
            }
        }
        for device in std::mem::take(&mut self.ended) {
            let cast = casts.iter().find(|cast| cast.device == device);
            // Somebody may have seen the end, or begun another cast, on another front end.
            if cast.is_some_and(is_revoked) {
                commands.push(LockCommand::CastAgain(device));
            }
        }
        commands
    }

    /// Whether there is something that the lock screen concerns.
    fn is_needed(&self, casts: &[CastStatus]) -> bool {
        !self.ended.is_empty() || casts.iter().any(|cast| is_on(&cast.state))
    }
}

/// Whether its pictures move.
fn is_moving(cast: &CastStatus) -> bool {
    is_on(&cast.state) && cast.has_picture && !cast.paused
}

fn is_revoked(cast: &CastStatus) -> bool {
    let revoked = Reason::SourceEnded(SourceEnd::SharingRevoked);
    cast.state.ended() == Some(&revoked)
}

/// Whether it ended because of the lock screen: while that was there, or just before it was known.
fn fell_to_the_lock(cast: &CastStatus, now: SystemTime, was_locked: bool) -> bool {
    let recent = |at| now.duration_since(at).is_ok_and(|ago| ago <= BEFORE_NEWS);
    is_revoked(cast)
        && cast
            .ended
            .is_some_and(|ending| was_locked || recent(ending.at))
}

/// Follows it until the engine ends, watching the lock screen only while it matters.
pub(super) async fn follow(engine: Weak<Engine>, mut options: watch::Receiver<DesktopOptions>) {
    let Some(mut casts) = engine.upgrade().map(|engine| engine.sessions()) else {
        return;
    };
    let mut curtain = Curtain::default();
    loop {
        let wanted = options.borrow_and_update().pause_when_locked;
        if wanted && curtain.is_needed(&casts.borrow_and_update()) {
            match LockWatch::start().await {
                Ok(lock) => watch(&engine, &mut curtain, lock, (&mut casts, &mut options)).await,
                Err(error) => {
                    tracing::info!(%error, "this desktop does not say when it is locked");
                    // It will not learn that meanwhile.
                    return;
                }
            }
        }
        let going_on = tokio::select! {
            changed = casts.changed() => changed.is_ok(),
            changed = options.changed() => changed.is_ok(),
        };
        if !going_on {
            return;
        }
    }
}

/// Follows the lock screen for as long as that is wished and matters.
async fn watch(
    engine: &Weak<Engine>,
    curtain: &mut Curtain,
    mut lock: LockWatch,
    (casts, options): (
        &mut watch::Receiver<Arc<[CastStatus]>>,
        &mut watch::Receiver<DesktopOptions>,
    ),
) {
    let mut locked = false;
    loop {
        let wanted = options.borrow_and_update().pause_when_locked;
        let now = casts.borrow_and_update().clone();
        let commands = curtain.look(locked && wanted, &now, SystemTime::now());
        let Some(engine) = engine.upgrade() else {
            return;
        };
        for command in commands {
            carry_out(&engine, command);
        }
        drop(engine);
        if !wanted {
            return;
        }
        let needed = curtain.is_needed(&now);
        tokio::select! {
            news = lock.next() => match news {
                Some(news) => locked = news,
                None => return,
            },
            changed = casts.changed() => if changed.is_err() { return },
            changed = options.changed() => if changed.is_err() { return },
            // The news that explains an end may be on its way.
            () = sleep(BEFORE_NEWS), if !needed => return,
        }
    }
}

fn carry_out(engine: &Engine, command: LockCommand) {
    match command {
        LockCommand::Pause(device, paused) => {
            if let Err(error) = engine.pause(&device, paused) {
                tracing::debug!(%error, "nothing to pause for the lock screen");
            }
        }
        LockCommand::CastAgain(device) => {
            if let Err(reason) = engine.cast_again(&device, |_| {}) {
                tracing::info!(%reason, "the cast that the lock screen ended does not begin again");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Ending, SessionState, Streams};

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn streaming(paused: bool) -> CastStatus {
        CastStatus {
            paused,
            ..CastStatus::in_state("tv", SessionState::Streaming(Streams::default()))
        }
    }

    fn revoked(at: SystemTime) -> CastStatus {
        let reason = Reason::SourceEnded(SourceEnd::SharingRevoked);
        CastStatus {
            ended: Some(Ending { at, lasted: None }),
            ..CastStatus::in_state("tv", SessionState::Ended(reason))
        }
    }

    fn pause(paused: bool) -> Vec<LockCommand> {
        vec![LockCommand::Pause("tv".to_owned(), paused)]
    }

    #[test]
    fn a_moving_picture_is_paused_with_the_lock_and_moves_again_after_it() {
        let mut curtain = Curtain::default();
        assert_eq!(curtain.look(false, &[streaming(false)], NOW), []);
        assert_eq!(curtain.look(true, &[streaming(false)], NOW), pause(true));
        assert_eq!(curtain.look(true, &[streaming(true)], NOW), []);
        assert_eq!(curtain.look(false, &[streaming(true)], NOW), pause(false));
        assert_eq!(curtain.look(false, &[streaming(false)], NOW), []);
    }

    #[test]
    fn what_the_person_paused_or_resumed_stays_so() {
        let mut curtain = Curtain::default();
        assert_eq!(curtain.look(true, &[streaming(true)], NOW), []);
        assert_eq!(curtain.look(false, &[streaming(true)], NOW), []);
        curtain.look(true, &[streaming(false)], NOW);
        // From another device's remote control, or the bus.
        assert_eq!(curtain.look(true, &[streaming(false)], NOW), []);
        assert_eq!(curtain.look(false, &[streaming(false)], NOW), []);
    }

    #[test]
    fn a_cast_that_begins_behind_the_lock_screen_is_paused_too() {
        let mut curtain = Curtain::default();
        let begins = CastStatus::in_state("tv", SessionState::Launching);
        assert_eq!(curtain.look(true, &[begins], NOW), []);
        assert_eq!(curtain.look(true, &[streaming(false)], NOW), pause(true));
        let sound = CastStatus {
            has_picture: false,
            ..streaming(false)
        };
        assert_eq!(Curtain::default().look(true, &[sound], NOW), []);
    }

    #[test]
    fn a_cast_that_the_lock_screen_ended_begins_again_after_it() {
        let again = [LockCommand::CastAgain("tv".to_owned())];
        // The end comes before the news, or after it.
        for ended in [NOW, NOW + Duration::from_mins(9)] {
            let mut curtain = Curtain::default();
            if ended > NOW {
                curtain.look(true, &[streaming(false)], NOW);
            }
            assert_eq!(curtain.look(true, &[revoked(ended)], ended), []);
            assert!(curtain.is_needed(&[revoked(ended)]));
            let later = ended + Duration::from_mins(30);
            assert_eq!(curtain.look(false, &[revoked(ended)], later), again);
            assert_eq!(curtain.look(false, &[revoked(ended)], later), []);
        }
    }

    #[test]
    fn a_cast_that_ended_otherwise_or_was_seen_to_does_not_begin_again() {
        let mut curtain = Curtain::default();
        let stopped_before = revoked(NOW - BEFORE_NEWS * 2);
        curtain.look(true, std::slice::from_ref(&stopped_before), NOW);
        assert_eq!(curtain.look(false, &[stopped_before], NOW), []);
        let closed = SessionState::Ended(Reason::DeviceClosed);
        let closed = CastStatus {
            ended: revoked(NOW).ended,
            ..CastStatus::in_state("tv", closed)
        };
        curtain.look(true, std::slice::from_ref(&closed), NOW);
        assert_eq!(curtain.look(false, &[closed], NOW), []);
        curtain.look(true, &[revoked(NOW)], NOW);
        assert_eq!(curtain.look(false, &[], NOW), []);
        assert!(!curtain.is_needed(&[]));
    }
}
