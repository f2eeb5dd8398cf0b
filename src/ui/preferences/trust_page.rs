// SPDX-License-Identifier: GPL-3.0-or-later
//! `TrustPage`: the preferences about which devices are trusted, and which senders. Input: the settings and what is
//! remembered; output: changes in both.

use std::rc::Rc;

use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use super::memories::{KnownDevices, Senders, TrustedRoots};
use super::{add_root, choice_row};
use crate::engine::{TrustRule, setting};
use crate::ui::context::Context;
use crate::words;

glib::wrapper! {
    /// The page.
    pub struct TrustPage(ObjectSubclass<imp::TrustPage>)
        @extends adw::PreferencesPage, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl TrustPage {
    /// A page that shows and changes the rule, and what can be forgotten.
    pub fn new(context: &Rc<Context>) -> TrustPage {
        let page: TrustPage = glib::Object::new();
        let rows = page.imp();
        let store = context.settings().store();
        choice_row::bind::<TrustRule>(&rows.trust, store, setting::TRUST, words::trust_rule);
        rows.roots.fill(context, TrustedRoots);
        rows.known_devices.fill(context, KnownDevices);
        rows.senders.fill(context, Senders);
        add_root::bind(&rows.add_root, &rows.roots, context);
        page
    }
}

mod imp {
    use adw::prelude::*;
    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    use crate::ui::preferences::forget_group::ForgetGroup;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "trust_page.ui")]
    pub struct TrustPage {
        #[template_child]
        pub(super) trust: TemplateChild<adw::ComboRow>,
        #[template_child]
        pub(super) roots: TemplateChild<ForgetGroup>,
        #[template_child]
        pub(super) add_root: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) known_devices: TemplateChild<ForgetGroup>,
        #[template_child]
        pub(super) senders: TemplateChild<ForgetGroup>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for TrustPage {
        const NAME: &'static str = "TelecastTrustPreferences";
        type Type = super::TrustPage;
        type ParentType = adw::PreferencesPage;

        fn class_init(class: &mut Self::Class) {
            ForgetGroup::ensure_type();
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for TrustPage {}
    impl WidgetImpl for TrustPage {}
    impl PreferencesPageImpl for TrustPage {}
}
