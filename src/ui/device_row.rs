// SPDX-License-Identifier: GPL-3.0-or-later
//! `DeviceRow`: a device in the list. Input: its [`DeviceItem`], what is cast to it, and what is chosen to be cast;
//! output: actions of the window (`win.cast`, `win.cast-sound`, `win.show-cast`, `win.stop-cast`) and of the page
//! (`devices.details`, `devices.forget`), all with the device's id.

use std::time::SystemTime;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::{gio, glib};
use libadwaita as adw;

use super::menu_names;
use super::model::DeviceItem;
use super::row_texts;
use crate::engine::{CastStatus, DeviceKind, ListedDevice, SourceKind};
use crate::words::{self, TrustMark};

glib::wrapper! {
    /// A device.
    pub struct DeviceRow(ObjectSubclass<imp::DeviceRow>)
        @extends adw::ActionRow, adw::PreferencesRow, gtk::ListBoxRow, gtk::Widget,
        @implements gtk::Accessible, gtk::Actionable, gtk::Buildable, gtk::ConstraintTarget;
}

impl DeviceRow {
    /// A row for `item`, which it follows, while `source` is chosen to be cast.
    pub fn new(item: &DeviceItem, source: SourceKind) -> DeviceRow {
        let row: DeviceRow = glib::Object::new();
        row.imp().item.replace(Some(item.clone()));
        row.imp().source.set(source);
        row.add_actions();
        menu_names::follow(&row.imp().more);
        row_texts::follow(row.upcast_ref());
        let changed = item.connect_changed(glib::clone!(
            #[weak]
            row,
            move |_| row.show()
        ));
        row.imp().changed.replace(Some(changed));
        // Not the row's own action: once it had one and has none, GTK takes the row for insensitive.
        row.connect_activated(|row| {
            if row.imp().cast.borrow().is_some() {
                row.ask_for("win.show-cast");
            }
        });
        item.bind_property("name", &row, "title")
            .sync_create()
            .build();
        row.show();
        row
    }

    /// The device.
    pub fn item(&self) -> Option<DeviceItem> {
        self.imp().item.borrow().clone()
    }

    /// What is chosen to be cast.
    pub fn set_source(&self, source: SourceKind) {
        if self.imp().source.replace(source) != source {
            self.show();
        }
    }

    /// What is being cast to it.
    pub fn set_cast(&self, cast: Option<CastStatus>) {
        let was = self.imp().cast.replace(cast);
        if was.is_some() || self.imp().cast.borrow().is_some() {
            self.show();
        }
    }

    /// Marks how far the device can be trusted, by a symbol that is read out; `None` shows nothing.
    pub fn set_trust(&self, mark: Option<&TrustMark>) {
        let trust = &self.imp().trust;
        if let Some(TrustMark { icon, text }) = mark {
            trust.set_icon_name(Some(icon));
            trust.set_tooltip_text(Some(text));
            trust.update_property(&[gtk::accessible::Property::Label(text)]);
        }
        trust.set_visible(mark.is_some());
    }

