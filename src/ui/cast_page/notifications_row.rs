// SPDX-License-Identifier: GPL-3.0-or-later
//! `NotificationsRow`: whether notifications are kept off the TV. Input: the desktop's [`Banners`]; output: the same.

use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use crate::engine::{Banners, CastStatus, SourceKind};
use crate::ui::context::Context;

glib::wrapper! {
    /// A switch that is there where notifications would be seen on the TV and can be silenced.
    pub struct NotificationsRow(ObjectSubclass<imp::NotificationsRow>)
        @extends adw::ActionRow, adw::PreferencesRow, gtk::ListBoxRow, gtk::Widget,
        @implements gtk::Accessible, gtk::Actionable, gtk::Buildable, gtk::ConstraintTarget;
}

impl NotificationsRow {
    /// Silences the desktop as the person wants.
    pub fn steer(&self, context: &Rc<Context>) {
        let Some(banners) = context.banners() else {
            return;
        };
        self.imp().banners.replace(Some(banners.clone()));
        self.follow();
        banners.connect_changed(glib::clone!(
            #[weak(rename_to = row)]
            self,
            move |_| row.follow()
        ));
        let banners = banners.clone();
        self.imp().silent.connect_active_notify(move |silent| {
            if silent.is_active() {
                banners.silence();
            } else if banners.are_silenced() {
                banners.restore();
            }
        });
    }

    /// A window is cast without what lies above it; a screen with everything. Whoever sees none anyway needs no switch.
    pub fn show(&self, status: &CastStatus) {
        let everything = matches!(status.source, SourceKind::Screen);
        let banners = self.imp().banners.borrow();
        let useful = |banners: &Banners| banners.are_shown() || banners.are_silenced();
        let useful = banners.as_ref().is_some_and(useful);
        self.set_visible(status.has_picture && everything && useful);
    }

    fn follow(&self) {
        let silenced = self
            .imp()
            .banners
            .borrow()
            .as_ref()
            .map(Banners::are_silenced);
        let silent = &self.imp().silent;
        if let Some(silenced) = silenced.filter(|silenced| *silenced != silent.is_active()) {
            silent.set_active(silenced);
        }
    }
}

mod imp {
    use std::cell::RefCell;

    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    use crate::engine::Banners;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "notifications_row.ui")]
    pub struct NotificationsRow {
        #[template_child]
        pub(super) silent: TemplateChild<gtk::Switch>,
        pub(super) banners: RefCell<Option<Banners>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for NotificationsRow {
        const NAME: &'static str = "TelecastNotificationsRow";
        type Type = super::NotificationsRow;
        type ParentType = adw::ActionRow;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for NotificationsRow {}
    impl WidgetImpl for NotificationsRow {}
    impl ListBoxRowImpl for NotificationsRow {}
    impl PreferencesRowImpl for NotificationsRow {}
    impl ActionRowImpl for NotificationsRow {}
}
