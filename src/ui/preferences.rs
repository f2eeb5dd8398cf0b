// SPDX-License-Identifier: GPL-3.0-or-later
//! `Preferences`: the dialog of the settings. Input: the store and what is remembered; output: changes in both. A change
//! says when it takes effect.

mod add_root;
mod choice_row;
mod desktop_rows;
mod forget_group;
mod interface_row;
mod memories;
mod ports_row;

use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::{gio, glib};
use libadwaita as adw;

use super::context::Context;
use super::model::CastItem;
use super::row_texts;
use crate::engine::{
    CodecChoice, Effect, LatencyProfile, MonitorSize, PictureSize, PreferencesPage, SoundDefault,
    TrustRule, setting,
};
use crate::words;
use memories::{KnownDevices, Permissions, RememberedDevices, Senders, TrustedRoots};

glib::wrapper! {
    /// The dialog.
    pub struct Preferences(ObjectSubclass<imp::Preferences>)
        @extends adw::PreferencesDialog, adw::Dialog, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget, gtk::ShortcutManager;
}

impl Preferences {
    /// A dialog that shows `page` first.
    pub fn new(context: &Rc<Context>, page: PreferencesPage) -> Preferences {
        let dialog: Preferences = glib::Object::new();
        dialog.turn_to(page);
        let store = context.settings().store();
        dialog.bind_choices(store);
        dialog.bind_numbers(store);
        dialog.bind_switches(store);
        dialog.bind_desktop(context);
        let rows = dialog.imp();
        rows.ports.bind(store);
        interface_row::bind(&rows.interface, context);
        rows.devices.fill(context, RememberedDevices);
        rows.devices.forget_all_by(&rows.forget_all);
        rows.permits.fill(context, Permissions);
        rows.roots.fill(context, TrustedRoots);
        rows.known_devices.fill(context, KnownDevices);
        rows.senders.fill(context, Senders);
        add_root::bind(&rows.add_root, &rows.roots, context);
        dialog.say_effects(context);
        for page in [&rows.casting, &rows.network] {
            row_texts::follow_all(&**page);
        }
        dialog
    }

    /// Shows this page.
    pub fn turn_to(&self, page: PreferencesPage) {
        self.set_visible_page_name(match page {
            PreferencesPage::Casting => "casting",
            PreferencesPage::Network => "network",
            PreferencesPage::Trust => "trust",
        });
    }

    fn bind_choices(&self, store: &gio::Settings) {
        let rows = self.imp();
        choice_row::bind(&rows.latency, store, setting::LATENCY, words::latency);
        choice_row::bind::<SoundDefault>(&rows.sound, store, setting::SOUND, words::sound);
        choice_row::bind::<CodecChoice>(&rows.codec, store, setting::CODEC, words::codec_choice);
        choice_row::bind::<PictureSize>(
            &rows.largest_picture,
            store,
            setting::LARGEST_PICTURE,
            words::picture_size,
        );
        choice_row::bind::<MonitorSize>(
            &rows.second_monitor_size,
            store,
            setting::SECOND_MONITOR_SIZE,
            words::monitor_size,
        );
        choice_row::bind::<TrustRule>(&rows.trust, store, setting::TRUST, words::trust_rule);
        // The subtitle says what the choice means.
        rows.latency
            .bind_property("selected", &*rows.latency, "subtitle")
            .transform_to(|_, selected: u32| {
                let profile = LatencyProfile::ALL.get(usize::try_from(selected).ok()?)?;
                Some(words::latency_effect(*profile))
            })
            .sync_create()
            .build();
    }

    fn bind_numbers(&self, store: &gio::Settings) {
        let rows = self.imp();
        let bitrate = &rows.bitrate_limit;
        bitrate.connect_output(|row| {
            if row.value() < 1.0 {
                row.set_text(&words::auto());
                return true;
            }
            false
        });
        bitrate.connect_input(|row| (row.text() == words::auto()).then_some(Ok(0.0)));
        for (row, key) in [
            (&rows.frame_rate, setting::FRAME_RATE),
            (bitrate, setting::BITRATE_LIMIT),
            (&rows.overscan, setting::OVERSCAN),
        ] {
            store.bind(key, &**row, "value").build();
        }
        bitrate.update();
    }

