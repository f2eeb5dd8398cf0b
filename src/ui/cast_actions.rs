// SPDX-License-Identifier: GPL-3.0-or-later
//! The actions of the pages of one cast, `cast.*`: commands to the engine. What becomes of them comes back by the item.

use std::rc::Rc;

use gtk4::prelude::*;
use gtk4::{gio, glib};

use super::context::Context;
use super::model::CastItem;
use crate::engine::{CommandError, Engine};

/// `cast.cancel`.
pub fn of_connecting(context: &Rc<Context>, item: &CastItem) -> gio::SimpleActionGroup {
    let group = gio::SimpleActionGroup::new();
    group.add_action_entries([stop("cancel", context, item)]);
    group
}

/// `cast.stop`, and `cast.pause`, which also resumes.
pub fn of_casting(context: &Rc<Context>, item: &CastItem) -> gio::SimpleActionGroup {
    let group = gio::SimpleActionGroup::new();
    let pause = gio::ActionEntry::builder("pause")
        .activate(glib::clone!(
            #[strong]
            context,
            #[weak]
            item,
            move |_: &gio::SimpleActionGroup, _, _| {
                let paused = item.status().is_some_and(|status| status.paused);
                command(&context, &item, |engine, id| engine.pause(id, !paused));
            }
        ))
        .build();
    group.add_action_entries([stop("stop", context, item), pause]);
    group
}

fn stop(
    name: &str,
    context: &Rc<Context>,
    item: &CastItem,
) -> gio::ActionEntry<gio::SimpleActionGroup> {
    gio::ActionEntry::builder(name)
        .activate(glib::clone!(
            #[strong]
            context,
            #[weak]
            item,
            move |_: &gio::SimpleActionGroup, _, _| command(&context, &item, Engine::stop)
        ))
        .build()
}

/// Gives a command to the engine.
pub fn command(
    context: &Context,
    item: &CastItem,
    give: impl FnOnce(&Engine, &str) -> Result<(), CommandError>,
) {
    if let Some(engine) = context.engine()
        && let Err(error) = give(&engine, &item.device())
    {
        // It has ended in this moment, which its page is about to show.
        tracing::debug!(%error, "a command without effect");
    }
}
