// SPDX-License-Identifier: GPL-3.0-or-later
//! The `Background` portal: whether the program may run without a window and be started with the session. Input: wishes
//! with a reason for people; output: what was granted.

use ashpd::desktop::background::{BackgroundProxy, BackgroundRequestOptions, SetStatusOptions};

use super::{PortalError, connection};

/// The longest status that the portal takes, in characters.
const MAX_STATUS: usize = 96;

/// What is wished for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// Why, for people.
    pub reason: String,
    /// What is started with the session; nothing when it is empty.
    pub at_login: Vec<String>,
}

/// What was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    /// The program may run without a window.
    pub background: bool,
    /// It is started with the session.
    pub at_login: bool,
}

/// Asks for it. May show a dialog of the desktop and take as long as the person does. What is started with the session is
/// replaced by this wish.
///
/// # Errors
/// [`PortalError`].
pub async fn request(wish: &Wish) -> Result<Granted, PortalError> {
    let portal = BackgroundProxy::with_connection(connection::open().await?).await?;
    let options = BackgroundRequestOptions::default()
        .set_reason(wish.reason.as_str())
        .set_auto_start(!wish.at_login.is_empty())
        .set_dbus_activatable(false)
        .set_command(&wish.at_login);
    let answer = portal.request_background(None, options).await?.response()?;
    Ok(Granted {
        background: answer.run_in_background(),
        at_login: answer.auto_start(),
    })
}

/// Says what the program does in the background, in the desktop's list of such programs; at most 96 characters of it.
///
/// # Errors
/// [`PortalError`]; above all [`PortalError::Refused`] outside a sandbox, where there is no such list.
pub async fn set_status(status: &str) -> Result<(), PortalError> {
    let portal = BackgroundProxy::with_connection(connection::open().await?).await?;
    let short: String = status.chars().take(MAX_STATUS).collect();
    let options = SetStatusOptions::default().set_message(&short);
    Ok(portal.set_status(options).await?)
}
