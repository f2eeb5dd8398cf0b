// SPDX-License-Identifier: GPL-3.0-or-later
//! Device authentication: the rules of chains, of revocation and of answers, on certificates that the tests make and on
//! those of others, where they are at hand.

mod answers;
mod chains;
mod others;
mod properties;
mod revocation;
