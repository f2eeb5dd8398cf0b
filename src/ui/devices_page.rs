// SPDX-License-Identifier: GPL-3.0-or-later
//! `DevicesPage`: what is cast, and the devices it can be cast to. Input: the list of devices; output: the device that was
//! chosen.

use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use super::context::Context;
use super::device_row::DeviceRow;
use super::model::DeviceItem;

glib::wrapper! {
    /// The first page.
    pub struct DevicesPage(ObjectSubclass<imp::DevicesPage>)
        @extends adw::NavigationPage, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl DevicesPage {
    /// A page that shows the devices of `context`.
    pub fn new(context: &Rc<Context>) -> DevicesPage {
        let page: DevicesPage = glib::Object::new();
        let store = context.settings().store();
        store
            .bind("source", &*page.imp().sources, "active-name")
            .build();
        let devices = &page.imp().devices;
        devices.bind_model(Some(context.devices().model()), |object| {
            match object.downcast_ref::<DeviceItem>() {
                Some(item) => DeviceRow::new(item).upcast(),
                None => adw::ActionRow::new().upcast(),
            }
        });
        page
    }

    /// Calls `chosen` when a device is to be cast to.
    pub fn connect_chosen(&self, chosen: impl Fn(&DeviceItem) + 'static) {
        self.imp().devices.connect_row_activated(move |_, row| {
            if let Some(item) = row.downcast_ref().and_then(DeviceRow::item) {
                chosen(&item);
            }
        });
    }
}

mod imp {
    use adw::prelude::*;
    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    use super::super::main_menu::MainMenu;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "devices_page.ui")]
    pub struct DevicesPage {
        #[template_child]
        pub(super) sources: TemplateChild<adw::ToggleGroup>,
        #[template_child]
        pub(super) devices: TemplateChild<gtk::ListBox>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for DevicesPage {
        const NAME: &'static str = "TelecastDevicesPage";
        type Type = super::DevicesPage;
        type ParentType = adw::NavigationPage;

        fn class_init(class: &mut Self::Class) {
            MainMenu::ensure_type();
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for DevicesPage {}
    impl WidgetImpl for DevicesPage {}
    impl NavigationPageImpl for DevicesPage {}
}
