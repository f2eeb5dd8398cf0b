// SPDX-License-Identifier: GPL-3.0-or-later
//! Combo rows for settings that are a [`Choice`]. Input: the setting; output: the row and the setting, kept the same.

use adw::prelude::*;
use gtk4 as gtk;
use gtk4::gio;
use gtk4::glib;
use libadwaita as adw;

use crate::engine::Choice;

/// Lets `row` choose the value of `key` among all that there are, by their names.
pub fn bind<C: Choice>(
    row: &adw::ComboRow,
    store: &gio::Settings,
    key: &str,
    name: impl Fn(C) -> String,
) {
    let names: Vec<String> = C::ALL.iter().map(|choice| name(*choice)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    row.set_model(Some(&gtk::StringList::new(&names)));
    show_whole(row);
    store
        .bind(key, row, "selected")
        .mapping(|word, _| {
            let choice = C::from_word(word.str()?)?;
            let at = C::ALL.iter().position(|other| *other == choice)?;
            Some(u32::try_from(at).ok()?.to_value())
        })
        .set_mapping(|selected, _| {
            let at = usize::try_from(selected.get::<u32>().ok()?).ok()?;
            C::ALL.get(at).map(|choice| word(*choice))
        })
        .build();
}

/// Keeps the chosen name whole where the row is narrow: its title and subtitle have lines to spare, and a short name that is
/// cut off says nothing.
fn show_whole(row: &adw::ComboRow) {
    let in_list = row.factory();
    let chosen = gtk::SignalListItemFactory::new();
    chosen.connect_setup(|_, item| {
        if let Some(item) = item.downcast_ref::<gtk::ListItem>() {
            item.set_child(Some(&gtk::Label::new(None)));
        }
    });
    chosen.connect_bind(|_, item| {
        let item = item.downcast_ref::<gtk::ListItem>();
        let label = item
            .and_then(gtk::ListItem::child)
            .and_downcast::<gtk::Label>();
        let name = item
            .and_then(gtk::ListItem::item)
            .and_downcast::<gtk::StringObject>();
        if let Some((label, name)) = label.zip(name) {
            label.set_label(&name.string());
        }
    });
    row.set_factory(Some(&chosen));
    row.set_list_factory(in_list.as_ref());
}

fn word<C: Choice>(choice: C) -> glib::Variant {
    choice.as_str().to_variant()
}
