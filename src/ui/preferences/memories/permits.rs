// SPDX-License-Identifier: GPL-3.0-or-later
//! What may be cast again without the desktop's dialog.

use std::rc::Rc;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::{Entry, Memory, Undo, apart};
use crate::engine::{Permits, SourceKind};
use crate::ui::context::Context;
use crate::words;

/// See above.
#[derive(Debug)]
pub struct Permissions;

impl Memory for Permissions {
    fn read(&self, context: &Rc<Context>) -> LocalBoxFuture<'static, Vec<Entry>> {
        let reading = apart(Rc::clone(context), Vec::new(), || {
            Permits::of_user().kinds()
        });
        async move {
            let kinds = reading.await;
            let entries = kinds.into_iter().map(|kind| Entry {
                id: id(kind).to_owned(),
                title: words::source(kind),
                subtitle: String::new(),
                icon: None,
            });
            entries.collect()
        }
        .boxed_local()
    }

    fn forget(&self, context: &Rc<Context>, ids: Vec<String>) -> LocalBoxFuture<'static, Undo> {
        let context = Rc::clone(context);
        let forgetting = apart(Rc::clone(&context), Vec::new(), move || {
            let permits = Permits::of_user();
            let kinds = permits.kinds().into_iter();
            let named = kinds.filter(|kind| ids.iter().any(|named| named == id(*kind)));
            named.filter_map(|kind| permits.forget(kind)).collect()
        });
        async move {
            let taken = forgetting.await;
            let undo: Undo = Box::new(move || {
                apart(context, (), move || {
                    for permit in &taken {
                        Permits::of_user().restore(permit);
                    }
                })
                .boxed_local()
            });
            undo
        }
        .boxed_local()
    }
}

fn id(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Screen => "screen",
        SourceKind::Window => "window",
        SourceKind::Virtual => "virtual",
        SourceKind::TestCard => "test-card",
    }
}
