// SPDX-License-Identifier: GPL-3.0-or-later
//! The applications whose sound can be cast: names out, for as long as somebody wants to know them.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::capture::pipewire::Remote;
use crate::capture::pipewire::players::Players;

/// Follows the applications on `runtime` until the last receiver is dropped. Without PipeWire there are none.
pub(super) fn follow(runtime: &Handle) -> watch::Receiver<Arc<[String]>> {
    let (names, followed) = watch::channel(Arc::default());
    runtime.spawn(async move {
        let players = match Players::start(Remote::Default, names.clone()).await {
            Ok(players) => players,
            Err(error) => {
                tracing::debug!(%error, "no applications with sound");
                return;
            }
        };
        names.closed().await;
        // Joins a thread.
        tokio::task::spawn_blocking(move || drop(players));
    });
    followed
}
