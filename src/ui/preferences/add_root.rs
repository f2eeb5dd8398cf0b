// SPDX-License-Identifier: GPL-3.0-or-later
//! The button that adds a root: a file that a person chooses in, a copy of it among the engine's roots out.

use std::path::PathBuf;
use std::rc::Rc;

use gtk4 as gtk;
use gtk4::glib;
use gtk4::prelude::*;
use libadwaita as adw;

use super::forget_group::ForgetGroup;
use crate::engine::AddedRoots;
use crate::ui::context::Context;
use crate::words;

/// Lets `button` add to the list in `group`.
pub fn bind(button: &gtk::Button, group: &ForgetGroup, context: &Rc<Context>) {
    button.connect_clicked(glib::clone!(
        #[weak]
        group,
        #[strong]
        context,
        move |button| {
            let window = button.root().and_downcast::<gtk::Window>();
            let dialog = gtk::FileDialog::builder()
                .title(words::add_root())
                .modal(true)
                .build();
            let chosen = dialog.open_future(window.as_ref());
            glib::spawn_future_local(glib::clone!(
                #[weak]
                group,
                #[strong]
                context,
                async move {
                    // An error means that nothing was chosen.
                    let file = chosen.await.ok().and_then(|file| file.path());
                    if let Some(file) = file {
                        add(&context, &group, file).await;
                    }
                }
            ));
        }
    ));
}

async fn add(context: &Context, group: &ForgetGroup, file: PathBuf) {
    let named = file.clone();
    let adding = context
        .runtime()
        .spawn_blocking(move || AddedRoots::of_user().add(&file));
    let problem = match adding.await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(error) => Some(error.to_string()),
    };
    if let Some(problem) = problem {
        let said = words::root_failed(&named, &problem);
        let toast = adw::Toast::builder().title(said).use_markup(false);
        group.say(toast.build());
    }
    group.show();
}