    fn bind_switches(&self, store: &gio::Settings) {
        let rows = self.imp();
        for (row, key) in [
            (&rows.hardware, setting::HARDWARE),
            (&rows.show_pointer, setting::SHOW_POINTER),
            (&rows.stay_awake, setting::STAY_AWAKE),
            (&rows.pause_when_locked, setting::PAUSE_WHEN_LOCKED),
            (&rows.do_not_disturb, setting::DO_NOT_DISTURB),
            (&rows.global_shortcuts, setting::GLOBAL_SHORTCUTS),
        ] {
            store.bind(key, &**row, "active").build();
        }
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

mod imp {
    use std::cell::RefCell;

    use adw::prelude::*;
    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    use super::forget_group::ForgetGroup;
    use super::ports_row::PortsRow;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "preferences.ui")]
    pub struct Preferences {
        #[template_child]
        pub(super) casting: TemplateChild<adw::PreferencesPage>,
        #[template_child]
        pub(super) network: TemplateChild<adw::PreferencesPage>,
        #[template_child]
        pub(super) latency: TemplateChild<adw::ComboRow>,
        #[template_child]
        pub(super) largest_picture: TemplateChild<adw::ComboRow>,
        #[template_child]
        pub(super) frame_rate: TemplateChild<adw::SpinRow>,
        #[template_child]
        pub(super) bitrate_limit: TemplateChild<adw::SpinRow>,
        #[template_child]
        pub(super) codec: TemplateChild<adw::ComboRow>,
        #[template_child]
        pub(super) hardware: TemplateChild<adw::SwitchRow>,
        #[template_child]
        pub(super) overscan: TemplateChild<adw::SpinRow>,
        #[template_child]
        pub(super) show_pointer: TemplateChild<adw::SwitchRow>,
        #[template_child]
        pub(super) sound: TemplateChild<adw::ComboRow>,
        #[template_child]
        pub(super) second_monitor_size: TemplateChild<adw::ComboRow>,
        #[template_child]
        pub(super) stay_awake: TemplateChild<adw::SwitchRow>,
        #[template_child]
        pub(super) pause_when_locked: TemplateChild<adw::SwitchRow>,
        #[template_child]
        pub(super) do_not_disturb: TemplateChild<adw::SwitchRow>,
        #[template_child]
        pub(super) global_shortcuts: TemplateChild<adw::SwitchRow>,
        #[template_child]
        pub(super) start_at_login: TemplateChild<adw::SwitchRow>,
        #[template_child]
        pub(super) interface: TemplateChild<adw::ComboRow>,
        #[template_child]
        pub(super) ports: TemplateChild<PortsRow>,
        #[template_child]
        pub(super) devices: TemplateChild<ForgetGroup>,
        #[template_child]
        pub(super) forget_all: TemplateChild<adw::ButtonRow>,
        #[template_child]
        pub(super) permits: TemplateChild<ForgetGroup>,
        #[template_child]
        pub(super) trust: TemplateChild<adw::ComboRow>,
        #[template_child]
        pub(super) roots: TemplateChild<ForgetGroup>,
        #[template_child]
        pub(super) add_root: TemplateChild<gtk::Button>,
        #[template_child]
        pub(super) known_devices: TemplateChild<ForgetGroup>,
        #[template_child]
        pub(super) senders: TemplateChild<ForgetGroup>,
        /// The last sentence about a changed setting.
        pub(super) said: RefCell<Option<adw::Toast>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Preferences {
        const NAME: &'static str = "TelecastPreferences";
        type Type = super::Preferences;
        type ParentType = adw::PreferencesDialog;

        fn class_init(class: &mut Self::Class) {
            PortsRow::ensure_type();
            ForgetGroup::ensure_type();
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
