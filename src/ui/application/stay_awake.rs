// SPDX-License-Identifier: GPL-3.0-or-later
//! Keeps the computer awake while something is cast. Input: the list of casts and the setting; output: an inhibition of
//! the session, held no longer than needed.

use std::cell::Cell;
use std::rc::Rc;

use gtk4 as gtk;
use gtk4::glib;
use gtk4::prelude::*;

use super::Application;
use crate::engine::{SessionState, setting};
use crate::ui::context::Context;
use crate::ui::model::CastItem;
use crate::words;

impl Application {
    /// Follows the casts from now on.
    pub(super) fn stay_awake(&self, context: &Rc<Context>) {
        let held = Rc::new(Cell::new(None));
        let check = Rc::new(glib::clone!(
            #[weak(rename_to = app)]
            self,
            #[strong]
            context,
            move || app.hold_awake(&context, &held)
        ));
        let casts = context.casts().model();
        let changed = Rc::clone(&check);
        casts.connect_items_changed(move |casts, at, _, added| {
            for at in at..at + added {
                if let Some(item) = casts.item(at).and_downcast::<CastItem>() {
                    let changed = Rc::clone(&changed);
                    item.connect_changed(move |_| changed());
                }
            }
            changed();
        });
        let store = context.settings().store();
        store.connect_changed(Some(setting::STAY_AWAKE), move |_, _| check());
    }

    fn hold_awake(&self, context: &Context, held: &Cell<Option<u32>>) {
        let wanted = context.settings().stay_awake() && casting(context);
        match held.get() {
            None if wanted => {
                let what =
                    gtk::ApplicationInhibitFlags::IDLE | gtk::ApplicationInhibitFlags::SUSPEND;
                let window = self.active_window();
                let cookie = self.inhibit(window.as_ref(), what, Some(&words::casting_reason()));
                // 0 where the session does not take it.
                held.set(Some(cookie).filter(|cookie| *cookie != 0));
            }
            Some(cookie) if !wanted => {
                self.uninhibit(cookie);
                held.set(None);
            }
            _ => {}
        }
    }
}

/// Whether anything is on a TV now.
fn casting(context: &Context) -> bool {
    let items = context.casts().items();
    items.iter().filter_map(CastItem::status).any(|cast| {
        matches!(
            cast.state,
            SessionState::Streaming(_)
                | SessionState::Recovering(..)
                | SessionState::Reconnecting(_)
        )
    })
}
