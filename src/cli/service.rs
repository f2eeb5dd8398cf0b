// SPDX-License-Identifier: GPL-3.0-or-later
//! `telecast service`: what the session bus starts when somebody asks for the engine. On a desktop it is the window's
//! process, without a window yet; elsewhere the engine alone. Ends by itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::args::ServiceArguments;
use super::signals::Signals;
use crate::dbus::{Service, ServiceError, Sharing};
use crate::engine::{Engine, desktop_of_user, options_of_user};
use crate::words;

/// Runs until nobody needs it.
pub fn run(runtime: &Runtime, arguments: &ServiceArguments) -> anyhow::Result<()> {
    let idle = (!arguments.stay).then(|| Duration::from_secs_f64(arguments.idle));
    #[cfg(feature = "gui")]
    if let Some(result) = super::window::serve(runtime, idle) {
        return result;
    }
    runtime.block_on(alone(idle))
}

/// The engine without anything to be seen.
async fn alone(idle: Option<Duration>) -> anyhow::Result<()> {
    let mut signals =
        Signals::new().map_err(|error| anyhow::anyhow!(words::system_failed(&error)))?;
    let words = words::for_desktop();
    let settings = tokio::task::spawn_blocking(|| (options_of_user(), desktop_of_user(words)));
    let (options, desktop) = settings.await?;
    let engine = Arc::new(Engine::start(options));
    engine.set_desktop(desktop);
    let service = match Service::start(Arc::clone(&engine), Sharing::default()).await {
        Ok(service) => service,
        // Somebody was faster: what was asked for is there.
        Err(ServiceError::Taken) => return Ok(()),
        Err(error) => anyhow::bail!(words::bus::no_bus(&error)),
    };
    let nobody_needs_it = async {
        match idle {
            Some(idle) => service.activity().idle(&engine, idle).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = nobody_needs_it => {}
        () = signals.next() => engine.stop_all().await,
    }
    drop(service);
    engine.shut_down().await;
    Ok(())
}
