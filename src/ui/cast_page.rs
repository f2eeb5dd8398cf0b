// SPDX-License-Identifier: GPL-3.0-or-later
//! `CastPage`: a cast that runs. Input: its [`CastItem`]; output: commands to the engine. Leaving the page changes nothing.

mod coalesce;
pub(super) mod health;
mod latency_row;
mod notifications_row;
mod preview;
mod quality_row;
mod sound_row;
mod volume_row;

use std::rc::Rc;
use std::time::Instant;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use super::cast_actions;
use super::context::Context;
use super::model::CastItem;
use super::row_texts;
use super::statistics::CastLayout;
use super::ticker::Ticker;
use crate::words;

glib::wrapper! {
    /// The page of one device while something is cast to it.
    pub struct CastPage(ObjectSubclass<imp::CastPage>)
        @extends adw::NavigationPage, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl CastPage {
    /// A page for the cast of `item`, which it follows.
    pub fn new(context: &Rc<Context>, item: &CastItem) -> CastPage {
        let page: CastPage = glib::Object::new();
        let actions = cast_actions::of_casting(context, item);
        if let Some(content) = page.child() {
            page.set_child(gtk::Widget::NONE);
            let layout = CastLayout::new(&content, item);
            actions.add_action(&layout.action());
            // The panel takes the place of the menu.
            layout
                .bind_property("show-statistics", &*page.imp().menu, "visible")
                .invert_boolean()
                .sync_create()
                .build();
            page.set_child(Some(&layout));
        }
        page.insert_action_group("cast", Some(&actions));
        page.imp().volume.steer(context, item);
        page.imp().sound.steer(context, item);
        page.imp().latency.steer(context, item);
        page.imp().quality.steer(context, item);
        page.imp().notifications.steer(context);
        row_texts::follow_all(&page);
        page.follow_width();
        page.show(item);
        if let Some(status) = item.status() {
            page.follow_health(&status);
        }
        let follow = glib::clone!(
            #[weak]
            page,
            move |item: &CastItem| page.show(item)
        );
        page.imp().followed.follow(item, follow);
        let tick = glib::clone!(
            #[weak]
            page,
            move || page.show_time()
        );
        let look = glib::clone!(
            #[weak]
            page,
            #[strong]
            context,
            #[weak]
            item,
            move |seen: bool| {
                page.imp().preview.look(&context, &item, seen);
                page.imp().sound.look(&context, &item, seen);
            }
        );
        page.imp().ticker.set(Ticker::new(&page, tick, look)).ok();
        page
    }

    fn show(&self, item: &CastItem) {
        let Some(status) = item.status() else {
            return;
        };
        self.set_title(&status.name);
        let page = self.imp();
        page.title.set_title(&status.name);
        self.show_time();
        page.preview.set_visible(status.has_picture);
        page.preview.set_icon("telecast-tv-symbolic");
        page.preview.describe(&words::preview_of(&status.name));
        page.preview.set_paused(status.paused);
        page.pause.set_visible(status.has_picture);
        page.pause.set_label(&words::pause(status.paused));
        if !page.judged.get() {
            page.verdict
                .set_label(&words::describe(&status.state, status.kind));
        }
        self.show_absence();
        page.volume.show(&status);
        page.sound.show(&status);
        page.latency.show(&status);
        page.quality.show(&status);
        page.notifications.show(&status);
    }

    fn show_time(&self) {
        let item = self.imp().followed.item();
        if let Some(began) = item.and_then(|item| item.status()?.began) {
            let time = Instant::now().saturating_duration_since(began);
            self.imp().title.set_subtitle(&words::casting_for(time));
        }
        self.show_absence();
    }

    fn follow_width(&self) {
        let narrow = &self.imp().narrow;
        narrow.connect_apply(glib::clone!(
            #[weak(rename_to = page)]
            self,
            move |_| page.set_narrow(true)
        ));
        narrow.connect_unapply(glib::clone!(
            #[weak(rename_to = page)]
            self,
            move |_| page.set_narrow(false)
        ));
    }

    fn set_narrow(&self, narrow: bool) {
        let page = self.imp();
        page.volume.set_narrow(narrow);
        page.latency.set_narrow(narrow);
        if narrow {
            page.frame.add_css_class("narrow");
        } else {
            page.frame.remove_css_class("narrow");
        }
    }
}

mod imp {
    use std::cell::{Cell, OnceCell};

    use adw::prelude::*;
    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    use super::super::cast_frame::CastFrame;
    use super::super::main_menu::MainMenu;
    use super::super::model::Followed;
    use super::super::ticker::Ticker;
    use super::latency_row::LatencyRow;
    use super::notifications_row::NotificationsRow;
    use super::preview::Preview;
    use super::quality_row::QualityRow;
    use super::sound_row::SoundRow;
    use super::volume_row::VolumeRow;
    use crate::engine::Setback;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "cast_page.ui")]
    pub struct CastPage {
        #[template_child]
        pub(super) narrow: TemplateChild<adw::Breakpoint>,
        #[template_child]
        pub(super) title: TemplateChild<adw::WindowTitle>,
        #[template_child]
        pub(super) frame: TemplateChild<CastFrame>,
        #[template_child]
        pub(super) menu: TemplateChild<MainMenu>,
        #[template_child]
        pub(super) preview: TemplateChild<Preview>,
        #[template_child]
        pub(super) health_icon: TemplateChild<gtk::Image>,
        #[template_child]
        pub(super) verdict: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) consequence: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) pause: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) stop: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) volume: TemplateChild<VolumeRow>,
        #[template_child]
        pub(super) sound: TemplateChild<SoundRow>,
        #[template_child]
        pub(super) latency: TemplateChild<LatencyRow>,
        #[template_child]
        pub(super) quality: TemplateChild<QualityRow>,
        #[template_child]
        pub(super) notifications: TemplateChild<NotificationsRow>,
        /// Whether a verdict is shown.
        pub(super) judged: Cell<bool>,
        /// Why the device is being sought, as it was last said.
        pub(super) seeking: Cell<Option<Setback>>,
        pub(super) followed: Followed,
        pub(super) ticker: OnceCell<Ticker>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for CastPage {
        const NAME: &'static str = "TelecastCastPage";
        type Type = super::CastPage;
        type ParentType = adw::NavigationPage;

        fn class_init(class: &mut Self::Class) {
            CastFrame::ensure_type();
            MainMenu::ensure_type();
            Preview::ensure_type();
            VolumeRow::ensure_type();
            SoundRow::ensure_type();
            LatencyRow::ensure_type();
            QualityRow::ensure_type();
            NotificationsRow::ensure_type();
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for CastPage {}
    impl WidgetImpl for CastPage {}

    impl NavigationPageImpl for CastPage {
        fn shown(&self) {
            self.parent_shown();
            // Never the button that ends everything.
            if self.pause.is_visible() {
                self.pause.grab_focus();
            } else {
                self.volume.grab_focus();
            }
        }
    }
}
