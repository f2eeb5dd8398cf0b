// SPDX-License-Identifier: GPL-3.0-or-later
//! `io.github.telecast.Device1`: one device on the bus. Calls in, commands to the engine out; what the properties show is
//! put there by the projection. What is called is in [`interface`].

mod interface;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zbus::fdo;

use super::error::BusError;
use super::service::Shared;
use super::shown::Shown;
use crate::engine::{CommandError, Device};
use crate::words;

/// What an object knows of its device; renewed by the projection.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// What is on the bus.
    pub shown: Shown,
    /// What can be cast to; `None` while it is away.
    pub device: Option<Device>,
    /// The id under which there is a cast to it; ended ones count.
    pub cast: Option<String>,
    /// The id under which a cast to it was left behind.
    pub left_behind: Option<String>,
    /// Why another sound could not be had during this cast: the word and the sentence of `Error`.
    pub no_sound: Option<(String, String)>,
}

/// One device. Clones share what they know.
#[derive(Debug, Clone)]
pub(super) struct DeviceObject {
    shared: Arc<Shared>,
    facts: Arc<Mutex<Facts>>,
}

impl DeviceObject {
    pub fn new(shared: Arc<Shared>, facts: Facts) -> DeviceObject {
        let facts = Arc::new(Mutex::new(facts));
        DeviceObject { shared, facts }
    }

    pub fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn called(&self) -> String {
        self.facts().shown.name.clone()
    }

    /// The id of the cast, for commands.
    fn casting(&self) -> Result<String, BusError> {
        let facts = self.facts();
        let cast = facts.cast.clone();
        cast.ok_or_else(|| BusError::NotCasting(words::bus::not_casting(&facts.shown.name)))
    }

    fn command(
        &self,
        command: impl FnOnce(&str) -> Result<(), CommandError>,
    ) -> Result<(), BusError> {
        let cast = self.casting()?;
        command(&cast).map_err(|error| BusError::of_command(&error, &self.called()))
    }

    /// Why another sound cannot be had, for `Error`.
    fn sound_error(&self, error: &CommandError) -> (String, String) {
        let code = match error {
            CommandError::NotCasting(_) => "not-casting",
            CommandError::Busy => "busy",
            CommandError::StillThere => "still-there",
            CommandError::NoSound => "no-sound",
            CommandError::Sound(reason) => reason.code(),
        };
        let sentence = BusError::of_command(error, &self.called()).sentence();
        (code.to_owned(), sentence)
    }

    fn adjustable(&self) -> fdo::Result<()> {
        self.casting()?;
        let facts = self.facts();
        if facts.shown.volume_adjustable {
            return Ok(());
        }
        let why = words::bus::fixed_volume(&facts.shown.name);
        Err(fdo::Error::NotSupported(why))
    }
}
