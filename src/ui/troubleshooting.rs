// SPDX-License-Identifier: GPL-3.0-or-later
//! `Troubleshooting`: the dialog with the troubleshooting report, to copy. Input: the engine's report, gathered off the
//! main thread; output: text on the clipboard.

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::{gio, glib};
use libadwaita as adw;

use super::context::Context;
use crate::engine::{self, ReportOf};
use crate::words;

glib::wrapper! {
    /// The dialog.
    pub struct Troubleshooting(ObjectSubclass<imp::Troubleshooting>)
        @extends adw::Dialog, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::ShortcutManager;
}

impl Troubleshooting {
    /// Shows it above `parent`.
    pub fn show(parent: &impl IsA<gtk::Widget>, context: &Context) {
        let dialog: Troubleshooting = glib::Object::new();
        dialog.add_actions();
        let report = report(context);
        glib::spawn_future_local(glib::clone!(
            #[weak]
            dialog,
            async move {
                if let Some(report) = report.await {
                    dialog.fill(&report);
                }
            }
        ));
        dialog.present(Some(parent));
    }

    fn fill(&self, report: &str) {
        let dialog = self.imp();
        dialog.text.buffer().set_text(report);
        dialog.pages.set_visible_child_name("report");
        self.action_set_enabled("report.copy", true);
        dialog.copy.set_sensitive(true);
        dialog.copy.grab_focus();
    }

    fn add_actions(&self) {
        let copy = gio::ActionEntry::builder("copy")
            .activate(glib::clone!(
                #[weak(rename_to = dialog)]
                self,
                move |_: &gio::SimpleActionGroup, _, _| dialog.copy()
            ))
            .build();
        let actions = gio::SimpleActionGroup::new();
        actions.add_action_entries([copy]);
        self.insert_action_group("report", Some(&actions));
    }

    fn copy(&self) {
        let buffer = self.imp().text.buffer();
        let (start, end) = buffer.bounds();
        self.clipboard().set_text(&buffer.text(&start, &end, false));
        let toast = adw::Toast::new(&words::copied());
        self.imp().toasts.add_toast(toast);
    }
}

/// Gathers the report; `None` when the program ends meanwhile.
pub fn report(context: &Context) -> impl Future<Output = Option<String>> + 'static {
    let of = ReportOf {
        front_end: vec![
            ("GTK", gtk_version()),
            (
                "libadwaita",
                version([
                    adw::major_version(),
                    adw::minor_version(),
                    adw::micro_version(),
                ]),
            ),
        ],
        settings: context.settings().changed(),
    };
    let engine = context.engine();
    let gathering = context
        .runtime()
        .spawn(engine::report(engine.as_deref(), of));
    async move { gathering.await.ok() }
}

fn gtk_version() -> String {
    version([
        gtk::major_version(),
        gtk::minor_version(),
        gtk::micro_version(),
    ])
}

fn version(parts: [u32; 3]) -> String {
    parts.map(|part| part.to_string()).join(".")
}

mod imp {
    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "troubleshooting.ui")]
    pub struct Troubleshooting {
        #[template_child]
        pub(super) toasts: TemplateChild<adw::ToastOverlay>,
        #[template_child]
        pub(super) copy: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) pages: TemplateChild<gtk::Stack>,
        #[template_child]
        pub(super) text: TemplateChild<gtk::TextView>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Troubleshooting {
        const NAME: &'static str = "TelecastTroubleshooting";
        type Type = super::Troubleshooting;
        type ParentType = adw::Dialog;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for Troubleshooting {}
    impl WidgetImpl for Troubleshooting {}
    impl AdwDialogImpl for Troubleshooting {}
}
