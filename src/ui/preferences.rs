// SPDX-License-Identifier: GPL-3.0-or-later
//! `Preferences`: the dialog of the settings. Input: the store and what is remembered; output: changes in both. A change
//! says when it takes effect.

mod add_root;
mod casting_page;
mod choice_row;
mod forget_group;
mod interface_row;
mod memories;
mod network_page;
mod ports_row;
mod trust_page;

use std::rc::Rc;
use std::time::Duration;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use super::context::Context;
use super::model::CastItem;
use crate::engine::{Effect, PreferencesPage};
use crate::words;
use casting_page::CastingPage;
use network_page::NetworkPage;
use trust_page::TrustPage;

glib::wrapper! {
    /// The dialog.
    pub struct Preferences(ObjectSubclass<imp::Preferences>)
        @extends adw::PreferencesDialog, adw::Dialog, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::ShortcutManager;
}

impl Preferences {
    /// Opens a dialog above `window` that shows `page`. Making all of it at once would keep the main loop for longer than a
    /// picture of the screen lasts; so its pages are made one by one, while it fades in.
    pub fn open(context: &Rc<Context>, page: PreferencesPage, window: &impl IsA<gtk::Widget>) {
        let dialog: Preferences = glib::Object::new();
        dialog.say_effects(context);
        dialog.turn_to(page);
        dialog.present(Some(window));
        let context = Rc::clone(context);
        glib::spawn_future_local(glib::clone!(
            #[weak]
            dialog,
            async move { dialog.fill(&context).await }
        ));
    }

    async fn fill(&self, context: &Rc<Context>) {
        let pages: [fn(&Rc<Context>) -> adw::PreferencesPage; 3] = [
            |context| CastingPage::new(context).upcast(),
            |context| NetworkPage::new(context).upcast(),
            |context| TrustPage::new(context).upcast(),
        ];
        for make in pages {
            breathe().await;
            let page = make(context);
            breathe().await;
            self.add(&page);
        }
        self.imp().filled.set(true);
        self.turn_to(self.imp().wanted.get());
        // When it was presented there was nothing in it but the button that closes it.
        self.set_focus(gtk::Widget::NONE);
        if !self.child_focus(gtk::DirectionType::TabForward) {
            tracing::debug!("nothing in the preferences takes the keyboard");
        }
    }

    /// Shows this page, as soon as it is there.
    pub fn turn_to(&self, page: PreferencesPage) {
        self.imp().wanted.set(page);
        if !self.imp().filled.get() {
            return;
        }
        self.set_visible_page_name(match page {
            PreferencesPage::Casting => "casting",
            PreferencesPage::Network => "network",
            PreferencesPage::Trust => "trust",
        });
    }

    /// Says of a changed setting when it takes effect, where that is not at once: of the next cast only while one runs
    /// that keeps what it began with.
    fn say_effects(&self, context: &Rc<Context>) {
        let store = context.settings().store();
        let handler = store.connect_changed(
            None,
            glib::clone!(
                #[weak(rename_to = dialog)]
                self,
                #[weak]
                context,
                move |_, key| {
                    let effect = Effect::of(key);
                    let casting = || {
                        let casts = context.casts().items();
                        let mut states = casts.iter().filter_map(CastItem::status);
                        states.any(|cast| cast.state.ended().is_none())
                    };
                    let worth_saying = match effect {
                        Effect::Now => false,
                        Effect::NextCast => casting(),
                        Effect::NextStart => true,
                    };
                    if worth_saying {
                        dialog.say(&words::effect(effect));
                    }
                }
            ),
        );
        let store = store.clone();
        let handler = std::cell::Cell::new(Some(handler));
        self.connect_closed(move |_| {
            if let Some(handler) = handler.take() {
                store.disconnect(handler);
            }
        });
    }

    /// One sentence at a time: somebody who turns a number does not wait for each step's.
    fn say(&self, text: &str) {
        let toast = adw::Toast::new(text);
        if let Some(before) = self.imp().said.replace(Some(toast.clone())) {
            before.dismiss();
        }
        self.add_toast(toast);
    }
}

/// Lets the main loop do what else there is.
async fn breathe() {
    glib::timeout_future(Duration::ZERO).await;
}

mod imp {
    use std::cell::{Cell, RefCell};

    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    use crate::engine::PreferencesPage;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "preferences.ui")]
    pub struct Preferences {
        /// The page to show.
        pub(super) wanted: Cell<PreferencesPage>,
        /// Whether all pages are there.
        pub(super) filled: Cell<bool>,
        /// The last sentence about a changed setting.
        pub(super) said: RefCell<Option<adw::Toast>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Preferences {
        const NAME: &'static str = "TelecastPreferences";
        type Type = super::Preferences;
        type ParentType = adw::PreferencesDialog;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for Preferences {}
    impl WidgetImpl for Preferences {}
    impl AdwDialogImpl for Preferences {}
    impl PreferencesDialogImpl for Preferences {}
}
