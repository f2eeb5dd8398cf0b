// SPDX-License-Identifier: GPL-3.0-or-later
//! `AddressDialog`: where the address of a device is typed, and judged while it is. Output: an address that is one.

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use crate::engine::check_host;
use crate::words;

glib::wrapper! {
    /// Asks for the address of a device.
    pub struct AddressDialog(ObjectSubclass<imp::AddressDialog>)
        @extends adw::AlertDialog, adw::Dialog, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::ShortcutManager;
}

impl AddressDialog {
    /// A dialog that calls `entered` with what was typed, once that is an address.
    pub fn new(entered: impl Fn(String) + 'static) -> AddressDialog {
        let dialog: AddressDialog = glib::Object::new();
        let address = &dialog.imp().address;
        address.connect_changed(glib::clone!(
            #[weak]
            dialog,
            move |_| dialog.judge()
        ));
        dialog.connect_response(Some("add"), move |dialog, _| {
            let text = dialog.imp().address.text();
            if check_host(&text).is_ok() {
                entered(text.into());
            }
        });
        dialog.judge();
        dialog
    }

    /// Says what is wrong with what is typed, and lets it be added when nothing is.
    fn judge(&self) {
        let imp = self.imp();
        let checked = check_host(&imp.address.text());
        self.set_response_enabled("add", checked.is_ok());
        let wrong = match checked {
            Ok(_) => None,
            Err(error) => words::host_error(error),
        };
        let invalid = if wrong.is_some() {
            gtk::AccessibleInvalidState::True
        } else {
            gtk::AccessibleInvalidState::False
        };
        imp.address
            .upcast_ref::<gtk::Widget>()
            .update_state(&[gtk::accessible::State::Invalid(invalid)]);
        // The line stays when there is nothing to say: the dialog must not grow and shrink under the typing.
        let remark = wrong.unwrap_or_else(words::host_hint);
        if imp.remark.text() == remark {
            return;
        }
        imp.remark.set_text(&remark);
        // Whoever cannot see the line hears it, when it changes and whenever the entry gets the keyboard.
        if let Some(text) = imp.address.delegate() {
            text.update_property(&[gtk::accessible::Property::Description(&remark)]);
        }
        if invalid == gtk::AccessibleInvalidState::True {
            self.announce(&remark, gtk::AccessibleAnnouncementPriority::Medium);
        }
    }
}

mod imp {
    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "address_dialog.ui")]
    pub struct AddressDialog {
        #[template_child]
        pub(super) address: TemplateChild<adw::EntryRow>,
        #[template_child]
        pub(super) remark: TemplateChild<gtk::Label>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for AddressDialog {
        const NAME: &'static str = "TelecastAddressDialog";
        type Type = super::AddressDialog;
        type ParentType = adw::AlertDialog;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for AddressDialog {}
    impl WidgetImpl for AddressDialog {}
    impl AdwDialogImpl for AddressDialog {}
    impl AdwAlertDialogImpl for AddressDialog {}
}
