// SPDX-License-Identifier: GPL-3.0-or-later
//! The dialog that asks whether a sender may cast. Input: questions; output: their answers. It knows a sender's address
//! and name, not what a no or a yes leads to.

use std::pin::pin;

use futures_util::future::{Either, select};
use gtk4 as gtk;

use crate::engine::{ASK_LIMIT, Permission, Question};
use crate::words;

/// The buttons, in their order. Escape, Return and the closing of the dialog all mean the first: a dialog that appears
/// by itself must not be answered with yes by somebody who is typing.
const ANSWERS: [Permission; 3] = [Permission::Refused, Permission::Always, Permission::Once];

/// Asks one question after the other above `window`, until the receiver is gone.
pub async fn ask_in_turn(
    window: gtk::ApplicationWindow,
    questions: async_channel::Receiver<Question>,
) {
    while let Ok(question) = questions.recv().await {
        if !question.is_withdrawn() {
            ask(&window, question).await;
        }
    }
}

async fn ask(window: &gtk::ApplicationWindow, mut question: Question) {
    let words = words::asking(question.visitor(), ASK_LIMIT);
    let dialog = gtk::AlertDialog::builder()
        .modal(true)
        .message(&words.title)
        .detail(&words.detail)
        .buttons([words.refuse, words.always, words.once])
        .cancel_button(0)
        .default_button(0)
        .build();
    let chosen = match select(
        // The dialog vanishes with this future.
        pin!(dialog.choose_future(Some(window))),
        pin!(question.withdrawn()),
    )
    .await
    {
        Either::Left((chosen, _)) => chosen,
        Either::Right(_) => return,
    };
    let permission = chosen
        .ok()
        .and_then(|button| ANSWERS.get(usize::try_from(button).ok()?))
        .copied();
    question.answer(permission.unwrap_or(Permission::Refused));
}
