// SPDX-License-Identifier: GPL-3.0-or-later
//! What is seen: the test card and the receiver's window. Only talks to the engine.

mod keys;
mod question_dialog;
pub mod receiver_window;
pub mod test_card;
