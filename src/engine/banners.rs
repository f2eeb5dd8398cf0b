// SPDX-License-Identifier: GPL-3.0-or-later
//! `Banners`: the desktop's notifications, kept off a screen that others see. What the person wants in; the desktop's
//! setting out, put back in every way a cast ends: also at the next start, when this program was killed meanwhile.

use gio::prelude::*;

use super::Settings;
use super::settings::key::BANNERS_SILENCED as SILENCED;
use crate::portal::is_sandboxed;

/// The desktop's schema and key. Others than GNOME may not have it.
const SCHEMA: &str = "org.gnome.desktop.notifications";
const SHOW_BANNERS: &str = "show-banners";

/// See the module. Belongs to the thread on which it was made.
#[derive(Debug, Clone)]
pub struct Banners {
    desktop: gio::Settings,
    own: gio::Settings,
}

impl Banners {
    /// The desktop's notifications; `None` where they cannot be silenced.
    pub fn open(settings: &Settings) -> Option<Banners> {
        // A sandbox has settings of its own: what is written there silences nobody.
        if is_sandboxed() {
            return None;
        }
        let schema = gio::SettingsSchemaSource::default()?.lookup(SCHEMA, true)?;
        if !schema.has_key(SHOW_BANNERS) {
            return None;
        }
        let desktop = gio::Settings::new_full(&schema, gio::SettingsBackend::NONE, None);
        desktop.is_writable(SHOW_BANNERS).then(|| Banners {
            desktop,
            own: settings.store().clone(),
        })
    }

    /// Puts back what a program that was killed has left.
    pub fn repair(settings: &Settings) {
        if settings.store().boolean(SILENCED)
            && let Some(banners) = Banners::open(settings)
        {
            banners.restore();
        }
    }

    /// Whether notifications appear on the screen now.
    pub fn are_shown(&self) -> bool {
        self.desktop.boolean(SHOW_BANNERS)
    }

    /// Whether they are off because of us.
    pub fn are_silenced(&self) -> bool {
        self.own.boolean(SILENCED) && !self.are_shown()
    }

    /// Calls `changed` when that changes, whoever changes it.
    pub fn connect_changed(&self, changed: impl Fn(&Banners) + 'static) {
        let banners = self.clone();
        self.desktop
            .connect_changed(Some(SHOW_BANNERS), move |_, _| changed(&banners));
    }

    /// Switches them off for as long as something is cast. Nothing happens when they are off anyway.
    pub fn silence(&self) {
        if self.are_shown() {
            // The note first: what happens in between must not leave them off.
            Self::write(&self.own, SILENCED, true);
            Self::write(&self.desktop, SHOW_BANNERS, false);
        }
    }

    /// Switches them on again if it was us who switched them off.
    pub fn restore(&self) {
        if self.own.boolean(SILENCED) {
            Self::write(&self.desktop, SHOW_BANNERS, true);
            Self::write(&self.own, SILENCED, false);
        }
    }

    fn write(settings: &gio::Settings, key: &str, value: bool) {
        if let Err(error) = settings.set_boolean(key, value) {
            tracing::warn!(%error, key, "a setting cannot be written");
        }
    }
}
