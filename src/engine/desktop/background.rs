// SPDX-License-Identifier: GPL-3.0-or-later
//! Leave to run without a window, and to be started with the session. Wishes in, the desktop's answer out.

use std::time::Duration;

use tokio::time::timeout;

use crate::portal::background::{self, Wish};
use crate::portal::{PortalError, is_sandboxed};

/// How long a person may take to answer the desktop's question; a portal that never answers looks the same.
const ANSWER: Duration = Duration::from_mins(2);

/// What the desktop lets the program do besides its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leave {
    /// Run without one.
    pub background: bool,
    /// Be started with the session.
    pub at_login: bool,
}

/// Asks for leave to run without a window, for this `reason`, and whether to be started with the session. `None` on a
/// desktop that does not ask: nobody keeps the program from running there, and nobody starts it. Needs the tokio runtime.
pub async fn ask_leave(reason: String, at_login: bool) -> Option<Leave> {
    let wish = Wish {
        reason,
        at_login: if at_login { command() } else { Vec::new() },
    };
    let Ok(answer) = timeout(ANSWER, background::request(&wish)).await else {
        tracing::warn!("the desktop does not say whether Telecast may run in the background");
        return None;
    };
    match answer {
        Ok(granted) => Some(Leave {
            background: granted.background,
            at_login: granted.at_login,
        }),
        Err(PortalError::Refused) => Some(Leave {
            background: false,
            at_login: false,
        }),
        Err(error) => {
            tracing::info!(%error, "nobody to ask about running in the background");
            None
        }
    }
}

/// Tells people, where the desktop lists what runs in the background, what this program does there. Needs the tokio
/// runtime.
pub async fn tell_background(status: String) {
    if let Err(error) = background::set_status(&status).await {
        tracing::debug!(%error, "the desktop does not list what runs in the background");
    }
}

/// What the desktop is to start. In a sandbox it adds what leads into that.
fn command() -> Vec<String> {
    let program = if is_sandboxed() {
        None
    } else {
        std::env::current_exe().ok()
    };
    let program = program.and_then(|path| path.into_os_string().into_string().ok());
    let arguments = ["service", "--stay"].map(str::to_owned);
    [program.unwrap_or_else(|| "telecast".to_owned())]
        .into_iter()
        .chain(arguments)
        .collect()
}
