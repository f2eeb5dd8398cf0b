// SPDX-License-Identifier: GPL-3.0-or-later
//! `CastingPage`: the preferences about casts: picture, sound, what happens meanwhile. Input: the settings; output: the
//! settings.

mod desktop_rows;

use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::{gio, glib};
use libadwaita as adw;

use super::choice_row;
use crate::engine::{CodecChoice, LatencyProfile, MonitorSize, PictureSize, SoundDefault, setting};
use crate::ui::context::Context;
use crate::ui::row_texts;
use crate::words;

glib::wrapper! {
    /// The page.
    pub struct CastingPage(ObjectSubclass<imp::CastingPage>)
        @extends adw::PreferencesPage, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl CastingPage {
    /// A page that shows and changes the settings.
    pub fn new(context: &Rc<Context>) -> CastingPage {
        let page: CastingPage = glib::Object::new();
        let store = context.settings().store();
        page.bind_choices(store);
        page.bind_numbers(store);
        page.bind_switches(store);
        page.bind_desktop(context);
        row_texts::follow_all(&page);
        page
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
}

mod imp {
    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "casting_page.ui")]
    pub struct CastingPage {
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
    }

    #[glib::object_subclass]
    impl ObjectSubclass for CastingPage {
        const NAME: &'static str = "TelecastCastingPreferences";
        type Type = super::CastingPage;
        type ParentType = adw::PreferencesPage;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for CastingPage {}
    impl WidgetImpl for CastingPage {}
    impl PreferencesPageImpl for CastingPage {}
}
