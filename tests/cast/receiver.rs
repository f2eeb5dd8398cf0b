// SPDX-License-Identifier: GPL-3.0-or-later
//! The receiver core, rule by rule, against a scripted sender and a clock of the test.

mod assembly;
mod event_log;
mod feedback;
mod key_frames;
mod limits;
mod rig;
mod skipping;
