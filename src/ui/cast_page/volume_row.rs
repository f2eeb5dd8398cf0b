// SPDX-License-Identifier: GPL-3.0-or-later
//! `VolumeRow`: the device's volume. Input: its [`CastItem`], which follows changes made elsewhere; output: commands to the
//! engine. Hidden while the device has not told its volume, or cannot change it.

use std::rc::Rc;
use std::time::Instant;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use super::coalesce::Send;
use crate::engine::{CastStatus, Volume};
use crate::ui::cast_actions;
use crate::ui::context::Context;
use crate::ui::model::CastItem;
use crate::words;

/// Length of the slider, on a wide page and on a narrow one.
const LENGTHS: [i32; 2] = [220, 150];

glib::wrapper! {
    /// A slider and a button that mutes.
    pub struct VolumeRow(ObjectSubclass<imp::VolumeRow>)
        @extends adw::ActionRow, adw::PreferencesRow, gtk::ListBoxRow, gtk::Widget,
        @implements gtk::Accessible, gtk::Actionable, gtk::Buildable, gtk::ConstraintTarget;
}

impl VolumeRow {
    /// Sends what the person does to the device of `item`.
    pub fn steer(&self, context: &Rc<Context>, item: &CastItem) {
        let row = self.imp();
        let chosen = glib::clone!(
            #[weak(rename_to = row)]
            self,
            #[strong]
            context,
            #[weak]
            item,
            move |scale: &gtk::Scale| {
                if !row.imp().telling.get() {
                    row.choose(&context, &item, scale.value().clamp(0.0, 1.0));
                }
            }
        );
        // Not "change-value": a screen reader sets the value without it.
        row.scale.connect_value_changed(chosen);
        row.mute.connect_clicked(glib::clone!(
            #[strong]
            context,
            #[weak]
            item,
            move |button| {
                let muted = button.is_active();
                cast_actions::command(&context, &item, |engine, id| engine.set_muted(id, muted));
            }
        ));
    }

    /// Shows the volume that the device told last.
    pub fn show(&self, status: &CastStatus) {
        let row = self.imp();
        let adjustable = status.volume.filter(|volume| volume.adjustable);
        self.set_visible(adjustable.is_some());
        let Some(volume) = adjustable else {
            return;
        };
        self.set_title(&words::volume_of(status.kind));
        let level = row.coalesce.borrow().told(Instant::now(), volume.level);
        if let Some(level) = level {
            row.telling.set(true);
            row.level.set_value(level);
            row.telling.set(false);
        }
        if row.mute.is_active() != volume.muted {
            row.mute.set_active(volume.muted);
        }
        let label = words::mute(&status.name, volume.muted);
        row.mute.set_tooltip_text(Some(&label));
        row.mute
            .update_property(&[gtk::accessible::Property::Label(&label)]);
        let label = words::volume(&status.name);
        row.scale
            .update_property(&[gtk::accessible::Property::Label(&label)]);
        self.show_icon(volume);
    }

    /// Takes less room.
    pub fn set_narrow(&self, narrow: bool) {
        let length = LENGTHS[usize::from(narrow)];
        self.imp().scale.set_width_request(length);
    }

    fn show_icon(&self, volume: Volume) {
        self.imp().mute.set_icon_name(match volume.level {
            _ if volume.muted => "audio-volume-muted-symbolic",
            level if level < 0.33 => "audio-volume-low-symbolic",
            level if level < 0.66 => "audio-volume-medium-symbolic",
            _ => "audio-volume-high-symbolic",
        });
    }

    fn choose(&self, context: &Rc<Context>, item: &CastItem, level: f64) {
        let send = self
            .imp()
            .coalesce
            .borrow_mut()
            .choose(Instant::now(), level);
        match send {
            Some(Send::Now(level)) => set(context, item, level),
            Some(Send::After(wait)) => {
                let later = glib::clone!(
                    #[weak(rename_to = row)]
                    self,
                    #[strong]
                    context,
                    #[weak]
                    item,
                    move || {
                        let due = row.imp().coalesce.borrow_mut().due(Instant::now());
                        if let Some(level) = due {
                            set(&context, &item, level);
                        }
                    }
                );
                glib::timeout_add_local_once(wait, later);
            }
            None => {}
        }
    }
}

fn set(context: &Rc<Context>, item: &CastItem, level: f64) {
    cast_actions::command(context, item, |engine, id| engine.set_volume(id, level));
}

mod imp {
    use std::cell::{Cell, RefCell};

    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    use super::super::coalesce::Coalesce;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "volume_row.ui")]
    pub struct VolumeRow {
        /// The slider moves because the device told so.
        pub(super) telling: Cell<bool>,
        #[template_child]
        pub(super) mute: TemplateChild<gtk::ToggleButton>,
        #[template_child]
        pub(super) scale: TemplateChild<gtk::Scale>,
        #[template_child]
        pub(super) level: TemplateChild<gtk::Adjustment>,
        pub(super) coalesce: RefCell<Coalesce>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for VolumeRow {
        const NAME: &'static str = "TelecastVolumeRow";
        type Type = super::VolumeRow;
        type ParentType = adw::ActionRow;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for VolumeRow {}
    impl WidgetImpl for VolumeRow {}
    impl ListBoxRowImpl for VolumeRow {}
    impl PreferencesRowImpl for VolumeRow {}
    impl ActionRowImpl for VolumeRow {}
}
