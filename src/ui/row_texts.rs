// SPDX-License-Identifier: GPL-3.0-or-later
//! What a screen reader says of a row after its title: what is chosen in it, and its subtitle. GTK 4.18 finds neither: it
//! takes the description of the subtitle's label, which has none, and a row's choice is a list deep within the row. Input: rows;
//! output: their descriptions.

use adw::prelude::*;
use gtk4 as gtk;
use libadwaita as adw;

use crate::words;

/// Keeps the description of `row` right.
pub fn follow(row: &adw::ActionRow) {
    row.connect_subtitle_notify(describe);
    if let Some(row) = row.downcast_ref::<adw::ComboRow>() {
        row.connect_selected_item_notify(|row| describe(row.upcast_ref()));
    }
    describe(row);
}

/// The same for all rows in `widget` that are there now.
pub fn follow_all(widget: &impl IsA<gtk::Widget>) {
    let widget = widget.upcast_ref::<gtk::Widget>();
    if let Some(row) = widget.downcast_ref::<adw::ActionRow>() {
        follow(row);
        return;
    }
    let mut child = widget.first_child();
    while let Some(next) = child {
        follow_all(&next);
        child = next.next_sibling();
    }
}

fn describe(row: &adw::ActionRow) {
    let subtitle = row.subtitle().filter(|subtitle| !subtitle.is_empty());
    let chosen = row.downcast_ref::<adw::ComboRow>();
    let chosen = chosen.and_then(adw::ComboRow::selected_item);
    let chosen = chosen.and_downcast::<gtk::StringObject>();
    let text = match (chosen.map(|chosen| chosen.string()), subtitle) {
        (Some(chosen), Some(subtitle)) => words::chosen(&chosen, &subtitle),
        (Some(text), None) | (None, Some(text)) => text.into(),
        (None, None) => String::new(),
    };
    let row = row.upcast_ref::<gtk::Widget>();
    row.reset_relation(gtk::AccessibleRelation::DescribedBy);
    row.update_property(&[gtk::accessible::Property::Description(&text)]);
}
