// SPDX-License-Identifier: GPL-3.0-or-later
//! `Memory`: what the program remembers of one kind, for a [`ForgetGroup`](super::forget_group::ForgetGroup). Input: the
//! engine's; output: lines for people, and what takes a forgetting back. Files are read and written off the main thread.

mod devices;
mod permits;
mod roots;
mod senders;
mod trusted;

use std::rc::Rc;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use crate::ui::context::Context;

pub use devices::RememberedDevices;
pub use permits::Permissions;
pub use roots::TrustedRoots;
pub use senders::Senders;
pub use trusted::KnownDevices;

/// A remembered thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Names it in its [`Memory`].
    pub id: String,
    /// What it is called.
    pub title: String,
    /// More about it; empty when there is no more.
    pub subtitle: String,
    /// The name of a symbol.
    pub icon: Option<&'static str>,
}

/// Takes a forgetting back.
pub type Undo = Box<dyn FnOnce() -> LocalBoxFuture<'static, ()>>;

/// Remembered things of one kind.
pub trait Memory {
    /// What there is now, in the order of a list.
    fn read(&self, context: &Rc<Context>) -> LocalBoxFuture<'static, Vec<Entry>>;

    /// Forgets those with these ids.
    fn forget(&self, context: &Rc<Context>, ids: Vec<String>) -> LocalBoxFuture<'static, Undo>;
}

/// Lets `work` run where files may be read and written; `otherwise` when that is not possible.
async fn apart<T: Send + 'static>(
    context: Rc<Context>,
    otherwise: T,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    context
        .runtime()
        .spawn_blocking(work)
        .await
        .unwrap_or(otherwise)
}

/// Reads things where files may be read; what a list shows of each, if anything.
fn read_apart<T: Send + 'static>(
    context: &Rc<Context>,
    read: impl FnOnce() -> Vec<T> + Send + 'static,
    entry: impl FnMut(T) -> Option<Entry> + 'static,
) -> LocalBoxFuture<'static, Vec<Entry>> {
    let reading = apart(Rc::clone(context), Vec::new(), read);
    async move { reading.await.into_iter().filter_map(entry).collect() }.boxed_local()
}

/// Forgets things where files may be written. What was forgotten is restored in the same way, one by one.
fn forget_apart<T: Send + 'static>(
    context: &Rc<Context>,
    forget: impl FnOnce() -> Vec<T> + Send + 'static,
    restore: impl Fn(T) + Send + 'static,
) -> LocalBoxFuture<'static, Undo> {
    let context = Rc::clone(context);
    let forgetting = apart(Rc::clone(&context), Vec::new(), forget);
    async move {
        let forgotten = forgetting.await;
        let undo: Undo = Box::new(move || {
            let restoring = move || forgotten.into_iter().for_each(restore);
            apart(context, (), restoring).boxed_local()
        });
        undo
    }
    .boxed_local()
}

/// In the order of their titles.
fn sorted(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by_cached_key(|entry| (entry.title.to_lowercase(), entry.id.clone()));
    entries
}
