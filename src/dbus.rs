// SPDX-License-Identifier: GPL-3.0-or-later
//! The session bus: a projection of the engine, and the client of it. Only talks to the engine.
//!
//! ```text
//! engine ──lists──▶ projection ──Shown──▶ objects: Manager1, Device1, ObjectManager ──signals──▶ bus
//! bus ──calls──▶ objects ──commands──▶ engine            bus ◀──▶ Client ◀── telecast status, stop, volume, mirror
//! ```
//! Whoever runs the engine owns the name [`ENGINE_NAME`](crate::config::ENGINE_NAME). What is there is described by the
//! files in `data/dbus-1/interfaces`, and for people by the README. Commands take effect in the engine; what becomes of
//! them comes back as changed properties, as in the window. Keys and pictures are never given away, and a screen is
//! shared only through the desktop's portal.

mod activity;
mod answers;
mod begin;
mod calls;
mod client;
mod device;
mod error;
mod manager;
mod options;
mod projection;
mod service;
mod shown;
mod statistics;
mod words_of;

pub use activity::Activity;
pub use client::{CastOptions, Changes, Client, RemoteDevice};
pub use error::BusError;
pub use service::{Service, ServiceError, Sharing, Waiting};
