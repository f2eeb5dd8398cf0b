// SPDX-License-Identifier: GPL-3.0-or-later
//! Telecast puts a Linux screen on the TV.
//!
//! It finds Cast devices on the network and mirrors a screen, a window or a second (virtual) monitor with its sound to
//! one of them over the encrypted Cast Streaming protocol. The same protocol core also *receives*.
//!
//! # The data flow
//! ```text
//! frames    capture ──RawFrame──▶ encode ──EncodedFrame──▶ session::media ──▶ cast::sender ─▶ crypto ─▶ rtp ─▶ pacer ──Datagram──▶ UDP
//! feedback  UDP ──▶ cast::rtcp ──▶ cast::sender ──▶ cast::congestion ──EncoderControl{bitrate,size,fps,key frame}──▶ encode
//! control   ui | cli | dbus ──Command──▶ engine ──▶ session ──▶ cast::channel ──bytes──▶ TLS ; and back as Event / state
//! ```
//! Each arrow is a named type, defined in exactly one file; each box is one file whose first doc line names its input
//! and output. The core has two verbs, `handle(now, Input)` and `poll(now) -> Option<Output>`; after each `handle`,
//! `poll` is drained. [`session`]'s `media` is the only loop where clock, socket and core meet.
//!
//! Several casts of one source share its capture. They share an encode, too, while they want the same size and codec at
//! much the same bitrate (`engine::sharing` decides); each numbers, encrypts and paces the frames on its own, all on the
//! one media thread.
//!
//! # The rooms
//! A room may use the rooms below it, never those above or beside it (`tests/layering` holds the table).
//! ```text
//!  ui/          cli/          dbus/              three projections of the same engine
//!     \           |            /
//!           words/        engine                 words: reasons become sentences; engine: the one API of front ends
//!          /      |      |       \
//!  discovery   session   media   receiver        actors on tokio; each owns its state and its sockets
//!                 |  \________________/ |
//!         capture  encode            decode      PipeWire and the portals; GStreamer
//!                 \      |            /
//!                      cast                      the protocol: sans-IO, no clock, no socket, no runtime
//! ```
//! Below them all, and without knowledge of any: [`chain`] (GStreamer elements in a row), [`clock`] (the monotonic clock),
//! [`config`] (names), [`files`] (what outlives the program), [`portal`] (the desktop's portals that are not about
//! capturing), [`priority`] (asks the system for it) and [`testcard`] (a picture and a sound that tell when they were made).

pub mod cast;

#[cfg(not(cast_alone))]
pub mod capture;
#[cfg(not(cast_alone))]
pub mod chain;
#[cfg(not(cast_alone))]
pub mod cli;
#[cfg(not(cast_alone))]
pub mod clock;
#[cfg(not(cast_alone))]
pub mod config;
#[cfg(not(cast_alone))]
pub mod dbus;
#[cfg(not(cast_alone))]
pub mod decode;
// What it makes of the words of strangers is fuzzed with the protocol, without its sockets.
#[cfg(any(not(cast_alone), fuzzing))]
pub mod discovery;
#[cfg(not(cast_alone))]
pub mod encode;
#[cfg(not(cast_alone))]
pub mod engine;
#[cfg(not(cast_alone))]
pub mod files;
#[cfg(not(cast_alone))]
pub mod portal;
#[cfg(not(cast_alone))]
pub mod priority;
#[cfg(not(cast_alone))]
pub mod receiver;
#[cfg(not(cast_alone))]
pub mod session;
pub mod testcard;
#[cfg(all(not(cast_alone), feature = "gui"))]
pub mod ui;
#[cfg(not(cast_alone))]
pub mod words;
