// SPDX-License-Identifier: GPL-3.0-or-later
//! Closing the [`Window`] while something is cast: asks whether to go on in the background or to stop. What runs in and what
//! the person answers decide.

use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4::glib;
use libadwaita as adw;

use super::Window;
use crate::ui::application::Application;
use crate::ui::context::Context;
use crate::ui::model::{CastItem, Stage};
use crate::words;

/// What becomes of a wish to close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// The window goes; what runs goes on.
    Close,
    /// The person is asked.
    Ask,
}

/// The window closes at once when nothing runs, or when the person has said that it may go on.
fn decide(stages: impl IntoIterator<Item = Stage>, may_go_on: bool) -> Decision {
    let runs = stages.into_iter().any(Stage::is_running);
    if runs && !may_go_on {
        Decision::Ask
    } else {
        Decision::Close
    }
}

impl Window {
    pub(super) fn ask_before_closing(&self, context: &Rc<Context>) {
        let context = Rc::clone(context);
        self.connect_close_request(move |window| {
            let stages = context.casts().items();
            let stages = stages.iter().map(CastItem::stage);
            match decide(stages, window.imp().may_go_on.get()) {
                Decision::Close => glib::Propagation::Proceed,
                Decision::Ask => {
                    window.ask(&context);
                    glib::Propagation::Stop
                }
            }
        });
    }

    fn ask(&self, context: &Context) {
        if self.imp().asking.borrow().is_some() {
            return;
        }
        let names: Vec<String> = context
            .casts()
            .items()
            .iter()
            .filter(|item| item.stage().is_running())
            .filter_map(|item| Some(item.status()?.name))
            .collect();
        let question = words::keep_casting(&names);
        let dialog = adw::AlertDialog::new(Some(&question.title), Some(&question.what));
        dialog.add_response("cancel", &question.cancel);
        dialog.add_response("stop", &question.stop);
        dialog.add_response("keep", &question.keep);
        dialog.set_response_appearance("stop", adw::ResponseAppearance::Destructive);
        dialog.set_response_appearance("keep", adw::ResponseAppearance::Suggested);
        dialog.set_default_response(Some("keep"));
        dialog.set_close_response("cancel");
        let answered = glib::clone!(
            #[weak(rename_to = window)]
            self,
            move |_: &adw::AlertDialog, answer: &str| window.close_as(answer)
        );
        dialog.connect_response(None, answered);
        dialog.present(Some(self));
        self.imp().asking.replace(Some(dialog));
    }

    /// Takes the question back when nothing runs any more.
    pub(super) fn ask_no_more(&self, context: &Context) {
        let stages = context.casts().items();
        if !stages.iter().any(|item| item.stage().is_running())
            && let Some(dialog) = self.imp().asking.take()
        {
            dialog.force_close();
        }
    }

    fn close_as(&self, answer: &str) {
        self.imp().asking.take();
        match answer {
            "keep" => self.leave(),
            "stop" => {
                let app = self.application().and_downcast::<Application>();
                // Taking down may take a second, in which nothing is to be seen.
                self.set_visible(false);
                if let Some(app) = app {
                    app.stop_and_quit();
                }
            }
            _ => {}
        }
    }
}

impl Window {
    /// Closes the window, unless the desktop says that nothing goes on without it.
    fn leave(&self) {
        let Some(context) = self.context() else {
            return;
        };
        let asking = context.ask_leave(context.settings().start_at_login());
        glib::spawn_future_local(glib::clone!(
            #[weak(rename_to = window)]
            self,
            async move {
                if asking.await.is_none_or(|leave| leave.background) {
                    window.imp().may_go_on.set(true);
                    window.close();
                } else {
                    window.say(&words::no_background());
                }
            }
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_asked_when_nothing_runs() {
        assert_eq!(decide([], false), Decision::Close);
        assert_eq!(decide([Stage::Ended, Stage::Over], false), Decision::Close);
    }

    #[test]
    fn what_runs_or_begins_is_asked_about_once() {
        for stage in [Stage::Connecting, Stage::Casting] {
            assert_eq!(decide([Stage::Ended, stage], false), Decision::Ask);
            assert_eq!(decide([stage], true), Decision::Close);
        }
    }
}
