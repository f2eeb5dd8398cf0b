// SPDX-License-Identifier: GPL-3.0-or-later
//! `Window`: the pages of the program and the way between them. Input: the lists of the [`Context`]; output: pages that
//! come and go with the casts.

use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::{gio, glib};
use libadwaita as adw;

use super::application::Application;
use super::cast_page::CastPage;
use super::context::Context;
use super::devices_page::DevicesPage;
use super::model::DeviceItem;
use crate::engine::Reason;

glib::wrapper! {
    /// The window.
    pub struct Window(ObjectSubclass<imp::Window>)
        @extends adw::ApplicationWindow, gtk::ApplicationWindow, gtk::Window, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::Native, gtk::Root, gtk::ShortcutManager,
            gio::ActionGroup, gio::ActionMap;
}

impl Window {
    /// A window of `app` that shows what `context` knows.
    pub fn new(app: &Application, context: &Rc<Context>) -> Window {
        let window: Window = glib::Object::builder().property("application", app).build();
        window.remember_size(context);
        let devices = DevicesPage::new(context);
        devices.connect_chosen(glib::clone!(
            #[weak]
            window,
            #[strong]
            context,
            move |item| window.cast_to(&context, item)
        ));
        window.imp().pages.add(&devices);
        window.follow_casts(context);
        window
    }

    fn remember_size(&self, context: &Rc<Context>) {
        let store = context.settings().store();
        let (width, height) = store.get::<(i32, i32)>("window-size");
        self.set_default_size(width, height);
        self.set_maximized(store.boolean("window-maximized"));
        let store = store.clone();
        self.connect_close_request(move |window| {
            let saved = store
                .set("window-size", window.default_size())
                .and_then(|()| store.set_boolean("window-maximized", window.is_maximized()));
            if let Err(error) = saved {
                tracing::warn!(%error, "the size of the window cannot be remembered");
            }
            glib::Propagation::Proceed
        });
    }

    /// Casts what is chosen to a device, or shows the cast that runs there.
    fn cast_to(&self, context: &Rc<Context>, item: &DeviceItem) {
        let (Some(engine), Some(device)) = (context.engine(), item.device()) else {
            return;
        };
        let settings = context.settings();
        match engine.mirror(&device, settings.request(settings.source())) {
            Ok(_) | Err(Reason::AlreadyCasting) => {
                self.imp().awaited.replace(Some(device.id));
                self.show_awaited(context);
            }
            Err(reason) => tracing::warn!(%reason, "the cast cannot begin"),
        }
    }

    /// Pages of casts that are no more go away; the page of a cast that was just asked for comes.
    fn follow_casts(&self, context: &Rc<Context>) {
        let changed = glib::clone!(
            #[weak(rename_to = window)]
            self,
            #[strong]
            context,
            move || {
                let casts = context.casts();
                for page in window.cast_pages() {
                    if casts.item(&page.device()).is_none() {
                        window.leave(&page);
                    }
                }
                window.show_awaited(&context);
            }
        );
        let casts = context.casts().model();
        casts.connect_items_changed(move |_, _, _, _| changed());
    }

    /// The list of casts follows the engine a moment later than the click, so the page waits for it.
    fn show_awaited(&self, context: &Rc<Context>) {
        let awaited = &self.imp().awaited;
        let Some(device) = awaited.borrow().clone() else {
            return;
        };
        let Some(item) = context.casts().item(&device) else {
            return;
        };
        awaited.replace(None);
        let pages = &self.imp().pages;
        if pages.find_page(&device).is_none() {
            pages.add(&CastPage::new(context, &item));
        }
        pages.push_by_tag(&device);
    }

    fn cast_pages(&self) -> Vec<CastPage> {
        let stack = self.imp().pages.navigation_stack();
        stack
            .iter::<adw::NavigationPage>()
            .flatten()
            .filter_map(|page| page.downcast().ok())
            .collect()
    }

    fn leave(&self, page: &CastPage) {
        let pages = &self.imp().pages;
        pages.pop_to_tag("devices");
        pages.remove(page);
    }
}

mod imp {
    use std::cell::RefCell;

    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "window.ui")]
    pub struct Window {
        #[template_child]
        pub(super) toasts: TemplateChild<adw::ToastOverlay>,
        #[template_child]
        pub(super) pages: TemplateChild<adw::NavigationView>,
        /// The device whose cast was asked for and is to be shown.
        pub(super) awaited: RefCell<Option<String>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Window {
        const NAME: &'static str = "TelecastWindow";
        type Type = super::Window;
        type ParentType = adw::ApplicationWindow;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for Window {}
    impl WidgetImpl for Window {}
    impl WindowImpl for Window {}
    impl ApplicationWindowImpl for Window {}
    impl AdwApplicationWindowImpl for Window {}
}
