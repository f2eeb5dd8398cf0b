// SPDX-License-Identifier: GPL-3.0-or-later
//! The window, from the command line or for the session bus: arguments in, the window's options out; and the engine of the
//! window's process on the bus.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Handle, Runtime};

use super::args::{Arguments, WindowSource};
use crate::dbus::{Activity, Service, Sharing, Waiting};
use crate::engine::{Engine, SourceKind};
use crate::ui::{self, Opening, StartRequest, WindowError, WindowOptions};
use crate::words;

/// How long a process that was started for the window stays when nobody needs it.
const IDLE: Duration = Duration::from_mins(3);

/// Opens the window.
pub fn open(runtime: &Runtime, arguments: Arguments) -> anyhow::Result<()> {
    let source = arguments.source.map(|source| match source {
        WindowSource::Screen => SourceKind::Screen,
        WindowSource::Window => SourceKind::Window,
        WindowSource::Virtual => SourceKind::Virtual,
    });
    let start = arguments
        .device
        .map(|device| StartRequest { device, source });
    let opening = if arguments.gapplication_service {
        Opening::Later
    } else {
        Opening::Now
    };
    let options = WindowOptions {
        opening,
        start,
        ..shared(runtime.handle(), Some(IDLE))
    };
    ui::run(runtime.handle().clone(), options).map_err(|error| in_words(&error))
}

/// Runs the engine in a process that can open the window, until nobody has needed it for as long as `idle`, if at all;
/// `None` where there is no display.
pub fn serve(runtime: &Runtime, idle: Option<Duration>) -> Option<anyhow::Result<()>> {
    let options = WindowOptions {
        opening: Opening::LaterWithEngine,
        ..shared(runtime.handle(), idle)
    };
    match ui::run(runtime.handle().clone(), options) {
        Ok(()) => Some(Ok(())),
        Err(WindowError::NoDisplay(_)) => None,
        Err(error) => Some(Err(in_words(&error))),
    }
}

/// The options of a process whose engine is on the session bus.
fn shared(runtime: &Handle, idle: Option<Duration>) -> WindowOptions {
    let activity = Activity::default();
    let (used, runtime) = (activity.watch(), runtime.clone());
    WindowOptions {
        idle,
        used: Some(used),
        share: Some(Box::new(move |engine| {
            runtime.spawn(on_the_bus(Arc::clone(engine), activity));
        })),
        ..WindowOptions::default()
    }
}

/// Keeps the engine on the bus until the program ends. Without a bus the window works as well.
async fn on_the_bus(engine: Arc<Engine>, activity: Activity) {
    let sharing = Sharing {
        activity,
        // One that `telecast mirror` runs ends with its cast.
        waiting: Waiting::InLine,
    };
    match Service::start(engine, sharing).await {
        Ok(service) => {
            std::future::pending::<()>().await;
            drop(service);
        }
        Err(error) => tracing::info!(%error, "the engine is not on the session bus"),
    }
}

fn in_words(error: &WindowError) -> anyhow::Error {
    anyhow::anyhow!(match error {
        WindowError::NoDisplay(_) => words::no_display(),
        _ => words::no_window(error),
    })
}
