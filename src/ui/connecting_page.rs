// SPDX-License-Identifier: GPL-3.0-or-later
//! `ConnectingPage`: a cast that begins, step by step, until the casting page replaces it. Input: its [`CastItem`]; output:
//! the wish to cancel it, which is the only way out.

mod step_row;

use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use super::cast_actions;
use super::context::Context;
use super::model::CastItem;
use crate::words;
use step_row::StepRow;

glib::wrapper! {
    /// The page of a device while the cast to it begins.
    pub struct ConnectingPage(ObjectSubclass<imp::ConnectingPage>)
        @extends adw::NavigationPage, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl ConnectingPage {
    /// A page for the cast of `item`, which it follows.
    pub fn new(context: &Rc<Context>, item: &CastItem) -> ConnectingPage {
        let page: ConnectingPage = glib::Object::new();
        page.insert_action_group("cast", Some(&cast_actions::of_connecting(context, item)));
        page.show(item);
        let follow = glib::clone!(
            #[weak]
            page,
            move |item: &CastItem| page.show(item)
        );
        page.imp().followed.follow(item, follow);
        page
    }

    fn show(&self, item: &CastItem) {
        let Some(status) = item.status() else {
            return;
        };
        self.set_title(&status.name);
        let page = self.imp();
        page.icon.set_icon_name(Some(if status.has_picture {
            "telecast-tv-symbolic"
        } else {
            "telecast-speaker-symbolic"
        }));
        let shown = words::connecting(&status);
        if page.heading.label() != shown.title {
            page.heading.set_label(&shown.title);
            self.announce(&shown.title, gtk::AccessibleAnnouncementPriority::Medium);
        }
        page.what.set_label(&shown.what);
        let rows = page.rows.get_or_init(|| {
            let rows = shown.steps.each_ref().map(|_| StepRow::default());
            for row in &rows {
                page.steps.append(row);
            }
            rows
        });
        for (row, step) in rows.iter().zip(&shown.steps) {
            row.show(step);
        }
    }
}

mod imp {
    use std::cell::OnceCell;

    use adw::prelude::*;
    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    use super::super::cast_frame::CastFrame;
    use super::super::model::Followed;
    use super::step_row::StepRow;
    use crate::words::STEPS;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "connecting_page.ui")]
    pub struct ConnectingPage {
        #[template_child]
        pub(super) icon: TemplateChild<gtk::Image>,
        #[template_child]
        pub(super) heading: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) what: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) steps: TemplateChild<gtk::ListBox>,
        #[template_child]
        pub(super) cancel: TemplateChild<gtk::Button>,
        pub(super) rows: OnceCell<[StepRow; STEPS]>,
        pub(super) followed: Followed,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ConnectingPage {
        const NAME: &'static str = "TelecastConnectingPage";
        type Type = super::ConnectingPage;
        type ParentType = adw::NavigationPage;

        fn class_init(class: &mut Self::Class) {
            CastFrame::ensure_type();
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for ConnectingPage {}
    impl WidgetImpl for ConnectingPage {}

    impl NavigationPageImpl for ConnectingPage {
        fn shown(&self) {
            self.parent_shown();
            self.cancel.grab_focus();
        }
    }
}
