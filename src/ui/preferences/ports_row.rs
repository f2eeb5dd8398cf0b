// SPDX-License-Identifier: GPL-3.0-or-later
//! `PortsRow`: the range of local ports, if there is one. Input and output: two settings, which change together and only
//! to a range that makes sense.

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::{gio, glib};
use libadwaita as adw;

use crate::engine::{ports, setting};
use crate::words;

/// What is proposed: ten casts, away from what others use.
const PROPOSED: (u32, u32) = (40_000, 40_009);

glib::wrapper! {
    /// The row.
    pub struct PortsRow(ObjectSubclass<imp::PortsRow>)
        @extends adw::ExpanderRow, adw::PreferencesRow, gtk::ListBoxRow, gtk::Widget,
        @implements gtk::Accessible, gtk::Actionable, gtk::Buildable, gtk::ConstraintTarget;
}

impl PortsRow {
    /// Shows the settings in `store`, and changes them.
    pub fn bind(&self, store: &gio::Settings) {
        let row = self.imp();
        let set = (
            store.uint(setting::FIRST_PORT),
            store.uint(setting::LAST_PORT),
        );
        let stored = ports(set.0, set.1).is_ok();
        let shown = if stored { set } else { PROPOSED };
        row.first.set_value(shown.0.into());
        row.last.set_value(shown.1.into());
        self.set_enable_expansion(stored);
        self.set_expanded(stored);
        let changed = glib::clone!(
            #[weak(rename_to = row)]
            self,
            #[strong]
            store,
            move || row.take(&store)
        );
        let on_switch = changed.clone();
        self.connect_enable_expansion_notify(move |_| on_switch());
        for spin in [&row.first, &row.last] {
            let changed = changed.clone();
            spin.connect_value_notify(move |_| changed());
        }
    }

    /// Keeps what is shown, or says what is wrong with it.
    fn take(&self, store: &gio::Settings) {
        let row = self.imp();
        let typed = (row.first.value() as u32, row.last.value() as u32);
        let wrong = ports(typed.0, typed.1).err();
        let (first, last) = match wrong {
            _ if !self.enables_expansion() => (0, 0),
            Some(error) => return self.complain(Some(&words::wrong_ports(error))),
            None => typed,
        };
        self.complain(None);
        let kept = store
            .set_uint(setting::FIRST_PORT, first)
            .and_then(|()| store.set_uint(setting::LAST_PORT, last));
        if let Err(error) = kept {
            tracing::warn!(%error, "the ports cannot be kept");
        }
    }

    fn complain(&self, problem: Option<&str>) {
        let last = self.imp().last.upcast_ref::<gtk::Widget>();
        self.imp().last.set_subtitle(problem.unwrap_or_default());
        let state = gtk::accessible::State::Invalid(if problem.is_some() {
            gtk::AccessibleInvalidState::True
        } else {
            gtk::AccessibleInvalidState::False
        });
        last.update_state(&[state]);
        match problem {
            Some(problem) => {
                last.add_css_class("error");
                last.announce(problem, gtk::AccessibleAnnouncementPriority::Medium);
            }
            None => last.remove_css_class("error"),
        }
    }
}

mod imp {
    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "ports_row.ui")]
    pub struct PortsRow {
        #[template_child]
        pub(super) first: TemplateChild<adw::SpinRow>,
        #[template_child]
        pub(super) last: TemplateChild<adw::SpinRow>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for PortsRow {
        const NAME: &'static str = "TelecastPortsRow";
        type Type = super::PortsRow;
        type ParentType = adw::ExpanderRow;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for PortsRow {}
    impl WidgetImpl for PortsRow {}
    impl ListBoxRowImpl for PortsRow {}
    impl PreferencesRowImpl for PortsRow {}
    impl ExpanderRowImpl for PortsRow {}
}
