// SPDX-License-Identifier: GPL-3.0-or-later
//! Whole casts over real sockets and bad networks: a film from a session of the library on one host to `telecast receive`
//! on another (network namespaces), and between them a router or a relay that spoils the way.
//!
//! ```text
//!              ┌ router: a namespace that forwards; nftables loses, tbf limits, a link has a small MTU ┐
//!  host a ─────┤                                                                                       ├───── host b
//!  session     └ relay: a thread between two TUN devices; the simulation's own link delays and reorders ┘      receive
//! ```
//! Encoders, TLS, UDP, decoders and the kernel's stack are the real ones; neither end knows about it. What is reported are
//! counts and media time. Shared through `#[path]` by the tests and the bench.

#![allow(
    dead_code,
    reason = "not every binary that includes this uses all of it"
)]

pub mod cast;
pub mod figures;
pub mod film;
pub mod hosts;
#[path = "../netsim/link.rs"]
mod link;
pub mod namespace;
pub mod profiles;
#[path = "../desktop/support/program.rs"]
mod program;
#[path = "../netsim/random.rs"]
mod random;
mod relay;
mod router;
mod sender;
mod tun;
