// SPDX-License-Identifier: GPL-3.0-or-later
//! What the fuzz targets share: reading an input as a series of steps, a bound on memory, and the facts that the targets
//! and their seeds must agree on. Never decides what is a finding; that is in each target.

pub mod facts;
pub mod feed;
pub mod memory;
pub mod script;
