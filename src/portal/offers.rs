// SPDX-License-Identifier: GPL-3.0-or-later
//! What the portals of this desktop offer, by the versions and properties of their interfaces. Output: [`Offers`].

use zbus::{Connection, Proxy};

use super::PortalError;
use super::connection::{self, DESTINATION, PATH};

/// Bits of `AvailableSourceTypes`.
const MONITOR: u32 = 1;
const WINDOW: u32 = 2;
const VIRTUAL: u32 = 4;

/// The version of `ScreenCast` that gives restore tokens.
const WITH_TOKENS: u32 = 4;

/// Versions of the portals' interfaces; 0 where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offers {
    /// `ScreenCast`.
    pub screen_cast: u32,
    /// Its `AvailableSourceTypes`.
    pub source_types: u32,
    /// `Background`.
    pub background: u32,
    /// `Inhibit`.
    pub inhibit: u32,
    /// `GlobalShortcuts`.
    pub global_shortcuts: u32,
}

impl Offers {
    /// Whether whole screens can be shared.
    pub fn screens(self) -> bool {
        self.screen_cast > 0 && self.source_types & MONITOR != 0
    }

    /// Whether single windows can be shared.
    pub fn windows(self) -> bool {
        self.screen_cast > 0 && self.source_types & WINDOW != 0
    }

    /// Whether a monitor can be made for a cast.
    pub fn virtual_monitors(self) -> bool {
        self.screen_cast > 0 && self.source_types & VIRTUAL != 0
    }

    /// Whether what was allowed once can be remembered. Portals may say so and have a back end that does not.
    pub fn tokens(self) -> bool {
        self.screen_cast >= WITH_TOKENS
    }
}

/// Reads it.
///
/// # Errors
/// [`PortalError`]: no bus, or no portal at all.
pub async fn look() -> Result<Offers, PortalError> {
    let bus = connection::open().await?;
    // It starts the portal, or says that there is none.
    let peer = Proxy::new(&bus, DESTINATION, PATH, "org.freedesktop.DBus.Peer").await?;
    peer.call_method("Ping", &()).await?;
    Ok(Offers {
        screen_cast: property(&bus, "ScreenCast", "version").await,
        source_types: property(&bus, "ScreenCast", "AvailableSourceTypes").await,
        background: property(&bus, "Background", "version").await,
        inhibit: property(&bus, "Inhibit", "version").await,
        global_shortcuts: property(&bus, "GlobalShortcuts", "version").await,
    })
}

/// A number; 0 where the portal has no such interface or property.
async fn property(bus: &Connection, portal: &str, name: &str) -> u32 {
    let arguments = (format!("org.freedesktop.portal.{portal}"), name);
    let read = bus.call_method(
        Some(DESTINATION),
        PATH,
        Some("org.freedesktop.DBus.Properties"),
        "Get",
        &arguments,
    );
    let read = async {
        let answer = read.await?;
        let value: zbus::zvariant::OwnedValue = answer.body().deserialize()?;
        Ok::<u32, zbus::Error>(u32::try_from(value)?)
    };
    read.await
        .inspect_err(|error| tracing::debug!(%error, portal, name, "not offered"))
        .unwrap_or(0)
}
