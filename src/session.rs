// SPDX-License-Identifier: GPL-3.0-or-later
//! One running mirror: its state machine, control channel, media socket, recovery. Never encodes, draws or parses wire bytes.

pub mod connect;
pub mod handle;
pub mod options;
pub mod reason;
pub mod source;
pub mod state;
pub mod stats;
pub mod tls;
