// SPDX-License-Identifier: GPL-3.0-or-later
//! `QualityRow`: what the pictures may cost at most. Input: the cast's [`CastItem`]; output: commands to the engine, which
//! apply without reconnecting.

use std::rc::Rc;

use adw::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use crate::engine::{CastStatus, Quality};
use crate::ui::cast_actions;
use crate::ui::context::Context;
use crate::ui::model::CastItem;
use crate::words;

glib::wrapper! {
    /// A list of bounds to choose from.
    pub struct QualityRow(ObjectSubclass<imp::QualityRow>)
        @extends adw::ComboRow, adw::ActionRow, adw::PreferencesRow, gtk::ListBoxRow, gtk::Widget,
        @implements gtk::Accessible, gtk::Actionable, gtk::Buildable, gtk::ConstraintTarget;
}

impl QualityRow {
    /// Sends what the person chooses to the cast of `item`.
    pub fn steer(&self, context: &Rc<Context>, item: &CastItem) {
        let texts = Quality::ALL.map(words::quality);
        let texts = texts.each_ref().map(String::as_str);
        self.set_model(Some(&gtk::StringList::new(&texts)));
        let chosen = glib::clone!(
            #[strong]
            context,
            #[weak]
            item,
            move |row: &QualityRow| {
                let quality = Quality::ALL.get(row.selected() as usize).copied();
                let shown = item.status().map(|status| status.quality);
                if let Some(quality) = quality.filter(|quality| Some(*quality) != shown) {
                    cast_actions::command(&context, &item, |engine, id| {
                        engine.set_quality(id, quality)
                    });
                }
            }
        );
        self.connect_selected_notify(chosen);
    }

    /// Shows the bound in use.
    pub fn show(&self, status: &CastStatus) {
        self.set_visible(status.has_picture);
        let now = Quality::ALL
            .iter()
            .position(|quality| *quality == status.quality);
        if let Some(now) = now.and_then(|at| u32::try_from(at).ok()) {
            self.set_selected(now);
        }
        self.set_subtitle(&words::quality_effect(status.quality));
    }
}

mod imp {
    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "quality_row.ui")]
    pub struct QualityRow;

    #[glib::object_subclass]
    impl ObjectSubclass for QualityRow {
        const NAME: &'static str = "TelecastQualityRow";
        type Type = super::QualityRow;
        type ParentType = adw::ComboRow;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for QualityRow {}
    impl WidgetImpl for QualityRow {}
    impl ListBoxRowImpl for QualityRow {}
    impl PreferencesRowImpl for QualityRow {}
    impl ActionRowImpl for QualityRow {}
    impl ComboRowImpl for QualityRow {}
}
