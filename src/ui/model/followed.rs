// SPDX-License-Identifier: GPL-3.0-or-later
//! `Followed`: the item that a widget shows, for as long as the widget lives.

use std::cell::RefCell;

use gtk4::glib;
use gtk4::prelude::*;

use super::CastItem;

/// Listens to one [`CastItem`], and stops when it is dropped or another one is followed.
#[derive(Debug, Default)]
pub struct Followed(RefCell<Option<(CastItem, glib::SignalHandlerId)>>);

impl Followed {
    /// Calls `changed` each time `item` changes.
    pub fn follow(&self, item: &CastItem, changed: impl Fn(&CastItem) + 'static) {
        let handler = item.connect_changed(changed);
        let before = self.0.replace(Some((item.clone(), handler)));
        disconnect(before);
    }

    /// The item.
    pub fn item(&self) -> Option<CastItem> {
        self.0.borrow().as_ref().map(|(item, _)| item.clone())
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        disconnect(self.0.take());
    }
}

fn disconnect(followed: Option<(CastItem, glib::SignalHandlerId)>) {
    if let Some((item, handler)) = followed {
        item.disconnect(handler);
    }
}
