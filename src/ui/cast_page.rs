// SPDX-License-Identifier: GPL-3.0-or-later
//! `CastPage`: one cast, from the first step to its end. Input: its [`CastItem`]; output: commands to the engine.

use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use super::context::Context;
use super::model::CastItem;
use crate::words;

glib::wrapper! {
    /// The page of one device while something is cast to it; its tag is the device's id.
    pub struct CastPage(ObjectSubclass<imp::CastPage>)
        @extends adw::NavigationPage, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl CastPage {
    /// A page for the cast of `item`, which it follows.
    pub fn new(context: &Rc<Context>, item: &CastItem) -> CastPage {
        let page: CastPage = glib::Object::new();
        if let Some(status) = item.status() {
            page.set_title(&status.name);
            page.set_tag(Some(&status.device));
        }
        page.show(item);
        item.connect_changed(glib::clone!(
            #[weak]
            page,
            move |item| page.show(item)
        ));
        page.imp().stop.connect_clicked(glib::clone!(
            #[weak]
            page,
            #[strong]
            context,
            move |_| page.stop(&context)
        ));
        page
    }

    /// The device's id.
    pub fn device(&self) -> String {
        self.tag().map(Into::into).unwrap_or_default()
    }

    fn show(&self, item: &CastItem) {
        let Some(status) = item.status() else {
            return;
        };
        let shown = &self.imp().status;
        match status.state.ended() {
            Some(reason) => {
                let explanation = words::explain(reason, &status.name);
                shown.set_title(&explanation.title);
                shown.set_description(Some(&explanation.what));
            }
            None => shown.set_title(&words::describe(&status.state)),
        }
        self.imp().stop.set_visible(status.state.ended().is_none());
    }

    fn stop(&self, context: &Context) {
        if let Some(engine) = context.engine()
            && let Err(error) = engine.stop(&self.device())
        {
            // It has ended in this moment, which the page is about to show.
            tracing::debug!(%error, "nothing to stop");
        }
    }
}

mod imp {
    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "cast_page.ui")]
    pub struct CastPage {
        #[template_child]
        pub(super) status: TemplateChild<adw::StatusPage>,
        #[template_child]
        pub(super) stop: TemplateChild<gtk::Button>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for CastPage {
        const NAME: &'static str = "TelecastCastPage";
        type Type = super::CastPage;
        type ParentType = adw::NavigationPage;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for CastPage {}
    impl WidgetImpl for CastPage {}
    impl NavigationPageImpl for CastPage {}
}
