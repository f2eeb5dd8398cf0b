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

fn word<C: Choice>(choice: C) -> glib::Variant {
    choice.as_str().to_variant()
}
