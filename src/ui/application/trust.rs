// SPDX-License-Identifier: GPL-3.0-or-later
//! What the [`Application`] does about devices that are not certified: the engine's questions in, dialogs above the window
//! out, one after the other; and the rule of the settings, told to the engine.

use std::rc::Rc;

use gtk4::glib;
use gtk4::prelude::*;

use super::Application;
use crate::engine::{TrustAsker, TrustQuestion, setting};
use crate::ui::context::Context;
use crate::ui::trust_dialog;

/// Questions that may wait for their turn. There is one for each cast that begins; beyond, nobody can be asked.
pub const QUESTIONS: usize = 16;

/// Hands the engine's questions over to the main thread.
#[derive(Debug)]
pub struct InWindow(pub async_channel::Sender<TrustQuestion>);

impl TrustAsker for InWindow {
    fn ask(&self, question: TrustQuestion) {
        if let Err(refused) = self.0.try_send(question) {
            tracing::warn!(%refused, "a question cannot be shown");
            refused.into_inner().nobody();
        }
    }
}

impl Application {
    /// Asks from now on.
    pub(super) fn ask_about_devices(&self, context: &Rc<Context>) {
        let questions = context.questions();
        let asking = glib::clone!(
            #[weak(rename_to = app)]
            self,
            #[strong]
            context,
            async move {
                while let Ok(question) = questions.recv().await {
                    let window = app.window(&context);
                    // It may have been closed, or never opened, while a cast begins.
                    if !window.is_visible() {
                        window.present();
                    }
                    trust_dialog::ask(&window, question).await;
                }
            }
        );
        glib::spawn_future_local(asking);
        let store = context.settings().store();
        store.connect_changed(
            Some(setting::TRUST),
            glib::clone!(
                #[weak]
                context,
                move |_, _| {
                    if let Some(engine) = context.engine() {
                        engine.set_trust_rule(context.settings().trust());
                    }
                }
            ),
        );
    }
}
