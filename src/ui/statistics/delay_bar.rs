// SPDX-License-Identifier: GPL-3.0-or-later
//! `DelayBar`: the parts of the delay side by side. Input: [`Delays`]; draws, and decides nothing.

use gtk4 as gtk;
use gtk4::glib;
use gtk4::prelude::*;
use gtk4::subclass::prelude::*;

use crate::engine::Delays;

/// Between two parts, in pixels.
const GAP: f32 = 2.0;

/// The bar's height and the radius of its ends, in pixels.
const HEIGHT: i32 = 18;
const RADIUS: f32 = 9.0;

glib::wrapper! {
    /// The bar.
    pub struct DelayBar(ObjectSubclass<imp::DelayBar>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl DelayBar {
    /// Shows these from now on.
    pub fn show(&self, delays: &Delays) {
        if self.imp().delays.replace(*delays) != *delays {
            self.queue_draw();
        }
    }
}

/// Start and length of each part within `width`: the whole is the target, or the sum when that is larger.
fn spans(delays: &Delays, width: f32) -> [(f32, f32); 5] {
    let parts = [
        delays.capture,
        delays.encode,
        delays.pacing,
        delays.network,
        delays.margin(),
    ];
    let whole = parts.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let mut start = 0.0;
    parts.map(|part| {
        let length = width * (part / whole) as f32;
        let span = (start, (length - GAP).max(0.0));
        start += length;
        span
    })
}

mod imp {
    use std::cell::Cell;

    use gtk4 as gtk;
    use gtk4::prelude::*;
    use gtk4::subclass::prelude::*;
    use gtk4::{glib, graphene, gsk};
    use libadwaita as adw;

    use super::{GAP, HEIGHT, RADIUS, spans};
    use crate::engine::Delays;
    use crate::ui::graph::stages;

    #[derive(Debug, Default)]
    pub struct DelayBar {
        pub(super) delays: Cell<Delays>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for DelayBar {
        const NAME: &'static str = "TelecastDelayBar";
        type Type = super::DelayBar;
        type ParentType = gtk::Widget;

        fn class_init(class: &mut Self::Class) {
            class.set_css_name("graph");
            class.set_accessible_role(gtk::AccessibleRole::Img);
        }
    }

    impl ObjectImpl for DelayBar {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().set_focusable(true);
        }
    }

    impl WidgetImpl for DelayBar {
        fn measure(&self, orientation: gtk::Orientation, _: i32) -> (i32, i32, i32, i32) {
            let least = match orientation {
                gtk::Orientation::Vertical => HEIGHT,
                _ => 60,
            };
            (least, least, -1, -1)
        }

        fn snapshot(&self, snapshot: &gtk::Snapshot) {
            let bar = self.obj();
            let (width, height) = (bar.width() as f32, bar.height() as f32);
            let whole = graphene::Rect::new(0.0, 0.0, width, height);
            snapshot.push_rounded_clip(&gsk::RoundedRect::from_rect(whole, RADIUS));
            let dark = adw::StyleManager::default().is_dark();
            let colours = stages(dark, &bar.color());
            let rtl = bar.direction() == gtk::TextDirection::Rtl;
            let spans = spans(&self.delays.get(), width + GAP);
            for ((start, length), colour) in spans.into_iter().zip(colours) {
                let x = if rtl { width - start - length } else { start };
                let part = graphene::Rect::new(x, 0.0, length, height);
                snapshot.append_color(&colour, &part);
            }
            snapshot.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(target: f64) -> Delays {
        Delays {
            capture: 20.0,
            encode: 20.0,
            pacing: 40.0,
            network: 20.0,
            target,
        }
    }

    #[expect(clippy::float_cmp, reason = "whole numbers")]
    #[test]
    fn the_whole_width_is_the_target_and_without_margin_the_sum() {
        let lengths = |target| spans(&delays(target), 400.0).map(|(_, length)| length.round());
        assert_eq!(lengths(400.0), [18.0, 18.0, 38.0, 18.0, 298.0]);
        assert_eq!(lengths(50.0), [78.0, 78.0, 158.0, 78.0, 0.0]);
        assert!((spans(&delays(400.0), 400.0)[4].0 - 100.0).abs() < 0.1);
        let none = spans(&Delays::default(), 400.0);
        assert!(none.iter().all(|(start, length)| *start + *length < 0.1));
    }
}
