// SPDX-License-Identifier: GPL-3.0-or-later
//! What devices proved about themselves, or what a person allowed. One that is forgotten is like a new one.

use std::rc::Rc;

use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, ready};

use super::{Entry, Memory, Undo, forget_apart, read_apart, sorted};
use crate::engine::Remembered;
use crate::ui::context::Context;
use crate::words;

/// See above.
#[derive(Debug)]
pub struct KnownDevices;

impl Memory for KnownDevices {
    fn read(&self, context: &Rc<Context>) -> LocalBoxFuture<'static, Vec<Entry>> {
        let Some(engine) = context.engine() else {
            return ready(Vec::new()).boxed_local();
        };
        let read = move || engine.remembered().into_iter().collect();
        let entries = read_apart(context, read, |(id, known): (String, Remembered)| {
            let mark = words::trust_mark(&known)?;
            Some(Entry {
                id,
                title: known.name,
                subtitle: mark.text,
                icon: Some(mark.icon),
            })
        });
        entries.map(sorted).boxed_local()
    }

    fn forget(&self, context: &Rc<Context>, ids: Vec<String>) -> LocalBoxFuture<'static, Undo> {
        let engine = context.engine();
        let forgetter = engine.clone();
        let forget = move || {
            let engine = forgetter.iter();
            engine
                .flat_map(|engine| ids.iter().filter_map(|id| engine.forget_trust(id)))
                .collect()
        };
        forget_apart(context, forget, move |device| {
            if let Some(engine) = &engine {
                engine.restore_trust(device);
            }
        })
    }
}
