// SPDX-License-Identifier: GPL-3.0-or-later
//! What the main loop says about itself when it is measured: when the first picture was painted, and the longest time that
//! anything but GTK's layout and painting kept it. Input: the window; output: lines of the log.
//!
//! Asked for with the log filter `telecast::ui::measure=debug`; costs nothing else. The benches read these lines.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use gtk4 as gtk;
use gtk4::glib;
use gtk4::prelude::*;

use crate::clock;

/// How often the loop is looked at. Every source that is ready runs between two looks, so what is found is at most too long.
const LOOK: Duration = Duration::from_millis(1);

/// Follows the main loop on which `window` lives, from its first picture on.
pub fn follow(window: &impl IsA<gtk::Widget>) {
    if tracing::enabled!(tracing::Level::DEBUG) {
        window.connect_realize(|window| {
            if let Some(frames) = window.frame_clock() {
                follow_frames(&frames);
            }
        });
    }
}

fn follow_frames(frames: &gtk::gdk::FrameClock) {
    let drawing = Rc::new(Drawing::default());
    let begin = Rc::clone(&drawing);
    // GTK's own handlers came first: when this runs, the callbacks of this picture are done and layout begins.
    frames.connect_update(move |_| begin.since.set(Some(clock::of_thread())));
    frames.connect_after_paint(move |_| {
        if let Some(since) = drawing.since.take() {
            drawing
                .spent
                .set(drawing.spent.get() + clock::of_thread().saturating_sub(since));
        }
        if !drawing.painted.replace(true) {
            tracing::debug!(at_ms = clock::monotonic().as_millis(), "first picture");
            look_at_blocks(&drawing);
        }
    });
}

/// The thread's time that went into layout and painting.
#[derive(Debug, Default)]
struct Drawing {
    since: Cell<Option<Duration>>,
    spent: Cell<Duration>,
    painted: Cell<bool>,
}

fn look_at_blocks(drawing: &Rc<Drawing>) {
    let drawing = Rc::clone(drawing);
    let (mut before, mut longest) = (clock::of_thread(), Duration::ZERO);
    glib::timeout_add_local_full(LOOK, glib::Priority::HIGH, move || {
        let now = clock::of_thread();
        let block = now
            .saturating_sub(before)
            .saturating_sub(drawing.spent.take());
        before = now;
        if block > longest {
            longest = block;
            tracing::debug!(ms = longest.as_secs_f64() * 1e3, "longest block");
        }
        glib::ControlFlow::Continue
    });
}
