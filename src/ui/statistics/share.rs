// SPDX-License-Identifier: GPL-3.0-or-later
//! The statistics for others: the actions `statistics.copy` and `statistics.save`. Input: what the panel shows; output:
//! the clipboard, a file.

use std::time::Instant;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::{gio, glib};
use libadwaita as adw;

use super::StatisticsPanel;
use crate::engine::{CastStatus, Delays, Figure};
use crate::words::statistics as words;

impl StatisticsPanel {
    pub(super) fn add_actions(&self) {
        let group = gio::SimpleActionGroup::new();
        let copy = gio::ActionEntry::builder("copy")
            .activate(glib::clone!(
                #[weak(rename_to = panel)]
                self,
                move |_: &gio::SimpleActionGroup, _, _| panel.copy()
            ))
            .build();
        let save = gio::ActionEntry::builder("save")
            .activate(glib::clone!(
                #[weak(rename_to = panel)]
                self,
                move |_: &gio::SimpleActionGroup, _, _| {
                    glib::spawn_future_local(async move { panel.save().await });
                }
            ))
            .build();
        group.add_action_entries([copy, save]);
        self.insert_action_group("statistics", Some(&group));
    }

    fn copy(&self) {
        if let Some(text) = self.status().as_ref().and_then(text_of) {
            self.clipboard().set_text(&text);
            self.say(&words::copied());
        }
    }

    async fn save(&self) {
        let Some(status) = self.status() else {
            return;
        };
        let dialog = gtk::FileDialog::builder()
            .initial_name(words::statistics_file(&status.name))
            .build();
        let window = self.root().and_downcast::<gtk::Window>();
        // Dismissed: nothing to be said.
        let Ok(file) = dialog.save_future(window.as_ref()).await else {
            return;
        };
        let text = match status.history.to_json(Instant::now()) {
            Ok(text) => text,
            Err(error) => return self.say(&words::not_saved(&error.to_string())),
        };
        let flags = gio::FileCreateFlags::REPLACE_DESTINATION;
        let written = file.replace_contents_future(text, None, false, flags).await;
        if let Err((_, error)) = written {
            self.say(&words::not_saved(error.message()));
        }
    }

    fn say(&self, text: &str) {
        self.imp().toasts.add_toast(adw::Toast::new(text));
    }
}

fn text_of(status: &CastStatus) -> Option<String> {
    let samples = status.history.samples();
    let mut newest = samples.iter().rev();
    let (now, before) = (newest.next()?, newest.next());
    let before = before.map(|sample| &sample.stats);
    let figures = Figure::ALL.map(|figure| (figure, figure.values(before, &now.stats)));
    let delays = Delays::newest(samples.iter().map(AsRef::as_ref));
    let health = *status.health.borrow();
    Some(words::statistics_as_text(
        (&status.name, status.kind),
        health.as_ref(),
        &figures,
        delays.as_ref(),
        &now.stats,
    ))
}
