// SPDX-License-Identifier: GPL-3.0-or-later
//! `GraphCard`: a graph with its heading, its newest value and its legend. Input: a [`Figure`] and its values, once a
//! second; shows those of the moment that somebody points at, too.

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use super::legend;
use crate::engine::Figure;
use crate::ui::graph::{Mark, Point};
use crate::words::statistics as words;

/// Heights of a graph in a wide and in a narrow panel, in pixels: the plot, and half a line of text at both ends.
const PLOT: (i32, i32) = (64 + 14, 40 + 14);

glib::wrapper! {
    /// A graph in a card.
    pub struct GraphCard(ObjectSubclass<imp::GraphCard>)
        @extends gtk::Box, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Orientable;
}

/// The tops that a scale may have.
fn steps(figure: Figure) -> &'static [f64] {
    match figure {
        Figure::Bitrate => &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0],
        Figure::NetworkDelay => &[8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 4096.0],
        Figure::LostPackets => &[3.0, 6.0, 12.0, 24.0, 50.0, 100.0],
        Figure::FrameRate => &[30.0, 60.0, 120.0, 240.0],
    }
}

impl GraphCard {
    /// A card without values.
    pub fn new(figure: Figure) -> GraphCard {
        let card: GraphCard = glib::Object::new();
        let parts = card.imp();
        parts.figure.set(Some(figure));
        parts.title.set_label(&words::figure(figure));
        parts.unit.set_label(&words::unit(figure));
        parts.graph.set_steps(steps(figure));
        let names = words::lines(figure);
        let order = match figure {
            Figure::FrameRate => [0, 1, 2],
            _ => [0, 2, 1],
        };
        for line in order {
            if names.get(line).is_none_or(String::is_empty) {
                continue;
            }
            let (entry, label) = legend::entry(Mark::Line(line));
            parts.legend.append(&entry);
            parts.entries.borrow_mut().push((line, label));
        }
        card.set_narrow(false);
        parts.graph.connect_reading(glib::clone!(
            #[weak]
            card,
            move |_, by_key| card.show_reading(by_key)
        ));
        card
    }

    /// Leaves more or less room for the plot.
    pub fn set_narrow(&self, narrow: bool) {
        let height = if narrow { PLOT.1 } else { PLOT.0 };
        self.imp().graph.set_plot_height(height);
    }

    /// Forgets what was shown.
    pub fn clear(&self) {
        self.imp().graph.clear();
    }

    /// Takes the values of a moment. [`GraphCard::update`] shows them in words.
    pub fn push(&self, point: Point) {
        self.imp().graph.push(point);
    }

    /// Shows the newest values in words, or those that are being read.
    pub fn update(&self) {
        self.show_reading(false);
    }

    /// What it shows.
    pub fn figure(&self) -> Option<Figure> {
        self.imp().figure.get()
    }

    fn show_reading(&self, by_key: bool) {
        let parts = self.imp();
        let Some((figure, (point, age))) = parts.figure.get().zip(parts.graph.reading()) else {
            return;
        };
        let number = |line: usize| words::number(figure, point.values.get(line).copied().flatten());
        parts.value.set_label(&number(0));
        parts.ago.set_visible(age.as_secs() > 0);
        parts.ago.set_label(&words::ago(age));
        let names = words::lines(figure);
        for (line, label) in parts.entries.borrow().iter() {
            let name = names.get(*line).map_or("", String::as_str);
            let value = number(*line);
            let value = (*line > 0).then_some(value.as_str());
            label.set_label(&words::legend(name, value));
        }
        let sentence = words::sentence(figure, point.values);
        let sentence = words::sentence_ago(age, &sentence);
        parts
            .graph
            .update_property(&[gtk::accessible::Property::Label(&sentence)]);
        if by_key {
            parts
                .graph
                .announce(&sentence, gtk::AccessibleAnnouncementPriority::Medium);
        }
    }
}

mod imp {
    use std::cell::{Cell, RefCell};

    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use gtk4::prelude::*;
    use libadwaita as adw;

    use crate::engine::Figure;
    use crate::ui::graph::Graph;

    #[derive(Default, gtk::CompositeTemplate)]
    #[template(file = "graph_card.ui")]
    pub struct GraphCard {
        #[template_child]
        pub(super) title: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) ago: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) value: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) unit: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) graph: TemplateChild<Graph>,
        #[template_child]
        pub(super) legend: TemplateChild<adw::WrapBox>,
        pub(super) figure: Cell<Option<Figure>>,
        /// Lines with the labels of their entries.
        pub(super) entries: RefCell<Vec<(usize, gtk::Label)>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for GraphCard {
        const NAME: &'static str = "TelecastGraphCard";
        type Type = super::GraphCard;
        type ParentType = gtk::Box;

        fn class_init(class: &mut Self::Class) {
            Graph::ensure_type();
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for GraphCard {}
    impl WidgetImpl for GraphCard {}
    impl BoxImpl for GraphCard {}
}
