// SPDX-License-Identifier: GPL-3.0-or-later
//! `telecast service`: what the session bus starts when somebody asks for the engine. On a desktop it is the window's
//! process, without a window yet; elsewhere the engine alone. Ends by itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::args::ServiceArguments;
use super::signals::Signals;
use crate::dbus::{Service, ServiceError, Sharing};
use crate::engine::{Engine, options_of_user};
use crate::words;

/// Runs until nobody needs it.
pub fn run(runtime: &Runtime, arguments: &ServiceArguments) -> anyhow::Result<()> {
    let idle = Duration::from_secs_f64(arguments.idle);
    #[cfg(feature = "gui")]
    if let Some(result) = super::window::serve(runtime, idle) {
        return result;
    }
    runtime.block_on(alone(idle))
}

/// The engine without anything to be seen.
async fn alone(idle: Duration) -> anyhow::Result<()> {
    let mut signals =
        Signals::new().map_err(|error| anyhow::anyhow!(words::system_failed(&error)))?;
    let options = tokio::task::spawn_blocking(options_of_user).await?;
    let engine = Arc::new(Engine::start(options));
    let service = match Service::start(Arc::clone(&engine), Sharing::default()).await {
        Ok(service) => service,
        // Somebody was faster: what was asked for is there.
        Err(ServiceError::Taken) => return Ok(()),
        Err(error) => anyhow::bail!(words::bus::no_bus(&error)),
    };
    tokio::select! {
        () = service.activity().idle(&engine, idle) => {}
        () = signals.next() => engine.stop_all().await,
    }
    drop(service);
    engine.shut_down().await;
    Ok(())
}
