// SPDX-License-Identifier: GPL-3.0-or-later
//! The one thread on which the media loops of all sessions of the process run: futures in, nothing out.
//!
//! Apart from the shared runtime, so that a busy front end or a slow TLS peer cannot delay a burst; and with real-time
//! priority where that is granted, so that a busy computer cannot.

use std::future::Future;
use std::io;
use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::priority;

static RUNTIME: Mutex<Option<Handle>> = Mutex::new(None);

/// Runs a media loop on the media thread, which is started with the first one and stays. To be called on the shared runtime.
pub(super) fn spawn<F>(media: F) -> io::Result<JoinHandle<F::Output>>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let mut runtime = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    let handle = match runtime.as_ref() {
        Some(handle) => handle.clone(),
        None => runtime.insert(start()?).clone(),
    };
    Ok(handle.spawn(media))
}

fn start() -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let (tell, told) = oneshot::channel();
    std::thread::Builder::new()
        .name("media".to_owned())
        .spawn(move || {
            let id = rustix::thread::gettid().as_raw_nonzero().get();
            // Nobody listens when the shared runtime is just being shut down.
            tell.send(u64::from(id.unsigned_abs())).ok();
            runtime.block_on(std::future::pending::<()>());
        })?;
    tokio::spawn(async {
        if let Ok(id) = told.await {
            priority::raise(id).await;
        }
    });
    Ok(handle)
}
