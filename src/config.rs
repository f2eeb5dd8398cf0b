// SPDX-License-Identifier: GPL-3.0-or-later
//! Names that the whole program shares: one application id, everything else derives from it.

/// The application id, bus name and base of the resource path.
pub const APP_ID: &str = "io.github.telecast.Telecast";

/// Where the resources of the window are: the application id as a path.
pub const RESOURCE_PATH: &str = "/io/github/telecast/Telecast";

/// The bus name of whoever runs the engine.
pub const ENGINE_NAME: &str = "io.github.telecast.Telecast.Engine";

/// Where the engine's objects are on the session bus: its bus name as a path.
pub const ENGINE_PATH: &str = "/io/github/telecast/Telecast/Engine";

/// The version as people see it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where those get the extension for GNOME's Quick Settings whose package cannot install it.
pub const EXTENSION_PAGE: &str = "https://telecast.github.io/quick-settings/";
