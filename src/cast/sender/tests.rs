// SPDX-License-Identifier: GPL-3.0-or-later
//! The rules of the sender, one by one, on a clock that is moved by hand.

mod feedback;
mod giving_up;
mod intake;
mod repair;
mod rig;
mod sizes;
mod transmit;
mod wraps;
