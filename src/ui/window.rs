// SPDX-License-Identifier: GPL-3.0-or-later
//! `Window`: the pages of the program and the way between them. Input: the lists of the [`Context`]; output: pages that
//! come and go with the casts.

mod casts;
mod closing;
mod parent;
mod wishes;

use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::{gio, glib};
use libadwaita as adw;

use super::application::Application;
use super::context::Context;
use super::devices_page::DevicesPage;
use super::measure;

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
        window.imp().context.replace(Some(Rc::clone(context)));
        window.ask_before_closing(context);
        measure::follow(&window);
        window.remember_size(context);
        window.export();
        window.imp().pages.add(&DevicesPage::new(context));
        window.add_wishes();
        window.add_cast_actions();
        window.follow_casts(context);
        window
    }

    /// Says something that the person can do nothing about here.
    pub fn say(&self, text: &str) {
        // What it says may come from the network: no markup.
        let toast = adw::Toast::builder().title(text).use_markup(false).build();
        self.imp().toasts.add_toast(toast);
    }

    fn context(&self) -> Option<Rc<Context>> {
        self.imp().context.borrow().clone()
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
}

mod imp {
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;

    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    use super::super::context::Context;
    use super::casts::Awaited;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "window.ui")]
    pub struct Window {
        #[template_child]
        pub(super) toasts: TemplateChild<adw::ToastOverlay>,
        #[template_child]
        pub(super) pages: TemplateChild<adw::NavigationView>,
        pub(super) context: RefCell<Option<Rc<Context>>>,
        /// The cast that was asked for and is to be shown.
        pub(super) awaited: RefCell<Option<Awaited>>,
        /// While the person is asked about closing.
        pub(super) asking: RefCell<Option<adw::AlertDialog>>,
        /// Its name for other programs.
        pub(super) exported: RefCell<Option<String>>,
        /// Whether the casts may go on without the window.
        pub(super) may_go_on: Cell<bool>,
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
