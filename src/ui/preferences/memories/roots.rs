// SPDX-License-Identifier: GPL-3.0-or-later
//! Whom the person believes beside Cast.

use std::rc::Rc;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::{Entry, Memory, Undo, apart};
use crate::engine::AddedRoots;
use crate::ui::context::Context;
use crate::words;

/// See above.
#[derive(Debug)]
pub struct TrustedRoots;

impl Memory for TrustedRoots {
    fn read(&self, context: &Rc<Context>) -> LocalBoxFuture<'static, Vec<Entry>> {
        let reading = apart(Rc::clone(context), Vec::new(), || {
            AddedRoots::of_user().list()
        });
        async move {
            let roots = reading.await;
            let entries = roots.into_iter().map(|root| Entry {
                subtitle: words::key(root.key),
                title: root.name,
                id: root.id,
                icon: None,
            });
            entries.collect()
        }
        .boxed_local()
    }

    fn forget(&self, context: &Rc<Context>, ids: Vec<String>) -> LocalBoxFuture<'static, Undo> {
        let context = Rc::clone(context);
        let forgetting = apart(Rc::clone(&context), Vec::new(), move || {
            let roots = AddedRoots::of_user();
            ids.iter().filter_map(|id| roots.forget(id)).collect()
        });
        async move {
            let taken = forgetting.await;
            let undo: Undo = Box::new(move || {
                apart(context, (), move || {
                    for root in &taken {
                        if let Err(error) = AddedRoots::of_user().restore(root) {
                            tracing::warn!(%error, "the root is not had back");
                        }
                    }
                })
                .boxed_local()
            });
            undo
        }
        .boxed_local()
    }
}
