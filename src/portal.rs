// SPDX-License-Identifier: GPL-3.0-or-later
//! The desktop's portals that are not about capturing: running without a window, staying awake, the lock screen, keys that
//! work everywhere, and which of all that this desktop has. Input: wishes; output: what the portal grants, as values that
//! take it back when they are dropped. Decides nothing, and knows no cast.

pub mod background;
pub mod connection;
mod error;
pub mod inhibit;
pub mod lock;
pub mod offers;
pub mod shortcuts;

use std::path::Path;

pub use error::{PortalError, no_such_service};

/// Whether this program runs in a Flatpak's sandbox.
pub fn is_sandboxed() -> bool {
    // There in each sandbox, whatever the environment says (flatpak's `common/flatpak-run.c`).
    Path::new("/.flatpak-info").exists()
}
