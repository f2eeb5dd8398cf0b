// SPDX-License-Identifier: GPL-3.0-or-later
//! `DelayCard`: where the time from capture to display goes, as a bar whose whole width is the target delay. Input:
//! [`Delays`].

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use super::legend;
use crate::engine::Delays;
use crate::ui::graph::Mark;
use crate::words::statistics as words;

glib::wrapper! {
    /// The delay in a card.
    pub struct DelayCard(ObjectSubclass<imp::DelayCard>)
        @extends gtk::Box, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Orientable;
}

impl DelayCard {
    /// Shows where the time goes.
    pub fn show(&self, delays: &Delays) {
        let card = self.imp();
        let (used, target) = words::delay_headline(delays);
        card.value.set_label(&used);
        card.target.set_label(&target);
        for label in [&card.value, &card.target] {
            if delays.is_exceeded() {
                label.add_css_class("warning");
            } else {
                label.remove_css_class("warning");
            }
        }
        card.bar.show(delays);
        let values = [
            delays.capture,
            delays.encode,
            delays.pacing,
            delays.network,
            delays.margin(),
        ];
        let entries = card.entries.borrow();
        for (stage, (value, (entry, label))) in values.iter().zip(entries.iter()).enumerate() {
            label.set_label(&words::milliseconds(*value));
            let is_margin = stage + 1 == values.len();
            entry.set_visible(!is_margin || !delays.is_exceeded());
        }
        let sentence = words::delay_sentence(delays);
        card.bar
            .update_property(&[gtk::accessible::Property::Label(&sentence)]);
    }

    fn add_legend(&self) {
        let card = self.imp();
        for (stage, name) in words::stages().into_iter().enumerate() {
            let (line, label) = legend::entry(Mark::Stage(stage));
            label.set_label(&name);
            let value = gtk::Label::builder()
                .css_classes(["caption-heading", "numeric"])
                .xalign(0.0)
                .margin_start(18)
                .build();
            let entry = gtk::Box::new(gtk::Orientation::Vertical, 3);
            entry.append(&line);
            entry.append(&value);
            card.legend.append(&entry);
            card.entries.borrow_mut().push((entry, value));
        }
    }
}

mod imp {
    use std::cell::RefCell;

    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use gtk4::prelude::*;
    use libadwaita as adw;

    use super::super::delay_bar::DelayBar;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "delay_card.ui")]
    pub struct DelayCard {
        #[template_child]
        pub(super) value: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) target: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) bar: TemplateChild<DelayBar>,
        #[template_child]
        pub(super) legend: TemplateChild<adw::WrapBox>,
        /// Each part with the label of its value.
        pub(super) entries: RefCell<Vec<(gtk::Box, gtk::Label)>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for DelayCard {
        const NAME: &'static str = "TelecastDelayCard";
        type Type = super::DelayCard;
        type ParentType = gtk::Box;

        fn class_init(class: &mut Self::Class) {
            DelayBar::ensure_type();
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for DelayCard {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().add_legend();
        }
    }

    impl WidgetImpl for DelayCard {}
    impl BoxImpl for DelayCard {}
}
