// SPDX-License-Identifier: GPL-3.0-or-later
//! What happens to the remembered apps: a [`Change`] and all of them in, all of them out. Bounded.

use super::{All, App};
use crate::session::leftover::MAX_DEVICES;

/// A change.
#[derive(Debug, Clone)]
pub(super) enum Change {
    /// This runs on the device at this address.
    Keep(String, App),
    /// This session was seen to run no longer.
    Forget(String),
    /// The cast of this session is over, and it may run on.
    Abandon(String),
}

impl Change {
    pub(super) fn apply(&self, all: &mut All) {
        match self {
            Change::Keep(device, app) => keep(all, device, app),
            Change::Forget(session) => {
                for app in of(all, session) {
                    (app.session, app.run) = (None, None);
                }
            }
            Change::Abandon(session) => {
                for app in of(all, session) {
                    app.run = None;
                }
            }
        }
    }
}

/// A device that has moved may be there at two addresses.
fn of<'a>(all: &'a mut All, session: &'a str) -> impl Iterator<Item = &'a mut App> {
    let is_it = move |app: &&mut App| app.session.as_deref() == Some(session);
    all.values_mut().filter(is_it)
}

fn keep(all: &mut All, device: &str, app: &App) {
    all.insert(device.to_owned(), app.clone());
    // Those first on which nothing runs. Which of the others does not matter: most of them have long gone.
    let mut others: Vec<(bool, String)> = all
        .iter()
        .filter(|(known, _)| *known != device)
        .map(|(known, app)| (app.session.is_none(), known.clone()))
        .collect();
    others.sort_unstable();
    for (_, other) in others.drain(others.len().min(MAX_DEVICES - 1)..) {
        all.remove(&other);
    }
}
