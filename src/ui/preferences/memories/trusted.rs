// SPDX-License-Identifier: GPL-3.0-or-later
//! What devices proved about themselves, or what a person allowed. One that is forgotten is like a new one.

use std::rc::Rc;

use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, ready};

use super::{Entry, Memory, Undo, apart, sorted};
use crate::engine::TrustedDevices;
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
        let reading = apart(Rc::clone(context), TrustedDevices::new(), move || {
            engine.remembered()
        });
        async move {
            let known = reading.await.into_iter();
            let entries = known.filter_map(|(id, known)| {
                let mark = words::trust_mark(&known)?;
                Some(Entry {
                    id,
                    title: known.name,
                    subtitle: mark.text,
                    icon: Some(mark.icon),
                })
            });
            sorted(entries.collect())
        }
        .boxed_local()
    }

    fn forget(&self, context: &Rc<Context>, ids: Vec<String>) -> LocalBoxFuture<'static, Undo> {
        let (context, engine) = (Rc::clone(context), context.engine());
        let forgetter = engine.clone();
        let forgetting = apart(Rc::clone(&context), Vec::new(), move || {
            let engine = forgetter.iter();
            engine
                .flat_map(|engine| ids.iter().filter_map(|id| engine.forget_trust(id)))
                .collect()
        });
        async move {
            let forgotten = forgetting.await;
            let undo: Undo = Box::new(move || {
                apart(context, (), move || {
                    for device in forgotten {
                        if let Some(engine) = &engine {
                            engine.restore_trust(device);
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
