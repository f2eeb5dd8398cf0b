// SPDX-License-Identifier: GPL-3.0-or-later
//! The one API that front ends may call: devices, sessions, settings. Knows nothing about GTK, D-Bus or argv.

pub use crate::session::reason::{Blame, Layer, Missing, Reason, SourceEnd, Waiting};
pub use crate::session::state::{SessionState, Streams, Trouble};
pub use crate::session::stats::SessionStats;
