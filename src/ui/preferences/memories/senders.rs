// SPDX-License-Identifier: GPL-3.0-or-later
//! Who may always cast to this computer.

use std::net::IpAddr;
use std::rc::Rc;

use futures_util::future::LocalBoxFuture;

use super::{Entry, Memory, Undo, forget_apart, read_apart};
use crate::engine::KnownFile;
use crate::ui::context::Context;
use crate::words;

/// See above.
#[derive(Debug)]
pub struct Senders;

impl Memory for Senders {
    fn read(&self, context: &Rc<Context>) -> LocalBoxFuture<'static, Vec<Entry>> {
        let read = || KnownFile::of_user().all();
        read_apart(context, read, |sender| {
            Some(Entry {
                id: sender.address.to_string(),
                title: sender.address.to_string(),
                subtitle: words::sender_line(&sender),
                icon: None,
            })
        })
    }

    fn forget(&self, context: &Rc<Context>, ids: Vec<String>) -> LocalBoxFuture<'static, Undo> {
        let forget = move || {
            let known = KnownFile::of_user();
            let addresses = ids.iter().filter_map(|id| id.parse::<IpAddr>().ok());
            addresses
                .filter_map(|address| known.forget(address))
                .collect()
        };
        forget_apart(context, forget, |sender| {
            KnownFile::of_user().restore(&sender);
        })
    }
}
