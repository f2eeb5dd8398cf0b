// SPDX-License-Identifier: GPL-3.0-or-later
//! `DevicesPage`: what is cast, and the devices it can be cast to. Input: the lists of devices and casts; output: the
//! rows, which say what is wished by actions of the window, and help where no device is found.

mod first_focus;
mod forget;
mod hold;
mod left_behind;
mod search;
mod sources;

use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::{gio, glib};
use libadwaita as adw;

use super::context::Context;
use super::device_details::DeviceDetails;
use super::model::{CastItem, DeviceItem, follow};
use crate::engine::CastStatus;
use crate::words;

glib::wrapper! {
    /// The first page.
    pub struct DevicesPage(ObjectSubclass<imp::DevicesPage>)
        @extends adw::NavigationPage, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl DevicesPage {
    /// A page that shows the devices of `context`.
    pub fn new(context: &Rc<Context>) -> DevicesPage {
        let page: DevicesPage = glib::Object::new();
        page.imp().context.replace(Some(Rc::clone(context)));
        page.follow_sources(context);
        page.follow_devices(context);
        page.follow_casts(context);
        page.follow_trust(context);
        page.follow_left_behind(context);
        page.add_actions();
        page.hold_while_choosing(context);
        page.notice_a_person();
        page.follow_search(context);
        page
    }

    fn context(&self) -> Option<Rc<Context>> {
        self.imp().context.borrow().clone()
    }

    fn add_actions(&self) {
        let of_device = |name: &str, act: fn(&DevicesPage, &str)| {
            gio::ActionEntry::builder(name)
                .parameter_type(Some(&String::static_variant_type()))
                .activate(glib::clone!(
                    #[weak(rename_to = page)]
                    self,
                    move |_: &gio::SimpleActionGroup, _, id| {
                        if let Some(id) = id.and_then(glib::Variant::str) {
                            act(&page, id);
                        }
                    }
                ))
                .build()
        };
        let actions = gio::SimpleActionGroup::new();
        actions.add_action_entries([
            of_device("details", DevicesPage::show_details),
            of_device("forget", DevicesPage::forget),
        ]);
        self.insert_action_group("devices", Some(&actions));
    }

    fn show_details(&self, id: &str) {
        let item = self
            .context()
            .and_then(|context| context.devices().item(id));
        if let Some(listed) = item.and_then(|item| item.listed()) {
            let known = self.imp().trusted.borrow().clone();
            DeviceDetails::new(&listed, listed.remembered_in(&known)).present(Some(self));
        }
    }

    fn follow_devices(&self, context: &Rc<Context>) {
        let imp = self.imp();
        imp.network.set_placeholder(&*imp.looking);
        let updated = glib::clone!(
            #[weak(rename_to = page)]
            self,
            move || page.show_devices()
        );
        context.devices().connect_updated(updated);
        self.show_devices();
    }

    fn show_devices(&self) {
        let Some(context) = self.context() else {
            return;
        };
        let imp = self.imp();
        let source = context.settings().source();
        let items = context.devices().items();
        let (entered, found): (Vec<DeviceItem>, Vec<DeviceItem>) =
            items.into_iter().partition(DeviceItem::is_by_address);
        imp.network.set_devices(&found, source);
        imp.by_address.set_devices(&entered, source);
        imp.by_address.set_visible(!entered.is_empty());
        self.show_casts();
        self.show_trust();
        self.show_search();
    }

    /// Marks devices by what they have proved.
    fn follow_trust(&self, context: &Rc<Context>) {
        let page = self.downgrade();
        context.when_engine_runs(move |engine| {
            follow(engine.watch_remembered(), move |known| {
                let Some(page) = page.upgrade() else {
                    return glib::ControlFlow::Break;
                };
                page.imp().trusted.replace(known);
                page.show_trust();
                glib::ControlFlow::Continue
            });
        });
    }

    fn show_trust(&self) {
        let imp = self.imp();
        let known = imp.trusted.borrow();
        imp.network.set_trust(&known);
        imp.by_address.set_trust(&known);
    }

    fn follow_casts(&self, context: &Rc<Context>) {
        let follow = |page: &DevicesPage, item: &CastItem| {
            item.connect_changed(glib::clone!(
                #[weak]
                page,
                move |_| page.show_casts()
            ));
        };
        for item in context.casts().items() {
            follow(self, &item);
        }
        let changed = glib::clone!(
            #[weak(rename_to = page)]
            self,
            move |casts: &gio::ListStore, at: u32, _: u32, added: u32| {
                for item in (at..at + added).filter_map(|at| casts.item(at).and_downcast()) {
                    follow(&page, &item);
                }
                page.show_casts();
            }
        );
        context.casts().model().connect_items_changed(changed);
        self.imp().banner.connect_button_clicked(glib::clone!(
            #[weak(rename_to = page)]
            self,
            move |_| page.show_newest_cast()
        ));
    }

    /// The casts that run, oldest first.
    fn casts(&self) -> Vec<CastStatus> {
        let Some(context) = self.context() else {
            return Vec::new();
        };
        let casts = context.casts().items().into_iter();
        let casts = casts.filter_map(|item| item.status());
        casts.filter(|cast| cast.state.ended().is_none()).collect()
    }

    fn show_casts(&self) {
        let casts = self.casts();
        let imp = self.imp();
        imp.network.set_casts(&casts);
        imp.by_address.set_casts(&casts);
        let title = words::cast_banner(&casts);
        if let Some(title) = &title {
            imp.banner.set_title(title);
        }
        imp.banner.set_revealed(title.is_some());
    }

    fn show_newest_cast(&self) {
        let Some(cast) = self.casts().pop() else {
            return;
        };
        if let Err(error) = self.activate_action("win.show-cast", Some(&cast.device.to_variant())) {
            tracing::error!(%error, "the window shows no casts");
        }
    }
}

mod imp {
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;
    use std::sync::Arc;

    use adw::prelude::*;
    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    use super::super::context::Context;
    use super::super::device_group::DeviceGroup;
    use super::super::main_menu::MainMenu;
    use super::super::search_help::SearchHelp;
    use super::search::Search;
    use crate::engine::{AllLeftBehind, TrustedDevices};

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "devices_page.ui")]
    pub struct DevicesPage {
        #[template_child]
        pub(super) add: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) banner: TemplateChild<adw::Banner>,
        #[template_child]
        pub(super) left: TemplateChild<adw::Banner>,
        #[template_child]
        pub(super) content: TemplateChild<gtk::Box>,
        #[template_child]
        pub(super) what: TemplateChild<gtk::Box>,
        #[template_child]
        pub(super) sources: TemplateChild<adw::ToggleGroup>,
        #[template_child]
        pub(super) lacking: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) network: TemplateChild<DeviceGroup>,
        #[template_child]
        pub(super) by_address: TemplateChild<DeviceGroup>,
        #[template_child]
        pub(super) spinner: TemplateChild<adw::Spinner>,
        #[template_child]
        pub(super) looking: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) help: TemplateChild<SearchHelp>,
        pub(super) context: RefCell<Option<Rc<Context>>>,
        pub(super) search: RefCell<Search>,
        /// Casts that were cut off.
        pub(super) left_behind: RefCell<AllLeftBehind>,
        /// What is remembered of devices.
        pub(super) trusted: RefCell<Arc<TrustedDevices>>,
        /// Whether somebody has pressed a key or clicked here.
        pub(super) touched: Cell<bool>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for DevicesPage {
        const NAME: &'static str = "TelecastDevicesPage";
        type Type = super::DevicesPage;
        type ParentType = adw::NavigationPage;

        fn class_init(class: &mut Self::Class) {
            DeviceGroup::ensure_type();
            MainMenu::ensure_type();
            SearchHelp::ensure_type();
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for DevicesPage {}
    impl WidgetImpl for DevicesPage {}
    impl NavigationPageImpl for DevicesPage {}
}
