// SPDX-License-Identifier: GPL-3.0-or-later
//! `StepRow`: one step of a cast that begins. Input: a [`ConnectStep`]; output: nothing.

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use crate::words::{ConnectStep, Progress};

glib::wrapper! {
    /// A step with its mark: nothing, a spinner or a check.
    pub struct StepRow(ObjectSubclass<imp::StepRow>)
        @extends adw::ActionRow, adw::PreferencesRow, gtk::ListBoxRow, gtk::Widget,
        @implements gtk::Accessible, gtk::Actionable, gtk::Buildable, gtk::ConstraintTarget;
}

impl Default for StepRow {
    fn default() -> StepRow {
        glib::Object::new()
    }
}

impl StepRow {
    /// Shows how far the step is.
    pub fn show(&self, step: &ConnectStep) {
        self.set_title(&step.text);
        let (mark, busy) = match step.progress {
            Progress::Waiting => ("waiting", false),
            Progress::Active => ("active", true),
            Progress::Done => ("done", false),
        };
        self.imp().marks.set_visible_child_name(mark);
        self.update_state(&[gtk::accessible::State::Busy(busy)]);
        if step.progress == Progress::Waiting {
            self.add_css_class("waiting");
        } else {
            self.remove_css_class("waiting");
        }
    }
}

mod imp {
    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "step_row.ui")]
    pub struct StepRow {
        #[template_child]
        pub(super) marks: TemplateChild<gtk::Stack>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for StepRow {
        const NAME: &'static str = "TelecastStepRow";
        type Type = super::StepRow;
        type ParentType = adw::ActionRow;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for StepRow {}
    impl WidgetImpl for StepRow {}
    impl ListBoxRowImpl for StepRow {}
    impl PreferencesRowImpl for StepRow {}
    impl ActionRowImpl for StepRow {}
}
