// SPDX-License-Identifier: GPL-3.0-or-later
//! Whom the person believes beside Cast.

use std::rc::Rc;

use futures_util::future::LocalBoxFuture;

use super::{Entry, Memory, Undo, forget_apart, read_apart};
use crate::engine::AddedRoots;
use crate::ui::context::Context;
use crate::words;

/// See above.
#[derive(Debug)]
pub struct TrustedRoots;

impl Memory for TrustedRoots {
    fn read(&self, context: &Rc<Context>) -> LocalBoxFuture<'static, Vec<Entry>> {
        let read = || AddedRoots::of_user().list();
        read_apart(context, read, |root| {
            Some(Entry {
                subtitle: words::key(root.key),
                title: root.name,
                id: root.id,
                icon: None,
            })
        })
    }

    fn forget(&self, context: &Rc<Context>, ids: Vec<String>) -> LocalBoxFuture<'static, Undo> {
        let forget = move || {
            let roots = AddedRoots::of_user();
            ids.iter().filter_map(|id| roots.forget(id)).collect()
        };
        forget_apart(context, forget, |root| {
            if let Err(error) = AddedRoots::of_user().restore(&root) {
                tracing::warn!(%error, "the root is not had back");
            }
        })
    }
}