    fn add_actions(&self) {
        let forward = |name: &str, to: &'static str| {
            gio::ActionEntry::builder(name)
                .activate(glib::clone!(
                    #[weak(rename_to = row)]
                    self,
                    move |_: &gio::SimpleActionGroup, _, _| row.ask_for(to)
                ))
                .build()
        };
        let actions = gio::SimpleActionGroup::new();
        actions.add_action_entries([
            forward("cast", "win.cast"),
            forward("stop", "win.stop-cast"),
            forward("sound-only", "win.cast-sound"),
            forward("details", "devices.details"),
            forward("forget", "devices.forget"),
        ]);
        self.insert_action_group("device", Some(&actions));
        self.imp().actions.replace(Some(actions));
    }

    /// Activates an action of the window or the page, for this device.
    fn ask_for(&self, action: &str) {
        let id = match (&*self.imp().cast.borrow(), self.item()) {
            // A cast has the id that the device had when it began.
            (Some(cast), _) if action.ends_with("-cast") => cast.device.clone(),
            (_, Some(item)) => item.id(),
            (_, None) => return,
        };
        if let Err(error) = self.activate_action(action, Some(&id.to_variant())) {
            tracing::error!(%error, action, "nobody takes the wish of a row");
        }
    }

    fn show(&self) {
        let Some(listed) = self.item().and_then(|item| item.listed()) else {
            return;
        };
        let imp = self.imp();
        let cast = imp.cast.borrow().clone();
        let line = words::device_line(&listed, cast.as_ref(), SystemTime::now());
        imp.icon.set_icon_name(Some(icon_of(listed.kind)));
        self.set_subtitle(&line);
        let fits = listed.kind.has_picture() || imp.source.get() != SourceKind::Virtual;
        let possible = listed.is_available() && fits;
        set_class(self, "unavailable", cast.is_none() && !possible);
        set_class(&*imp.icon, "accent", cast.is_some());
        match &cast {
            Some(cast) => self.offer_stop(cast),
            None => self.offer_cast(&listed, possible),
        }
        let more = words::more_button(&listed.name);
        imp.more.set_tooltip_text(Some(&more));
        imp.more
            .update_property(&[gtk::accessible::Property::Label(&more)]);
        self.enable("sound-only", cast.is_none() && listed.is_available());
        self.enable("forget", cast.is_none() && listed.may_be_forgotten());
    }

    /// A press on the row shows the cast, a press on the button stops it.
    fn offer_stop(&self, cast: &CastStatus) {
        self.name_button(
            "media-playback-stop-symbolic",
            &words::stop_button(&cast.name),
        );
        let button = &self.imp().cast_button;
        button.set_action_name(Some("device.stop"));
        button.set_visible(true);
        self.set_activatable_widget(gtk::Widget::NONE);
        button.reset_relation(gtk::AccessibleRelation::LabelledBy);
        self.set_activatable(true);
    }

    fn offer_cast(&self, listed: &ListedDevice, possible: bool) {
        self.name_button("telecast-cast-symbolic", &words::cast_button(&listed.name));
        let button = &self.imp().cast_button;
        button.set_action_name(Some("device.cast"));
        button.set_visible(possible);
        self.enable("cast", possible);
        self.set_activatable_widget(Some(&**button).filter(|_| possible));
        // The row labels it with its title, which would hide the name of the button.
        button.reset_relation(gtk::AccessibleRelation::LabelledBy);
        self.set_activatable(possible);
    }

    fn name_button(&self, icon: &str, name: &str) {
        let button = &self.imp().cast_button;
        button.set_icon_name(icon);
        button.set_tooltip_text(Some(name));
        button.update_property(&[gtk::accessible::Property::Label(name)]);
    }

    fn enable(&self, action: &str, enabled: bool) {
        let actions = self.imp().actions.borrow();
        let action = actions
            .as_ref()
            .and_then(|actions| actions.lookup_action(action));
        if let Some(action) = action.and_downcast::<gio::SimpleAction>() {
            action.set_enabled(enabled);
        }
    }
}

/// The symbol of a kind of device.
pub fn icon_of(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Tv => "telecast-tv-symbolic",
        DeviceKind::Display => "telecast-display-symbolic",
        DeviceKind::Speaker => "telecast-speaker-symbolic",
        DeviceKind::Group => "telecast-speakers-symbolic",
    }
}

fn set_class(widget: &impl IsA<gtk::Widget>, class: &str, set: bool) {
    if set {
        widget.add_css_class(class);
    } else {
        widget.remove_css_class(class);
    }
}

mod imp {
    use std::cell::{Cell, RefCell};

    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::prelude::*;
    use gtk4::{gio, glib};
    use libadwaita as adw;

    use super::super::model::DeviceItem;
    use crate::engine::{CastStatus, SourceKind};

    #[derive(Debug, gtk::CompositeTemplate)]
    #[template(file = "device_row.ui")]
    pub struct DeviceRow {
        #[template_child]
        pub(super) icon: TemplateChild<gtk::Image>,
        #[template_child]
        pub(super) trust: TemplateChild<gtk::Image>,
        #[template_child(id = "cast")]
        pub(super) cast_button: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) more: TemplateChild<gtk::MenuButton>,
        pub(super) item: RefCell<Option<DeviceItem>>,
        pub(super) changed: RefCell<Option<glib::SignalHandlerId>>,
        pub(super) cast: RefCell<Option<CastStatus>>,
        pub(super) source: Cell<SourceKind>,
        pub(super) actions: RefCell<Option<gio::SimpleActionGroup>>,
    }

    impl Default for DeviceRow {
        fn default() -> Self {
            DeviceRow {
                icon: TemplateChild::default(),
                trust: TemplateChild::default(),
                cast_button: TemplateChild::default(),
                more: TemplateChild::default(),
                item: RefCell::default(),
                changed: RefCell::default(),
                cast: RefCell::default(),
                source: Cell::new(SourceKind::Screen),
                actions: RefCell::default(),
            }
        }
    }

    #[glib::object_subclass]
    impl ObjectSubclass for DeviceRow {
        const NAME: &'static str = "TelecastDeviceRow";
        type Type = super::DeviceRow;
        type ParentType = adw::ActionRow;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for DeviceRow {
        fn dispose(&self) {
            if let (Some(item), Some(changed)) = (self.item.take(), self.changed.take()) {
                item.disconnect(changed);
            }
        }
    }
    impl WidgetImpl for DeviceRow {}
    impl ListBoxRowImpl for DeviceRow {}
    impl PreferencesRowImpl for DeviceRow {}
    impl ActionRowImpl for DeviceRow {}
}
