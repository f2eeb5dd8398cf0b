// SPDX-License-Identifier: GPL-3.0-or-later
//! `Application`: one per user session; its window, and the actions that do not depend on one. Input: activations and
//! actions, also of other processes; output: the [`Window`].

mod actions;
mod background;
mod desktop;
mod notices;
mod serving;
mod start;
mod trust;

use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::{gio, glib};
use libadwaita as adw;
use tokio::runtime::Handle;

use super::context::Context;
use super::window::Window;
use crate::config::{APP_ID, RESOURCE_PATH};
use crate::engine::Settings;

#[cfg(test)]
pub use actions::KEYS;
pub use start::StartRequest;
pub use trust::{InWindow, QUESTIONS};

glib::wrapper! {
    /// The application of the window.
    pub struct Application(ObjectSubclass<imp::Application>)
        @extends adw::Application, gtk::Application, gio::Application,
        @implements gio::ActionGroup, gio::ActionMap;
}

impl Application {
    /// An application whose engine will run on `runtime`.
    pub fn new(runtime: Handle, settings: Settings) -> Application {
        let app: Application = glib::Object::builder()
            .property("application-id", APP_ID)
            .property("resource-base-path", RESOURCE_PATH)
            .build();
        // The cell is empty: the object was made in the line above.
        if app
            .imp()
            .context
            .set(Context::new(runtime, settings))
            .is_err()
        {
            tracing::error!("the application has a context already");
        }
        app
    }

    pub(super) fn context(&self) -> Option<Rc<Context>> {
        self.imp().context.get().cloned()
    }

    /// The window; the same one as long as there is one.
    pub(super) fn window(&self, context: &Rc<Context>) -> Window {
        let open = self
            .windows()
            .into_iter()
            .find_map(|window| window.downcast::<Window>().ok());
        open.unwrap_or_else(|| {
            let window = Window::new(self, context);
            // What went on in the background is what somebody comes back for.
            if let [only] = context.casts().items().as_slice() {
                window.show_cast(&only.device());
            }
            window
        })
    }
}

mod imp {
    use std::cell::{OnceCell, RefCell};
    use std::rc::Rc;

    use adw::prelude::*;
    use adw::subclass::prelude::*;
    use gtk4::{gio, glib};
    use libadwaita as adw;

    use super::super::context::Context;
    use super::super::first_picture;
    use super::background::Casting;
    use crate::engine::Notices;

    #[derive(Debug, Default)]
    pub struct Application {
        pub(super) context: OnceCell<Rc<Context>>,
        /// While something is cast.
        pub(super) casting: RefCell<Option<Casting>>,
        /// While the program is to stay without window and cast.
        pub(super) stays: RefCell<Option<gio::ApplicationHoldGuard>>,
        /// What the desktop tells about casts.
        pub(super) notices: RefCell<Notices>,
        /// What the desktop was told that goes on without a window.
        pub(super) told_status: RefCell<String>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Application {
        const NAME: &'static str = "TelecastApplication";
        type Type = super::Application;
        type ParentType = adw::Application;
    }

    impl ObjectImpl for Application {}

    impl ApplicationImpl for Application {
        fn startup(&self) {
            self.parent_startup();
            let app = self.obj();
            app.add_actions();
            if let Some(context) = app.context() {
                app.follow_casts(&context);
                app.follow_presence(&context);
                super::Application::follow_desktop_settings(&context);
                app.ask_about_devices(&context);
            }
        }

        fn activate(&self) {
            self.parent_activate();
            let Some(context) = self.obj().context() else {
                return;
            };
            let window = self.obj().window(&context);
            window.present();
            first_picture::after(&window, move || context.start_engine());
        }
    }

    impl GtkApplicationImpl for Application {}
    impl AdwApplicationImpl for Application {}

    use gtk4::subclass::prelude::GtkApplicationImpl;
}
