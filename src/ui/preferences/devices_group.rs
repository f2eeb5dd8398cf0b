// SPDX-License-Identifier: GPL-3.0-or-later
//! `DevicesGroup`: the devices that are remembered. Input: the list of devices; output: those that are forgotten, one or
//! all, which a toast takes back.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::SystemTime;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use super::forget;
use crate::engine::ListedDevice;
use crate::ui::context::Context;
use crate::ui::device_row::icon_of;
use crate::ui::model::DeviceItem;
use crate::words;

glib::wrapper! {
    /// The group.
    pub struct DevicesGroup(ObjectSubclass<imp::DevicesGroup>)
        @extends adw::PreferencesGroup, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl DevicesGroup {
    /// Shows what there is; `all` forgets all of it.
    pub fn fill(&self, context: &Rc<Context>, all: &adw::ButtonRow) {
        self.imp().all.replace(Some(all.downgrade()));
        self.show(context);
        all.connect_activated(glib::clone!(
            #[weak(rename_to = group)]
            self,
            #[strong]
            context,
            move |_| group.ask_for_all(&context)
        ));
    }

    fn show(&self, context: &Rc<Context>) {
        let group = self.imp();
        for row in group.rows.take() {
            self.remove(&row);
        }
        let devices = remembered(context);
        for device in &devices {
            let row = self.row(context, device);
            self.add(&row);
            group.rows.borrow_mut().push(row);
        }
        group.none.set_visible(devices.is_empty());
        let all = group.all.borrow().as_ref().and_then(glib::WeakRef::upgrade);
        if let Some(all) = all {
            all.set_sensitive(!devices.is_empty());
        }
    }

    fn row(&self, context: &Rc<Context>, device: &ListedDevice) -> adw::ActionRow {
        let row = adw::ActionRow::builder()
            .use_markup(false)
            .title(&device.name)
            .subtitle(words::remembered_line(device, SystemTime::now()))
            .build();
        let icon = gtk::Image::from_icon_name(icon_of(device.kind));
        icon.set_accessible_role(gtk::AccessibleRole::Presentation);
        row.add_prefix(&icon);
        let button = forget::button(&device.name);
        let (id, name) = (device.id.clone(), device.name.clone());
        button.connect_clicked(glib::clone!(
            #[weak(rename_to = group)]
            self,
            #[strong]
            context,
            move |_| group.forget(&context, vec![id.clone()], name.clone())
        ));
        row.add_suffix(&button);
        row
    }

    fn ask_for_all(&self, context: &Rc<Context>) {
        let words = words::forget_all();
        let dialog = adw::AlertDialog::new(Some(&words.title), Some(&words.detail));
        dialog.add_responses(&[("cancel", &words.keep), ("forget", &words.forget)]);
        dialog.set_response_appearance("forget", adw::ResponseAppearance::Destructive);
        dialog.set_default_response(Some("cancel"));
        dialog.set_close_response("cancel");
        dialog.connect_response(
            Some("forget"),
            glib::clone!(
                #[weak(rename_to = group)]
                self,
                #[strong]
                context,
                move |_, _| {
                    let ids = remembered(&context).into_iter().map(|device| device.id);
                    group.forget(&context, ids.collect(), words::all_devices());
                }
            ),
        );
        dialog.present(Some(self));
    }

    fn forget(&self, context: &Rc<Context>, ids: Vec<String>, name: String) {
        let Some(engine) = context.engine() else {
            return;
        };
        glib::spawn_future_local(glib::clone!(
            #[weak(rename_to = group)]
            self,
            #[strong]
            context,
            async move {
                let mut forgotten = Vec::new();
                for id in ids {
                    forgotten.extend(engine.forget(&id).await);
                }
                group.show_later(&context);
                let forgotten = RefCell::new(forgotten);
                let undo = glib::clone!(
                    #[weak]
                    group,
                    move || {
                        let forgotten = forgotten.take();
                        let (engine, context) = (engine.clone(), Rc::clone(&context));
                        glib::spawn_future_local(async move {
                            for device in forgotten {
                                engine.restore(device).await;
                            }
                            group.show_later(&context);
                        });
                    }
                );
                forget::offer_undo(&group, &name, undo);
            }
        ));
    }

    /// The list of devices follows the engine when the main loop has time.
    fn show_later(&self, context: &Rc<Context>) {
        let show = glib::clone!(
            #[weak(rename_to = group)]
            self,
            #[strong]
            context,
            move || group.show(&context)
        );
        glib::idle_add_local_full(glib::Priority::LOW, move || {
            show();
            glib::ControlFlow::Break
        });
    }
}

/// The devices that are there again after the next start, in the order of the list.
fn remembered(context: &Context) -> Vec<ListedDevice> {
    let model = context.devices().model();
    model
        .iter::<DeviceItem>()
        .flatten()
        .filter_map(|item| item.listed())
        .filter(|device| device.used.is_some() || device.may_be_forgotten())
        .collect()
}

mod imp {
    use std::cell::RefCell;

    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "devices_group.ui")]
    pub struct DevicesGroup {
        #[template_child]
        pub(super) none: TemplateChild<adw::ActionRow>,
        pub(super) rows: RefCell<Vec<adw::ActionRow>>,
        pub(super) all: RefCell<Option<glib::WeakRef<adw::ButtonRow>>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for DevicesGroup {
        const NAME: &'static str = "TelecastDevicesGroup";
        type Type = super::DevicesGroup;
        type ParentType = adw::PreferencesGroup;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for DevicesGroup {}
    impl WidgetImpl for DevicesGroup {}
    impl PreferencesGroupImpl for DevicesGroup {}
}
