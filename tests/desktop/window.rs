// SPDX-License-Identifier: GPL-3.0-or-later
//! The window, used through its accessible tree as a person would, with real receivers on another host.
//!
//! What is marked as ignored has not passed as a whole yet; each says what is in its way.

mod cast;
mod choices;
mod devices;
mod errors;
mod keyboard;
mod names;
mod parent;
mod preferences;
mod recovery;
mod row_menu;
mod several;
mod sound;
mod trust;
