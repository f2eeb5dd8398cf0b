// SPDX-License-Identifier: GPL-3.0-or-later
//! A value that the engine publishes, brought to the main thread: the newest counts, those between may be missed.

use gtk4::glib;
use tokio::sync::watch;

/// Calls `changed` with the present value and with each newer one, on the main loop, until the engine drops its end or
/// `changed` says [`glib::ControlFlow::Break`].
pub fn follow<T: Clone + 'static>(
    mut values: watch::Receiver<T>,
    mut changed: impl FnMut(T) -> glib::ControlFlow + 'static,
) {
    glib::spawn_future_local(async move {
        loop {
            let value = values.borrow_and_update().clone();
            if changed(value).is_break() || values.changed().await.is_err() {
                return;
            }
        }
    });
}
