// SPDX-License-Identifier: GPL-3.0-or-later
//! Screens and sounds of this machine: `RawFrame`s and `AudioBlock`s from the portal, PipeWire or a synthetic source.
//!
//! Knows nothing about Cast.

pub mod clock;
pub mod error;
pub mod frame;
pub mod pipewire;
mod portal;
pub mod slot;
pub mod source;
pub mod synthetic;
