// SPDX-License-Identifier: GPL-3.0-or-later
//! `SearchHelp`: what a person can check when no device is found. Input: [`Finding`]s; output: rows, and the way to add a
//! device by its address.

mod check_row;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use crate::engine::Finding;
use crate::words;
use check_row::CheckRow;

glib::wrapper! {
    /// Help for those who look for a device in vain.
    pub struct SearchHelp(ObjectSubclass<imp::SearchHelp>)
        @extends gtk::Box, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Orientable;
}

impl SearchHelp {
    /// Shows what was found out about the network; below a list, when there is one with devices that are away.
    pub fn show_findings(&self, findings: &[Finding], below_list: bool) {
        let imp = self.imp();
        imp.heading.set_visible(!below_list);
        let description = below_list.then(words::no_device_answers);
        imp.checks.set_description(description.as_deref());
        if *imp.findings.borrow() == findings {
            return;
        }
        imp.findings.replace(findings.to_vec());
        imp.rows.remove_all();
        for finding in findings {
            imp.rows.append(&CheckRow::new(finding));
        }
    }

    /// Whether it shows that the search goes on by a movement, too.
    pub fn set_spinning(&self, spinning: bool) {
        self.imp().spinner.set_visible(spinning);
    }

    /// Tells people who do not see it that it has appeared.
    pub fn announce_findings(&self) {
        let title = self.imp().title.text();
        self.announce(&title, gtk::AccessibleAnnouncementPriority::Medium);
    }

    /// Gives the keyboard to the button.
    pub fn focus_button(&self) {
        self.imp().add.grab_focus();
    }
}

mod imp {
    use std::cell::RefCell;

    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    use crate::engine::Finding;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "search_help.ui")]
    pub struct SearchHelp {
        #[template_child]
        pub(super) heading: TemplateChild<gtk::Box>,
        #[template_child]
        pub(super) title: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) checks: TemplateChild<adw::PreferencesGroup>,
        #[template_child]
        pub(super) rows: TemplateChild<gtk::ListBox>,
        #[template_child]
        pub(super) spinner: TemplateChild<adw::Spinner>,
        #[template_child]
        pub(super) add: TemplateChild<gtk::Button>,
        pub(super) findings: RefCell<Vec<Finding>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for SearchHelp {
        const NAME: &'static str = "TelecastSearchHelp";
        type Type = super::SearchHelp;
        type ParentType = gtk::Box;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for SearchHelp {}
    impl WidgetImpl for SearchHelp {}
    impl BoxImpl for SearchHelp {}
}
