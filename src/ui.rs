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
mod menu_names;
mod model;
mod preferences;
mod question_dialog;
pub mod receiver_window;
mod row_texts;
mod search_help;
mod shortcuts;
mod statistics;
pub mod test_card;
mod ticker;
mod troubleshooting;
mod trust_dialog;
mod window;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gtk4::prelude::*;
use gtk4::{gio, glib};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::engine::{Engine, Settings, SettingsError};
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Opening {
    /// At once.
    #[default]
    Now,
    /// When it is asked for: the session bus has started this process for the window.
    Later,
    /// The same, but for the engine, which is to run at once.
    LaterWithEngine,
}

/// Hands the engine to another front end.
pub type Share = Box<dyn FnOnce(&Arc<Engine>)>;

/// How the program is to run.
#[derive(Default)]
pub struct WindowOptions {
    /// When the window is to be opened.
    pub opening: Opening,
    /// A cast that is to begin at once.
    pub start: Option<StartRequest>,
    /// How long a process that opens no window by itself stays when nobody needs it; for good when `None`.
    pub idle: Option<Duration>,
    /// Changes when somebody uses the engine otherwise than through the window.
    pub used: Option<watch::Receiver<Instant>>,
    /// Called once, when the engine runs: other front ends share it.
    pub share: Option<Share>,
}

impl fmt::Debug for WindowOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WindowOptions")
            .field("opening", &self.opening)
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}

/// Opens the window, or shows that of the instance that runs already, and stays until it is closed. The engine runs on
/// `runtime`.
///
/// # Errors
/// [`WindowError`], before anything was shown.
pub fn run(runtime: Handle, options: WindowOptions) -> Result<(), WindowError> {
    gtk4::init().map_err(|_| test_card::NoDisplay)?;
    let settings = Settings::open()?;
    let resources = gio::Resource::from_data(&glib::Bytes::from_static(RESOURCES))?;
    gio::resources_register(&resources);
    let app = Application::new(runtime, settings);
    if let (Some(share), Some(context)) = (options.share, app.context()) {
        context.when_engine_runs(share);
    }
    if let Some(start) = &options.start {
        app.hand_over(start).map_err(WindowError::NotRegistered)?;
        if app.is_remote() {
            return Ok(());
        }
    }
    let waits = options.opening != Opening::Now;
    if waits && let Some(used) = options.used {
        app.linger(options.idle, used);
    }
    if options.opening == Opening::LaterWithEngine
        && !app.start_engine().map_err(WindowError::NotRegistered)?
    {
        return Ok(());
    }
    let service = waits.then_some("--gapplication-service");
    let arguments: Vec<&str> = ["telecast"].into_iter().chain(service).collect();
    app.run_with_args(&arguments);
    Ok(())
}
