// SPDX-License-Identifier: GPL-3.0-or-later
//! `CastList`: the casts as a list model. Input: the engine's list; output: a [`gio::ListStore`] of [`CastItem`].

use std::sync::Arc;

use gtk4::prelude::*;
use gtk4::{gio, glib};
use tokio::sync::watch;

use super::CastItem;
use super::follow::follow;
use crate::engine::CastStatus;

/// The casts, oldest first; those that ended by themselves until somebody has seen that.
#[derive(Debug, Clone)]
pub struct CastList(gio::ListStore);

impl Default for CastList {
    fn default() -> Self {
        CastList(gio::ListStore::new::<CastItem>())
    }
}

impl CastList {
    /// The model for widgets.
    pub fn model(&self) -> &gio::ListStore {
        &self.0
    }

    /// The cast to the device with this id.
    pub fn item(&self, device: &str) -> Option<CastItem> {
        self.items().into_iter().find(|item| item.is_to(device))
    }

    /// All casts.
    pub fn items(&self) -> Vec<CastItem> {
        self.0.iter::<CastItem>().flatten().collect()
    }

    /// Shows `casts` from now on.
    pub(in super::super) fn follow(&self, casts: watch::Receiver<Arc<[CastStatus]>>) {
        let list = self.clone();
        follow(casts, move |casts| {
            list.update(&casts);
            glib::ControlFlow::Continue
        });
    }

    fn update(&self, casts: &[CastStatus]) {
        self.0.retain(|object| {
            object
                .downcast_ref::<CastItem>()
                .is_some_and(|item| casts.iter().any(|cast| item.is_to(&cast.device)))
        });
        for cast in casts {
            match self.item(&cast.device) {
                Some(item) => item.update(cast.clone()),
                None => self.0.append(&CastItem::new(cast.clone())),
            }
        }
    }
}
