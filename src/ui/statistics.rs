// SPDX-License-Identifier: GPL-3.0-or-later
//! `StatisticsPanel`: the last minute of a cast in graphs, where its delay goes, what it is made of, and what all that
//! means. Input: the item's [`History`](crate::engine::History) and health; output: text to copy, a file.
//!
//! Costs nothing while it cannot be seen: it looks at the history when it is shown, and then follows it.

mod delay_bar;
mod delay_card;
mod graph_card;
mod layout;
mod legend;
mod share;

use std::sync::Arc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use self::graph_card::GraphCard;
pub use self::layout::CastLayout;
use super::graph::Point;
use super::model::CastItem;
use crate::engine::{CastStatus, Delays, Figure, Sample};
use crate::ui::cast_page::health::look_of;
use crate::words;
use crate::words::statistics::{Fact, facts};

glib::wrapper! {
    /// The panel, with a header bar of its own.
    pub struct StatisticsPanel(ObjectSubclass<imp::StatisticsPanel>)
        @extends adw::Bin, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl StatisticsPanel {
    /// Shows the numbers of `item` from now on, whenever it can be seen.
    pub fn follow(&self, item: &CastItem) {
        self.imp().item.replace(Some(item.clone()));
        self.add_actions();
        if self.is_mapped() {
            self.start();
        }
    }

    /// Calls `close` when somebody wants the panel to go away.
    pub fn connect_close(&self, close: impl Fn() + 'static) {
        let keys = gtk::ShortcutController::new();
        let action = gtk::CallbackAction::new(move |_, _| {
            close();
            glib::Propagation::Stop
        });
        let escape = gtk::ShortcutTrigger::parse_string("Escape");
        keys.add_shortcut(gtk::Shortcut::new(escape, Some(action)));
        self.add_controller(keys);
    }

    /// One graph beside the other, or below it.
    pub fn set_narrow(&self, narrow: bool) {
        let panel = self.imp();
        panel
            .graphs
            .set_max_children_per_line(if narrow { 1 } else { 2 });
        panel
            .graphs
            .set_min_children_per_line(if narrow { 1 } else { 2 });
        for card in panel.cards.borrow().iter() {
            card.set_narrow(narrow);
        }
    }

    fn status(&self) -> Option<CastStatus> {
        self.imp().item.borrow().as_ref()?.status()
    }

    fn add_graphs(&self) {
        let panel = self.imp();
        for figure in Figure::ALL {
            let card = GraphCard::new(figure);
            panel.graphs.append(&card);
            if let Some(child) = card.parent() {
                // The graph takes the keys.
                child.set_focusable(false);
            }
            panel.cards.borrow_mut().push(card);
        }
    }

    /// Shows the last minute, and what follows until the panel cannot be seen any more.
    fn start(&self) {
        let Some(status) = self.status() else {
            return;
        };
        for card in self.imp().cards.borrow().iter() {
            card.clear();
        }
        let samples = status.history.samples();
        for (place, sample) in samples.iter().enumerate() {
            let before = place.checked_sub(1).and_then(|place| samples.get(place));
            self.push(before, sample);
        }
        self.show_words(&status, &samples);
        let mut changes = status.history.changes();
        changes.mark_unchanged();
        let panel = self.downgrade();
        let following = glib::spawn_future_local(async move {
            while changes.changed().await.is_ok() {
                let Some(panel) = panel.upgrade() else {
                    return;
                };
                panel.on_sample();
            }
        });
        self.imp().stop();
        self.imp().following.replace(Some(following));
    }

    fn on_sample(&self) {
        let window = self.root().and_downcast::<gtk::Window>();
        let Some(status) = self.status() else {
            return;
        };
        let samples = status.history.samples();
        let mut newest = samples.iter().rev();
        if let Some(sample) = newest.next() {
            self.push(newest.next(), sample);
        }
        if !window.is_some_and(|window| window.is_suspended()) {
            self.show_words(&status, &samples);
        }
    }

    fn push(&self, before: Option<&Arc<Sample>>, sample: &Arc<Sample>) {
        let before = before.map(|before| &before.stats);
        for card in self.imp().cards.borrow().iter() {
            if let Some(figure) = card.figure() {
                let values = figure.values(before, &sample.stats);
                let at = sample.at;
                card.push(Point { at, values });
            }
        }
    }

    fn show_words(&self, status: &CastStatus, samples: &[Arc<Sample>]) {
        let panel = self.imp();
        for card in panel.cards.borrow().iter() {
            card.update();
        }
        let delays = Delays::newest(samples.iter().map(AsRef::as_ref));
        panel.delay.set_visible(delays.is_some());
        if let Some(delays) = delays {
            panel.delay.show(&delays);
        }
        if let Some(sample) = samples.last() {
            self.show_facts(&facts(&sample.stats));
        }
        let health = *status.health.borrow();
        panel.health.set_visible(health.is_some());
        if let Some(health) = health {
            let (icon, class) = look_of(health.tone());
            panel.health_icon.set_icon_name(Some(icon));
            let classes: Vec<&str> = class.into_iter().collect();
            panel.health_icon.set_css_classes(&classes);
            let words = words::health_in_full(&health, status.kind);
            panel.health.set_title(&words.verdict);
            panel.health.set_subtitle(&words.consequence);
        }
    }

    /// Rows are made anew only when there are other facts.
    fn show_facts(&self, facts: &[Fact]) {
        let panel = self.imp();
        let names = |(name, _): &(String, gtk::Label)| name.clone();
        let shown: Vec<String> = panel.facts.borrow().iter().map(names).collect();
        if !shown.iter().eq(facts.iter().map(|fact| &fact.name)) {
            panel.list.remove_all();
            let rows = facts.iter().map(|fact| {
                let (row, label) = fact_row(&fact.name);
                panel.list.append(&row);
                (fact.name.clone(), label)
            });
            panel.facts.replace(rows.collect());
        }
        for ((_, label), fact) in panel.facts.borrow().iter().zip(facts) {
            label.set_label(&fact.value);
        }
    }
}

fn fact_row(name: &str) -> (adw::ActionRow, gtk::Label) {
    let label = gtk::Label::builder()
        .css_classes(["dim-label", "numeric"])
        .wrap(true)
        .wrap_mode(gtk4::pango::WrapMode::WordChar)
        .natural_wrap_mode(gtk::NaturalWrapMode::None)
        .xalign(1.0)
        .justify(gtk::Justification::Right)
        .margin_top(6)
        .margin_bottom(6)
        .build();
    let row = adw::ActionRow::builder()
        .title(name)
        .use_markup(false)
        .build();
    row.add_suffix(&label);
    (row, label)
}

mod imp {
    use std::cell::RefCell;

    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use gtk4::prelude::*;
    use libadwaita as adw;

    use super::delay_card::DelayCard;
    use super::graph_card::GraphCard;
    use crate::ui::model::CastItem;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "statistics.ui")]
    pub struct StatisticsPanel {
        #[template_child]
        pub(super) toasts: TemplateChild<adw::ToastOverlay>,
        #[template_child]
        pub(super) health: TemplateChild<adw::ActionRow>,
        #[template_child]
        pub(super) health_icon: TemplateChild<gtk::Image>,
        #[template_child]
        pub(super) graphs: TemplateChild<gtk::FlowBox>,
        #[template_child]
        pub(super) delay: TemplateChild<DelayCard>,
        #[template_child]
        pub(super) list: TemplateChild<gtk::ListBox>,
        pub(super) item: RefCell<Option<CastItem>>,
        pub(super) cards: RefCell<Vec<GraphCard>>,
        /// Names of the facts in the list, with the labels of their values.
        pub(super) facts: RefCell<Vec<(String, gtk::Label)>>,
        pub(super) following: RefCell<Option<glib::JoinHandle<()>>>,
    }

    impl StatisticsPanel {
        pub(super) fn stop(&self) {
            if let Some(following) = self.following.take() {
                following.abort();
            }
        }
    }

    #[glib::object_subclass]
    impl ObjectSubclass for StatisticsPanel {
        const NAME: &'static str = "TelecastStatisticsPanel";
        type Type = super::StatisticsPanel;
        type ParentType = adw::Bin;

        fn class_init(class: &mut Self::Class) {
            DelayCard::ensure_type();
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for StatisticsPanel {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().add_graphs();
        }

        fn dispose(&self) {
            self.stop();
        }
    }

    impl WidgetImpl for StatisticsPanel {
        fn map(&self) {
            self.parent_map();
            self.obj().start();
        }

        fn unmap(&self) {
            self.stop();
            self.parent_unmap();
        }
    }

    impl BinImpl for StatisticsPanel {}
}
