// SPDX-License-Identifier: GPL-3.0-or-later
//! `DeviceDetails`: all that is known of a device, as it was when the dialog was opened. Input: [`ListedDevice`]; output:
//! text for the clipboard.

use std::time::SystemTime;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use super::row_texts;
use crate::engine::{ListedDevice, Remembered};
use crate::words;

glib::wrapper! {
    /// The details of a device.
    pub struct DeviceDetails(ObjectSubclass<imp::DeviceDetails>)
        @extends adw::Dialog, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::ShortcutManager;
}

impl DeviceDetails {
    /// A dialog that tells what is known of `device`, and what it has proved.
    pub fn new(device: &ListedDevice, proved: Option<&Remembered>) -> DeviceDetails {
        let dialog: DeviceDetails = glib::Object::new();
        let mut facts = words::device_facts(device, SystemTime::now());
        facts.extend(proved.map(words::trust_facts).unwrap_or_default());
        for (title, value) in &facts {
            let row = adw::ActionRow::builder()
                .title(title)
                .subtitle(value)
                .use_markup(false)
                .subtitle_selectable(true)
                .css_classes(["property"])
                .build();
            row_texts::follow(&row);
            dialog.imp().rows.append(&row);
        }
        let lines: Vec<String> = facts
            .iter()
            .map(|(title, value)| words::fact_line(title, value))
            .collect();
        let text = lines.join("\n");
        dialog.imp().copy.connect_clicked(glib::clone!(
            #[weak]
            dialog,
            move |_| {
                dialog.clipboard().set_text(&text);
                dialog
                    .imp()
                    .toasts
                    .add_toast(adw::Toast::new(&words::copied()));
            }
        ));
        dialog
    }
}

mod imp {
    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "device_details.ui")]
    pub struct DeviceDetails {
        #[template_child]
        pub(super) toasts: TemplateChild<adw::ToastOverlay>,
        #[template_child]
        pub(super) copy: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) rows: TemplateChild<gtk::ListBox>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for DeviceDetails {
        const NAME: &'static str = "TelecastDeviceDetails";
        type Type = super::DeviceDetails;
        type ParentType = adw::Dialog;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for DeviceDetails {}
    impl WidgetImpl for DeviceDetails {}
    impl AdwDialogImpl for DeviceDetails {}
}
