// SPDX-License-Identifier: GPL-3.0-or-later
//! The one API that front ends may call: devices, sessions, settings. Knows nothing about GTK, D-Bus or argv.
