// SPDX-License-Identifier: GPL-3.0-or-later
//! The devices that are listed although they are away, and the addresses that a person entered.

use std::rc::Rc;
use std::time::SystemTime;

use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, ready};

use super::{Entry, Memory, Undo, sorted};
use crate::engine::ListedDevice;
use crate::ui::context::Context;
use crate::ui::device_row::icon_of;
use crate::ui::model::DeviceItem;
use crate::words;

/// See above.
#[derive(Debug)]
pub struct RememberedDevices;

impl Memory for RememberedDevices {
    fn read(&self, context: &Rc<Context>) -> LocalBoxFuture<'static, Vec<Entry>> {
        let now = SystemTime::now();
        // The model follows the engine a moment later.
        let listed = context.engine().map(|engine| engine.listed());
        let listed = match listed {
            Some(listed) => listed.borrow().to_vec(),
            None => listed_before(context),
        };
        let remembered = listed
            .iter()
            .filter(|device| device.used.is_some() || device.may_be_forgotten());
        let entries = remembered.map(|device| Entry {
            id: device.id.clone(),
            title: device.name.clone(),
            subtitle: words::remembered_line(device, now),
            icon: Some(icon_of(device.kind)),
        });
        ready(sorted(entries.collect())).boxed_local()
    }

    fn forget(&self, context: &Rc<Context>, ids: Vec<String>) -> LocalBoxFuture<'static, Undo> {
        let engine = context.engine();
        async move {
            let mut forgotten = Vec::new();
            for id in ids {
                if let Some(engine) = &engine {
                    forgotten.extend(engine.forget(&id).await);
                }
            }
            let undo: Undo = Box::new(move || {
                async move {
                    for device in forgotten {
                        if let Some(engine) = &engine {
                            engine.restore(device).await;
                        }
                    }
                }
                .boxed_local()
            });
            undo
        }
        .boxed_local()
    }
}

/// What is shown before the engine runs.
fn listed_before(context: &Context) -> Vec<ListedDevice> {
    let items = context.devices().items();
    items.iter().filter_map(DeviceItem::listed).collect()
}
