// SPDX-License-Identifier: GPL-3.0-or-later
//! `Ticker`: work once a second while a widget can be seen; not at all while it is hidden or its window suspended. Input: a
//! widget and work; output: the work, done.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use gtk4 as gtk;
use gtk4::glib;
use gtk4::prelude::*;

/// Whole seconds: the system wakes up once for all that wait for them.
const PERIOD: Duration = Duration::from_secs(1);

/// Does its work while the widget that it was made for can be seen, and once when it comes to be seen.
#[derive(Debug)]
pub struct Ticker(#[expect(dead_code, reason = "held for its drop")] Rc<State>);

struct State {
    work: Box<dyn Fn()>,
    seen: Box<dyn Fn(bool)>,
    timer: RefCell<Option<glib::SourceId>>,
    /// Of the window in which the widget is.
    suspended: RefCell<Option<(gtk::Window, glib::SignalHandlerId)>>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}

impl Ticker {
    /// Does `work` while `widget` can be seen, and tells `seen` when that begins and ends.
    pub fn new(
        widget: &impl IsA<gtk::Widget>,
        work: impl Fn() + 'static,
        seen: impl Fn(bool) + 'static,
    ) -> Ticker {
        let state = Rc::new(State {
            work: Box::new(work),
            seen: Box::new(seen),
            timer: RefCell::default(),
            suspended: RefCell::default(),
        });
        let mapped = Rc::downgrade(&state);
        widget.connect_map(move |widget| {
            if let Some(state) = mapped.upgrade() {
                state.follow_window(widget);
            }
        });
        let unmapped = Rc::downgrade(&state);
        widget.connect_unmap(move |_| {
            if let Some(state) = unmapped.upgrade() {
                state.leave_window();
                state.stop();
            }
        });
        if widget.is_mapped() {
            state.follow_window(widget);
        }
        Ticker(state)
    }
}

impl State {
    fn follow_window(self: &Rc<Self>, widget: &impl IsA<gtk::Widget>) {
        self.leave_window();
        let Some(window) = widget.root().and_downcast::<gtk::Window>() else {
            return;
        };
        let state = Rc::downgrade(self);
        let handler = window.connect_suspended_notify(move |window| {
            if let Some(state) = state.upgrade() {
                state.run(!window.is_suspended());
            }
        });
        self.run(!window.is_suspended());
        self.suspended.replace(Some((window, handler)));
    }

    fn leave_window(&self) {
        if let Some((window, handler)) = self.suspended.take() {
            window.disconnect(handler);
        }
    }

    fn run(self: &Rc<Self>, visible: bool) {
        if !visible {
            return self.stop();
        }
        if self.timer.borrow().is_some() {
            return;
        }
        (self.seen)(true);
        (self.work)();
        let state = Rc::downgrade(self);
        let tick = move || match state.upgrade() {
            Some(state) => {
                (state.work)();
                glib::ControlFlow::Continue
            }
            None => glib::ControlFlow::Break,
        };
        self.timer
            .replace(Some(glib::timeout_add_local(PERIOD, tick)));
    }

    fn stop(&self) {
        if let Some(timer) = self.timer.take() {
            timer.remove();
            (self.seen)(false);
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.leave_window();
        self.stop();
    }
}
