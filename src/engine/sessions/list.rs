// SPDX-License-Identifier: GPL-3.0-or-later
//! The list of the casts, under one lock: what is kept of each, and what becomes of those that ended.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::SystemTime;

use tokio::sync::watch;

use super::status::CastStatus;
use crate::discovery::Device;
use crate::engine::preview::Place;
use crate::engine::source::sound::Sound;
use crate::engine::{Assessment, MirrorRequest, Reason};
use crate::session::handle::SessionHandle;
use crate::session::reason::Blame;
use crate::session::state::SessionState;

/// Ends that are kept for the troubleshooting report.
const LAST_ENDS: usize = 8;

/// Ended casts that are remembered at most.
pub const MAX_ENDED: usize = 32;

/// The casts, and the list of them that front ends watch.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) casts: Mutex<Casts>,
    pub(super) list: watch::Sender<Arc<[CastStatus]>>,
}

/// The casts, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Casts {
    pub(super) all: Vec<Cast>,
    pub(super) next: u64,
    /// How the last ones ended; also of those whose end was seen.
    ends: VecDeque<(SystemTime, Reason)>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Cast {
    pub(super) number: u64,
    pub(super) status: CastStatus,
    /// The device and what was asked for, to ask for it again.
    pub(super) target: Device,
    pub(super) request: MirrorRequest,
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) sound: Weak<Sound>,
    pub(super) place: Weak<Place>,
    /// `None` once it has ended.
    pub(super) running: Option<SessionHandle>,
}

impl Casts {
    /// The one to this device, running or ended.
    pub(super) fn to(&self, device: &str) -> Option<&Cast> {
        self.all.iter().find(|cast| cast.status.device == device)
    }

    /// The one that runs to this device.
    pub(super) fn running(&self, device: &str) -> Option<&Cast> {
        self.to(device).filter(|cast| cast.running.is_some())
    }

    /// How the last ones ended that ended by themselves, the oldest first.
    pub(super) fn ends(&self) -> impl Iterator<Item = &(SystemTime, Reason)> {
        self.ends.iter()
    }
}

impl Shared {
    /// None yet.
    pub(super) fn new() -> Shared {
        Shared {
            casts: Mutex::default(),
            list: watch::Sender::new(Arc::default()),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Casts> {
        self.casts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows them as they are now.
    pub(super) fn publish(&self, casts: &Casts) {
        let list: Vec<CastStatus> = casts.all.iter().map(|cast| cast.status.clone()).collect();
        self.list.send_replace(list.into());
    }

    /// Changes one, unless it is gone, and shows that.
    pub(super) fn change(&self, number: u64, change: impl FnOnce(&mut Cast)) {
        let mut casts = self.lock();
        if let Some(cast) = casts.all.iter_mut().find(|cast| cast.number == number) {
            change(cast);
            self.publish(&casts);
        }
    }

    /// A session is over for this reason; without one, as for what the person wanted, its cast vanishes.
    pub(super) fn end(&self, number: u64, reason: Option<Reason>, proved: Option<Assessment>) {
        let mut casts = self.lock();
        let Some(cast) = casts.all.iter_mut().find(|cast| cast.number == number) else {
            return;
        };
        cast.running = None;
        cast.status.trust = proved.or(cast.status.trust.take());
        match reason.filter(|reason| reason.blame() != Blame::User) {
            Some(reason) => {
                cast.status.enter(SessionState::Ended(reason.clone()));
                casts.ends.push_back((SystemTime::now(), reason));
                if casts.ends.len() > LAST_ENDS {
                    casts.ends.pop_front();
                }
            }
            None => casts.all.retain(|cast| cast.number != number),
        }
        let ended = casts.all.iter().filter(|cast| cast.running.is_none());
        let mut too_many = ended.count().saturating_sub(MAX_ENDED);
        casts.all.retain(|cast| {
            let forget = cast.running.is_none() && too_many > 0;
            too_many -= usize::from(forget);
            !forget
        });
        self.publish(&casts);
    }
}
