// SPDX-License-Identifier: GPL-3.0-or-later
//! Encoded frames to pictures and sound, for the receiver (GStreamer). Knows nothing about sockets.
