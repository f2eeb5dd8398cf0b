// SPDX-License-Identifier: GPL-3.0-or-later
//! `Swatch`: the piece of a line, or the dot of a colour, that stands before a name in a legend. Says nothing to screen
//! readers: the name does.

use gtk4 as gtk;
use gtk4::glib;
use gtk4::subclass::prelude::*;

/// What a swatch stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mark {
    /// A line of a graph: measured, companion, reference.
    Line(usize),
    /// A part of the delay.
    Stage(usize),
    /// Nothing yet.
    #[default]
    None,
}

glib::wrapper! {
    /// A swatch.
    pub struct Swatch(ObjectSubclass<imp::Swatch>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl Swatch {
    /// A swatch for `mark`.
    pub fn new(mark: Mark) -> Swatch {
        let swatch: Swatch = glib::Object::new();
        swatch.imp().mark.set(mark);
        swatch
    }
}

mod imp {
    use std::cell::Cell;

    use gtk4 as gtk;
    use gtk4::prelude::*;
    use gtk4::subclass::prelude::*;
    use gtk4::{glib, graphene, gsk};
    use libadwaita as adw;

    use super::super::palette;
    use super::Mark;

    #[derive(Debug, Default)]
    pub struct Swatch {
        pub(super) mark: Cell<Mark>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Swatch {
        const NAME: &'static str = "TelecastSwatch";
        type Type = super::Swatch;
        type ParentType = gtk::Widget;

        fn class_init(class: &mut Self::Class) {
            class.set_accessible_role(gtk::AccessibleRole::Presentation);
        }
    }

    impl ObjectImpl for Swatch {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().set_valign(gtk::Align::Center);
        }
    }

    impl WidgetImpl for Swatch {
        fn measure(&self, orientation: gtk::Orientation, _: i32) -> (i32, i32, i32, i32) {
            let length = match (self.mark.get(), orientation) {
                (Mark::Line(_), gtk::Orientation::Horizontal) => 14,
                _ => 12,
            };
            (length, length, -1, -1)
        }

        fn snapshot(&self, snapshot: &gtk::Snapshot) {
            let widget = self.obj();
            let style = adw::StyleManager::default();
            let dark = style.is_dark();
            let foreground = widget.color();
            let (width, height) = (widget.width() as f32, widget.height() as f32);
            let bar = |y: f32, high: f32| graphene::Rect::new(0.0, y, width, high);
            match self.mark.get() {
                Mark::Line(0) => {
                    let colour = palette::measured(dark);
                    // As the line itself, which has no fill then.
                    if !style.is_high_contrast() {
                        snapshot.append_color(&colour.with_alpha(0.3), &bar(5.0, 5.0));
                    }
                    snapshot.append_color(&colour, &bar(3.0, 2.0));
                }
                Mark::Line(1) => snapshot.append_color(&palette::companion(dark), &bar(5.0, 2.0)),
                Mark::Line(_) => {
                    let colour = palette::reference(&foreground);
                    for x in [0.0, 5.5, 11.0] {
                        let dash = graphene::Rect::new(x, 5.0, 3.0, 2.0);
                        snapshot.append_color(&colour, &dash);
                    }
                }
                Mark::Stage(stage) => {
                    let colours = palette::stages(dark, &foreground);
                    let dot = gsk::PathBuilder::new();
                    let centre = graphene::Point::new(width / 2.0, height / 2.0);
                    dot.add_circle(&centre, width.min(height) / 2.0);
                    if let Some(colour) = colours.get(stage) {
                        snapshot.append_fill(&dot.to_path(), gsk::FillRule::Winding, colour);
                    }
                }
                Mark::None => {}
            }
        }
    }
}
