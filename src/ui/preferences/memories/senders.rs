// SPDX-License-Identifier: GPL-3.0-or-later
//! Who may always cast to this computer.

use std::net::IpAddr;
use std::rc::Rc;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::{Entry, Memory, Undo, apart};
use crate::engine::KnownFile;
use crate::ui::context::Context;
use crate::words;

/// See above.
#[derive(Debug)]
pub struct Senders;

impl Memory for Senders {
    fn read(&self, context: &Rc<Context>) -> LocalBoxFuture<'static, Vec<Entry>> {
        let reading = apart(Rc::clone(context), Vec::new(), || {
            KnownFile::of_user().all()
        });
        async move {
            let senders = reading.await;
            let entries = senders.into_iter().map(|sender| Entry {
                id: sender.address.to_string(),
                title: sender.address.to_string(),
                subtitle: words::sender_line(&sender),
                icon: None,
            });
            entries.collect()
        }
        .boxed_local()
    }

    fn forget(&self, context: &Rc<Context>, ids: Vec<String>) -> LocalBoxFuture<'static, Undo> {
        let context = Rc::clone(context);
        let forgetting = apart(Rc::clone(&context), Vec::new(), move || {
            let known = KnownFile::of_user();
            let addresses = ids.iter().filter_map(|id| id.parse::<IpAddr>().ok());
            addresses
                .filter_map(|address| known.forget(address))
                .collect()
        });
        async move {
            let forgotten = forgetting.await;
            let undo: Undo = Box::new(move || {
                apart(context, (), move || {
                    for sender in &forgotten {
                        KnownFile::of_user().restore(sender);
                    }
                })
                .boxed_local()
            });
            undo
        }
        .boxed_local()
    }
}
