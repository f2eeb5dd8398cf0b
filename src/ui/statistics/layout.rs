// SPDX-License-Identifier: GPL-3.0-or-later
//! `CastLayout`: the page of a cast and its statistics, side by side or one above the other. Input: the page's content and
//! the item; output: the action that shows and hides the statistics.

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::{gio, glib};
use libadwaita as adw;

use super::StatisticsPanel;
use crate::ui::model::CastItem;

glib::wrapper! {
    /// The page's content with its statistics.
    pub struct CastLayout(ObjectSubclass<imp::CastLayout>)
        @extends adw::Bin, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl CastLayout {
    /// A layout for `content`, with the statistics of `item` hidden.
    pub fn new(content: &impl IsA<gtk::Widget>, item: &CastItem) -> CastLayout {
        let layout: CastLayout = glib::Object::new();
        let parts = layout.imp();
        parts.content.set_child(Some(content));
        parts.panel.follow(item);
        parts.layouts.connect_layout_name_notify(glib::clone!(
            #[weak]
            layout,
            move |_| layout.follow_width()
        ));
        parts.panel.connect_close(glib::clone!(
            #[weak]
            layout,
            move || layout.set_show_statistics(false)
        ));
        layout.follow_width();
        layout
    }

    /// `statistics`, on when they are shown.
    pub fn action(&self) -> gio::PropertyAction {
        gio::PropertyAction::new("statistics", self, "show-statistics")
    }

    fn follow_width(&self) {
        let parts = self.imp();
        let name = parts.layouts.layout_name();
        let is_narrow = name.is_some_and(|name| name == "narrow");
        parts.panel.set_narrow(is_narrow);
    }
}

mod imp {
    use std::cell::Cell;

    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use gtk4::prelude::*;
    use libadwaita as adw;

    use super::StatisticsPanel;

    #[derive(Debug, Default, gtk::CompositeTemplate, glib::Properties)]
    #[properties(wrapper_type = super::CastLayout)]
    #[template(file = "layout.ui")]
    pub struct CastLayout {
        #[template_child]
        pub(super) layouts: TemplateChild<adw::MultiLayoutView>,
        #[template_child]
        pub(super) content: TemplateChild<adw::Bin>,
        #[template_child]
        pub(super) panel: TemplateChild<StatisticsPanel>,
        /// Whether the statistics are shown.
        #[property(get, set)]
        show_statistics: Cell<bool>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for CastLayout {
        const NAME: &'static str = "TelecastCastLayout";
        type Type = super::CastLayout;
        type ParentType = adw::Bin;

        fn class_init(class: &mut Self::Class) {
            StatisticsPanel::ensure_type();
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    #[glib::derived_properties]
    impl ObjectImpl for CastLayout {}
    impl WidgetImpl for CastLayout {}
    impl BinImpl for CastLayout {}
}
