// SPDX-License-Identifier: GPL-3.0-or-later
//! A connection to the session bus on which the portal knows who we are. What the portal gives lasts as long as the
//! connection on which it was asked for, whatever happens to this process.

use ashpd::AppID;
use zbus::Connection;

use super::PortalError;
use crate::config::APP_ID;

/// The portal's name on the bus.
pub(super) const DESTINATION: &str = "org.freedesktop.portal.Desktop";
/// Its object.
pub(super) const PATH: &str = "/org/freedesktop/portal/desktop";

/// A new connection.
///
/// # Errors
/// [`PortalError::NoBus`].
pub async fn open() -> Result<Connection, PortalError> {
    let connection = Connection::session().await.map_err(|error| {
        tracing::debug!(%error, "no session bus");
        PortalError::NoBus
    })?;
    register(&connection).await;
    Ok(connection)
}

/// Tells the portal who we are. Outside a sandbox it cannot know, and would attribute dialog and permissions to the
/// terminal. Portals before 1.20 do not know this call, and it needs an installed desktop file: then it goes without.
async fn register(connection: &Connection) {
    let result = match AppID::try_from(APP_ID) {
        Ok(id) => ashpd::register_host_app_with_connection(connection.clone(), id).await,
        Err(error) => Err(error),
    };
    if let Err(error) = result {
        tracing::debug!(%error, "the portal does not know this application");
    }
}
