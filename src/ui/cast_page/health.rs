// SPDX-License-Identifier: GPL-3.0-or-later
//! The line below the preview: how the cast is going. Input: the engine's [`Health`]; output: icon, words, and an
//! announcement for those who do not see them.

use gtk4 as gtk;
use gtk4::glib;
use gtk4::prelude::*;
use gtk4::subclass::prelude::*;

use super::CastPage;
use crate::engine::{CastStatus, DeviceKind, Health, Tone};
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

    /// What the session says counts until there are numbers.
    fn show_health(&self, health: Option<Health>, kind: DeviceKind) {
        let page = self.imp();
        let Some(health) = health else {
            page.judged.set(false);
            page.health_icon.set_visible(false);
            page.consequence.set_visible(false);
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
