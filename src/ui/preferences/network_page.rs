// SPDX-License-Identifier: GPL-3.0-or-later
//! `NetworkPage`: the preferences about connections, and what is remembered of devices and consent. Input: the settings and
//! what is remembered; output: changes in both.

use std::rc::Rc;

use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use super::interface_row;
use super::memories::{Permissions, RememberedDevices};
use crate::ui::context::Context;
use crate::ui::row_texts;

glib::wrapper! {
    /// The page.
    pub struct NetworkPage(ObjectSubclass<imp::NetworkPage>)
        @extends adw::PreferencesPage, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl NetworkPage {
    /// A page that shows and changes the settings, and what can be forgotten.
    pub fn new(context: &Rc<Context>) -> NetworkPage {
        let page: NetworkPage = glib::Object::new();
        let rows = page.imp();
        rows.ports.bind(context.settings().store());
        interface_row::bind(&rows.interface, context);
        rows.devices.fill(context, RememberedDevices);
        rows.devices.forget_all_by(&rows.forget_all);
        rows.permits.fill(context, Permissions);
        row_texts::follow_all(&page);
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
    use crate::ui::preferences::ports_row::PortsRow;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "network_page.ui")]
    pub struct NetworkPage {
        #[template_child]
        pub(super) interface: TemplateChild<adw::ComboRow>,
        #[template_child]
        pub(super) ports: TemplateChild<PortsRow>,
        #[template_child]
        pub(super) devices: TemplateChild<ForgetGroup>,
        #[template_child]
        pub(super) forget_all: TemplateChild<adw::ButtonRow>,
        #[template_child]
        pub(super) permits: TemplateChild<ForgetGroup>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for NetworkPage {
        const NAME: &'static str = "TelecastNetworkPreferences";
        type Type = super::NetworkPage;
        type ParentType = adw::PreferencesPage;

        fn class_init(class: &mut Self::Class) {
            PortsRow::ensure_type();
            ForgetGroup::ensure_type();
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for NetworkPage {}
    impl WidgetImpl for NetworkPage {}
    impl PreferencesPageImpl for NetworkPage {}
}
