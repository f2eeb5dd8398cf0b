// SPDX-License-Identifier: GPL-3.0-or-later
//! Being a Cast device: TLS server, application dispatcher, the streaming application. The embedder chooses the user interface.
