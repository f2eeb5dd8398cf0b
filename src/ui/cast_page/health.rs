// SPDX-License-Identifier: GPL-3.0-or-later
//! The line below the preview: how the cast is going. Input: the engine's [`Health`]; output: icon, words, and an
//! announcement for those who do not see them.

use std::time::Instant;

use gtk4 as gtk;
use gtk4::glib;
use gtk4::prelude::*;
use gtk4::subclass::prelude::*;

use super::CastPage;
use crate::engine::{CastStatus, DeviceKind, Health, SessionState, Tone};
use crate::ui::model::follow;
use crate::words;

/// Icon and style class of each tone.
pub(in crate::ui) fn look_of(tone: Tone) -> (&'static str, Option<&'static str>) {
    match tone {
        Tone::Good => ("object-select-symbolic", Some("success")),
        Tone::Information => ("dialog-information-symbolic", None),
        Tone::Warning => ("dialog-warning-symbolic", Some("warning")),
    }
}

impl CastPage {
    /// Shows how the cast is going, as long as it runs.
    pub(super) fn follow_health(&self, status: &CastStatus) {
        let (page, kind) = (self.downgrade(), status.kind);
        follow(status.health.clone(), move |health| {
            let Some(page) = page.upgrade() else {
                return glib::ControlFlow::Break;
            };
            page.show_health(health, kind);
            glib::ControlFlow::Continue
        });
    }

    /// While the device is sought, what is the matter and how long that goes on; to be called once a second.
    pub(super) fn show_absence(&self) {
        let page = self.imp();
        let status = page.followed.item().and_then(|item| item.status());
        let now = status.map(|status| (status.state, status.kind));
        let Some((SessionState::Reconnecting(absence), kind)) = now else {
            page.seeking.set(None);
            return;
        };
        let (icon, class) = look_of(Tone::Warning);
        page.health_icon.set_icon_name(Some(icon));
        page.health_icon
            .set_css_classes(&class.into_iter().collect::<Vec<_>>());
        page.health_icon.set_visible(true);
        let words = words::reconnecting(&absence, kind, Instant::now());
        page.verdict.set_label(&words.verdict);
        page.consequence.set_label(&words.consequence);
        page.consequence.set_visible(true);
        if page.seeking.replace(Some(absence.why)) != Some(absence.why) {
            let both = words::verdict_and_consequence(&words);
            self.announce(&both, gtk::AccessibleAnnouncementPriority::Medium);
        }
    }

    /// What the session says counts until there are numbers.
    fn show_health(&self, health: Option<Health>, kind: DeviceKind) {
        let page = self.imp();
        let Some(health) = health else {
            page.judged.set(false);
            page.health_icon.set_visible(false);
            page.consequence.set_visible(false);
            self.show_absence();
            return;
        };
        let (icon, class) = look_of(health.tone());
        page.health_icon.set_icon_name(Some(icon));
        let classes: Vec<&str> = class.into_iter().collect();
        page.health_icon.set_css_classes(&classes);
        page.health_icon.set_visible(true);
        let words = words::health(&health, kind);
        let is_news = page.judged.replace(true) && page.verdict.label() != words.verdict;
        page.verdict.set_label(&words.verdict);
        page.consequence.set_label(&words.consequence);
        page.consequence.set_visible(true);
        if is_news {
            let both = words::verdict_and_consequence(&words);
            self.announce(&both, gtk::AccessibleAnnouncementPriority::Medium);
        }
    }
}
