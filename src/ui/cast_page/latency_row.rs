// SPDX-License-Identifier: GPL-3.0-or-later
//! `LatencyRow`: how long pictures may be on their way. Input: the cast's [`CastItem`]; output: commands to the engine, which
//! apply without reconnecting.

use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use crate::engine::{CastStatus, LatencyProfile};
use crate::ui::cast_actions;
use crate::ui::context::Context;
use crate::ui::model::CastItem;
use crate::words;

glib::wrapper! {
    /// Three profiles to choose from, and what the chosen one is good for.
    pub struct LatencyRow(ObjectSubclass<imp::LatencyRow>)
        @extends adw::PreferencesRow, gtk::ListBoxRow, gtk::Widget,
        @implements gtk::Accessible, gtk::Actionable, gtk::Buildable, gtk::ConstraintTarget;
}

impl LatencyRow {
    /// Sends what the person chooses to the cast of `item`.
    pub fn steer(&self, context: &Rc<Context>, item: &CastItem) {
        let chosen = glib::clone!(
            #[strong]
            context,
            #[weak]
            item,
            move |profiles: &adw::ToggleGroup| {
                let name = profiles.active_name();
                let mut all = LatencyProfile::ALL.into_iter();
                let profile = all.find(|profile| name.as_deref() == Some(profile.as_str()));
                let shown = item.status().and_then(|status| profile_of(&status));
                if let Some(profile) = profile.filter(|profile| Some(*profile) != shown) {
                    cast_actions::command(&context, &item, |engine, id| {
                        engine.set_latency(id, profile.target_delay(), profile.max_target_delay())
                    });
                }
            }
        );
        self.imp().profiles.connect_active_name_notify(chosen);
    }

    /// Shows the profile in use.
    pub fn show(&self, status: &CastStatus) {
        let row = self.imp();
        let profile = profile_of(status);
        row.profiles
            .set_active_name(profile.map(LatencyProfile::as_str));
        let effect = profile.map(words::latency_effect);
        row.effect.set_label(effect.as_deref().unwrap_or_default());
        row.effect.set_visible(effect.is_some());
    }

    /// Takes less room.
    pub fn set_narrow(&self, narrow: bool) {
        self.imp().profiles.set_homogeneous(!narrow);
    }
}

fn profile_of(status: &CastStatus) -> Option<LatencyProfile> {
    let mut all = LatencyProfile::ALL.into_iter();
    all.find(|profile| profile.target_delay() == status.target_delay)
}

mod imp {
    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "latency_row.ui")]
    pub struct LatencyRow {
        #[template_child]
        pub(super) effect: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) profiles: TemplateChild<adw::ToggleGroup>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for LatencyRow {
        const NAME: &'static str = "TelecastLatencyRow";
        type Type = super::LatencyRow;
        type ParentType = adw::PreferencesRow;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for LatencyRow {}
    impl WidgetImpl for LatencyRow {}
    impl ListBoxRowImpl for LatencyRow {}
    impl PreferencesRowImpl for LatencyRow {}
}
