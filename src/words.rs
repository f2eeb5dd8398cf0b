// SPDX-License-Identifier: GPL-3.0-or-later
//! Reasons and states in the words of people, in their language. Decides nothing.
