// SPDX-License-Identifier: GPL-3.0-or-later
//! The `Inhibit` portal: keeps the computer from what would end or darken a cast. Input: what is not to happen; output: an
//! [`Inhibition`], for as long as which it does not.

use std::collections::HashMap;

use zbus::Connection;
use zbus::zvariant::{OwnedObjectPath, Value};

use super::PortalError;
use super::connection::{self, DESTINATION, PATH};

/// Flags of `org.freedesktop.portal.Inhibit.Inhibit`.
const SUSPEND: u32 = 4;
const IDLE: u32 = 8;

/// What is not to happen by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inhibited {
    /// The computer does not fall asleep. Its screen may darken.
    Suspend,
    /// Nor does the screen darken or lock.
    SuspendAndIdle,
}

/// Holds off what was asked for. Given back by [`release`](Inhibition::release); a drop closes its connection, which does
/// the same a moment later.
#[derive(Debug)]
pub struct Inhibition {
    connection: Connection,
    request: OwnedObjectPath,
}

impl Inhibition {
    /// Asks for it; the desktop shows `reason` to people.
    ///
    /// # Errors
    /// [`PortalError`].
    pub async fn start(what: Inhibited, reason: &str) -> Result<Inhibition, PortalError> {
        let connection = connection::open().await?;
        let flags = match what {
            Inhibited::Suspend => SUSPEND,
            Inhibited::SuspendAndIdle => SUSPEND | IDLE,
        };
        let options = HashMap::from([("reason", Value::from(reason))]);
        // No answer follows: it is in force when the call returns, until the request is closed.
        let answer = connection
            .call_method(
                Some(DESTINATION),
                PATH,
                Some("org.freedesktop.portal.Inhibit"),
                "Inhibit",
                &("", flags, options),
            )
            .await?;
        let request = answer.body().deserialize()?;
        Ok(Inhibition {
            connection,
            request,
        })
    }

    /// Lets it happen again.
    pub async fn release(self) {
        let closed = self.connection.call_method(
            Some(DESTINATION),
            &self.request,
            Some("org.freedesktop.portal.Request"),
            "Close",
            &(),
        );
        if let Err(error) = closed.await {
            tracing::debug!(%error, "the portal does not take an inhibition back");
        }
    }
}
