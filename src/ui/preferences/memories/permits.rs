// SPDX-License-Identifier: GPL-3.0-or-later
//! What may be cast again without the desktop's dialog.

use std::rc::Rc;

use futures_util::future::LocalBoxFuture;

use super::{Entry, Memory, Undo, forget_apart, read_apart};
use crate::engine::{Permits, SourceKind};
use crate::ui::context::Context;
use crate::words;

/// See above.
#[derive(Debug)]
pub struct Permissions;

impl Memory for Permissions {
    fn read(&self, context: &Rc<Context>) -> LocalBoxFuture<'static, Vec<Entry>> {
        let read = || Permits::of_user().kinds();
        read_apart(context, read, |kind| {
            Some(Entry {
                id: id(kind).to_owned(),
                title: words::source(kind),
                subtitle: String::new(),
                icon: None,
            })
        })
    }

    fn forget(&self, context: &Rc<Context>, ids: Vec<String>) -> LocalBoxFuture<'static, Undo> {
        let forget = move || {
            let permits = Permits::of_user();
            let kinds = permits.kinds().into_iter();
            let named = kinds.filter(|kind| ids.iter().any(|named| named == id(*kind)));
            named.filter_map(|kind| permits.forget(kind)).collect()
        };
        forget_apart(context, forget, |permit| {
            Permits::of_user().restore(&permit);
        })
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
