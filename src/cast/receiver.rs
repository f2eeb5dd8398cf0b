// SPDX-License-Identifier: GPL-3.0-or-later
//! The receiving half of Cast Streaming, sans-IO.

pub mod reception;
