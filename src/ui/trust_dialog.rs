// SPDX-License-Identifier: GPL-3.0-or-later
//! The dialog that asks whether to cast to a device that nobody known has certified. Input: a [`TrustQuestion`]; output:
//! its answer. Escape, Return and the closing of the dialog all mean no: it appears by itself, and must not be answered
//! with yes by somebody who is typing.

use std::pin::pin;

use adw::prelude::*;
use futures_util::future::{Either, select};
use gtk4 as gtk;
use libadwaita as adw;

use super::row_texts;
use crate::engine::TrustQuestion;
use crate::words;

/// Asks above `window`; gone when the answer no longer matters.
pub async fn ask(window: &impl IsA<gtk::Widget>, mut question: TrustQuestion) {
    if question.is_withdrawn() {
        return;
    }
    let words = words::trust_question(&question);
    let dialog = adw::AlertDialog::new(Some(&words.title), Some(&words.detail));
    dialog.set_extra_child(Some(&key(&words.key_title, &words.key)));
    dialog.add_responses(&[("cancel", &words.cancel), ("cast", &words.cast)]);
    dialog.set_default_response(Some("cancel"));
    dialog.set_close_response("cancel");
    let response = match select(
        pin!(dialog.clone().choose_future(Some(window))),
        pin!(question.withdrawn()),
    )
    .await
    {
        Either::Left((response, _)) => Some(response),
        Either::Right(_) => None,
    };
    match response {
        Some(response) => question.answer(response == "cast"),
        None => {
            dialog.force_close();
        }
    }
}

/// The key as a line that can be selected, to compare it with what the device shows elsewhere.
fn key(title: &str, key: &str) -> gtk::ListBox {
    let row = adw::ActionRow::builder()
        .title(title)
        .subtitle(key)
        .use_markup(false)
        .subtitle_selectable(true)
        .subtitle_lines(3)
        .css_classes(["property", "monospace"])
        .build();
    row_texts::follow(&row);
    let list = gtk::ListBox::builder()
        .selection_mode(gtk::SelectionMode::None)
        .css_classes(["boxed-list"])
        .build();
    list.append(&row);
    list.update_property(&[gtk::accessible::Property::Label(title)]);
    list
}
