// SPDX-License-Identifier: GPL-3.0-or-later
//! `CheckRow`: one thing to check. Input: a [`Finding`]; output: its command on the clipboard, or the desktop's settings.

use std::time::Duration;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::{gio, glib};
use libadwaita as adw;

use crate::engine::{Finding, Judgement};
use crate::words;

/// What opens the network panel of the desktop's settings.
const SETTINGS: &str = "gnome-control-center";
/// How long the button shows that the command was copied.
const COPIED: Duration = Duration::from_secs(2);

glib::wrapper! {
    /// A thing to check.
    pub struct CheckRow(ObjectSubclass<imp::CheckRow>)
        @extends adw::PreferencesRow, gtk::ListBoxRow, gtk::Widget,
        @implements gtk::Accessible, gtk::Actionable, gtk::Buildable, gtk::ConstraintTarget;
}

impl CheckRow {
    /// A row that says what was found.
    pub fn new(finding: &Finding) -> CheckRow {
        let row: CheckRow = glib::Object::new();
        let words = words::check(finding);
        let imp = row.imp();
        row.set_title(&words.title);
        row.update_property(&[
            gtk::accessible::Property::Label(&words.title),
            gtk::accessible::Property::Description(&words.text),
        ]);
        imp.title.set_text(&words.title);
        imp.text.set_text(&words.text);
        row.show_judgement(finding);
        imp.command.set_visible(words.command.is_some());
        imp.command_text
            .set_text(words.command.as_deref().unwrap_or_default());
        imp.copy.connect_clicked(glib::clone!(
            #[weak]
            row,
            move |_| row.copy_command()
        ));
        imp.settings.set_visible(
            matches!(finding, Finding::Vpn(_) | Finding::Offline)
                && glib::find_program_in_path(SETTINGS).is_some(),
        );
        imp.settings.connect_clicked(|_| open_settings());
        row
    }

    fn show_judgement(&self, finding: &Finding) {
        let icon = &self.imp().icon;
        let (name, class) = match (finding.judgement(), finding) {
            (Judgement::Good, _) => ("object-select-symbolic", "success"),
            (Judgement::Suspect, _) => ("dialog-warning-symbolic", "warning"),
            (Judgement::Unknown, Finding::Firewall(_)) => ("telecast-firewall-symbolic", "dimmed"),
            (Judgement::Unknown, _) => ("dialog-question-symbolic", "dimmed"),
        };
        icon.set_icon_name(Some(name));
        icon.add_css_class(class);
        let judgement = words::judgement(finding.judgement());
        icon.update_property(&[gtk::accessible::Property::Label(&judgement)]);
    }

    fn copy_command(&self) {
        let imp = self.imp();
        self.clipboard().set_text(&imp.command_text.text());
        imp.copy.set_icon_name("object-select-symbolic");
        let copied = words::copied();
        self.announce(&copied, gtk::AccessibleAnnouncementPriority::Medium);
        let copy = imp.copy.downgrade();
        glib::timeout_add_local_once(COPIED, move || {
            if let Some(copy) = copy.upgrade() {
                copy.set_icon_name("edit-copy-symbolic");
            }
        });
    }
}

fn open_settings() {
    let command = format!("{SETTINGS} network");
    let opened = gio::AppInfo::create_from_commandline(
        command,
        None,
        gio::AppInfoCreateFlags::SUPPORTS_STARTUP_NOTIFICATION,
    )
    .and_then(|settings| settings.launch(&[], gio::AppLaunchContext::NONE));
    if let Err(error) = opened {
        tracing::warn!(%error, "the settings do not open");
    }
}

mod imp {
    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "check_row.ui")]
    pub struct CheckRow {
        #[template_child]
        pub(super) icon: TemplateChild<gtk::Image>,
        #[template_child]
        pub(super) title: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) text: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) command: TemplateChild<gtk::Box>,
        #[template_child]
        pub(super) command_text: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) copy: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) settings: TemplateChild<gtk::Button>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for CheckRow {
        const NAME: &'static str = "TelecastCheckRow";
        type Type = super::CheckRow;
        type ParentType = adw::PreferencesRow;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for CheckRow {}
    impl WidgetImpl for CheckRow {}
    impl ListBoxRowImpl for CheckRow {}
    impl PreferencesRowImpl for CheckRow {}
}
