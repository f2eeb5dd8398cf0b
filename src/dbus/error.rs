// SPDX-License-Identifier: GPL-3.0-or-later
//! `BusError`: what the interface answers instead of doing what it was asked. The engine's typed errors in, D-Bus errors
//! with a name and a sentence out; on the client's side the way back.

use zbus::{DBusError, fdo};

use crate::engine::{CommandError, HostError, Reason};
use crate::words;

/// Errors of the interface, `io.github.telecast.Error.*`; each carries its sentence for people.
#[derive(Debug, Clone, PartialEq, DBusError)]
#[zbus(prefix = "io.github.telecast.Error", impl_display = true)]
pub enum BusError {
    /// The bus, or an error of another name.
    #[zbus(error)]
    ZBus(zbus::Error),
    /// An option has this name in no version that is known here.
    UnknownOption(String),
    /// An option or an argument cannot have this value.
    InvalidOption(String),
    /// No device of this id, name or address is there.
    UnknownDevice(String),
    /// The device is known, and away.
    NotAvailable(String),
    /// There is a cast to the device already.
    AlreadyCasting(String),
    /// There is no cast to the device.
    NotCasting(String),
    /// Too much was asked at once.
    Busy(String),
    /// The cast was begun without sound.
    NoSound(String),
    /// Not an address, or one too many, or one that was never added.
    InvalidAddress(String),
    /// Nobody asked.
    NothingAsked(String),
    /// Anything else.
    Failed(String),
}

impl BusError {
    pub(super) fn unknown_option(name: &str) -> BusError {
        BusError::UnknownOption(words::bus::unknown_option(name))
    }

    pub(super) fn invalid(name: &str, expected: &str) -> BusError {
        BusError::InvalidOption(words::bus::invalid_option(name, expected))
    }

    /// Why a cast to `device` cannot begin.
    pub(super) fn of_reason(reason: &Reason, device: &str) -> BusError {
        let line = words::explain(reason, device).line();
        match reason {
            Reason::AlreadyCasting => BusError::AlreadyCasting(line),
            Reason::DeviceNotFound(_) | Reason::HostUnknown(_) => BusError::UnknownDevice(line),
            _ => BusError::Failed(line),
        }
    }

    /// Why a command for `device` has no effect.
    pub(super) fn of_command(error: &CommandError, device: &str) -> BusError {
        match error {
            CommandError::NotCasting(_) => BusError::NotCasting(words::bus::not_casting(device)),
            CommandError::Busy => BusError::busy(),
            CommandError::StillThere => BusError::Failed(words::still_there(device)),
            CommandError::NoSound => BusError::NoSound(words::bus::no_sound()),
            CommandError::Sound(reason) => BusError::of_reason(reason, device),
        }
    }

    pub(super) fn of_host(error: HostError) -> BusError {
        BusError::InvalidAddress(words::bus::host_error(error))
    }

    pub(super) fn busy() -> BusError {
        BusError::Busy(words::bus::busy())
    }

    /// The sentence for people.
    pub fn sentence(&self) -> String {
        match self {
            BusError::ZBus(zbus::Error::MethodError(_, Some(text), _)) => {
                words::bus::no_sense(text)
            }
            BusError::ZBus(error) => words::bus::no_sense(error),
            BusError::UnknownOption(text)
            | BusError::InvalidOption(text)
            | BusError::UnknownDevice(text)
            | BusError::NotAvailable(text)
            | BusError::AlreadyCasting(text)
            | BusError::NotCasting(text)
            | BusError::Busy(text)
            | BusError::NoSound(text)
            | BusError::InvalidAddress(text)
            | BusError::NothingAsked(text)
            | BusError::Failed(text) => words::one_line(text),
        }
    }
}

/// A property can be refused by the names of the D-Bus specification alone.
impl From<BusError> for fdo::Error {
    fn from(error: BusError) -> fdo::Error {
        let sentence = error.sentence();
        match error {
            BusError::InvalidOption(_) => fdo::Error::InvalidArgs(sentence),
            BusError::Busy(_) => fdo::Error::LimitsExceeded(sentence),
            BusError::NoSound(_) => fdo::Error::NotSupported(sentence),
            _ => fdo::Error::Failed(sentence),
        }
    }
}
