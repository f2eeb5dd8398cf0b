// SPDX-License-Identifier: GPL-3.0-or-later
//! What is seen: the window, the test card and the receiver's window. Only talks to the engine.
//!
//! ```text
//! Application ── Context {engine, settings, lists} ──▶ Window ──▶ DevicesPage, CastPage
//!                   model: watch channels of the engine ──▶ gio::ListStore of items ──▶ rows and pages
//! ```
//! A widget has a file of its own and its template beside it. Commands go straight to the engine; what becomes of them
//! comes back through the model, never from the click.

mod about;
mod address_dialog;
mod application;
mod cast_actions;
mod cast_frame;
mod cast_page;
mod connecting_page;
mod context;
mod device_details;
mod device_group;
mod device_row;
mod devices_page;
mod ended_page;
mod first_picture;
mod graph;
mod keys;
mod main_menu;
mod measure;
mod model;
mod preferences;
mod question_dialog;
pub mod receiver_window;
mod search_help;
mod shortcuts;
mod statistics;
pub mod test_card;
mod ticker;
mod troubleshooting;
mod trust_dialog;
mod window;

use gtk4::prelude::*;
use gtk4::{gio, glib};
use tokio::runtime::Handle;

use crate::engine::{Settings, SettingsError};
use application::Application;
pub use application::StartRequest;

/// The style sheet and the icons.
static RESOURCES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/telecast.gresource"));

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WindowError {
    /// There is no display.
    #[error(transparent)]
    NoDisplay(#[from] test_card::NoDisplay),
    /// The settings cannot be had.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The resources in this program cannot be read.
    #[error("the resources cannot be read: {0}")]
    Resources(#[from] glib::Error),
    /// The session bus refuses.
    #[error("the session bus refuses: {0}")]
    NotRegistered(glib::Error),
}

/// How the window is to be opened.
#[derive(Debug, Clone, Default)]
pub struct WindowOptions {
    /// A cast that is to begin at once.
    pub start: Option<StartRequest>,
    /// Started by the session bus: show nothing until it is asked for.
    pub service: bool,
}

/// Opens the window, or shows that of the instance that runs already, and stays until it is closed. The engine runs on
/// `runtime`.
///
/// # Errors
/// [`WindowError`], before anything was shown.
pub fn run(runtime: Handle, options: &WindowOptions) -> Result<(), WindowError> {
    gtk4::init().map_err(|_| test_card::NoDisplay)?;
    let settings = Settings::open()?;
    let resources = gio::Resource::from_data(&glib::Bytes::from_static(RESOURCES))?;
    gio::resources_register(&resources);
    let app = Application::new(runtime, settings);
    if let Some(start) = &options.start {
        app.hand_over(start).map_err(WindowError::NotRegistered)?;
        if app.is_remote() {
            return Ok(());
        }
    }
    let service = options.service.then_some("--gapplication-service");
    let arguments: Vec<&str> = ["telecast"].into_iter().chain(service).collect();
    app.run_with_args(&arguments);
    Ok(())
}
