// SPDX-License-Identifier: GPL-3.0-or-later
//! The notifications of the [`Application`]. Input: the casts, the window's presence, and buttons that people press;
//! output: what the engine's [`Notices`](crate::engine::Notices) decide, shown and withdrawn by the desktop, and commands to
//! the engine.
//!
//! `GNotification` reaches the desktop directly or, from a sandbox, by its portal, and its buttons are actions of the
//! application: they work also when the bus has to start it first.

use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4::{gio, glib};
use libadwaita as adw;

use super::Application;
use crate::engine::{CastStatus, CommandError, Engine, Notice, NoticeChange, Presence, Urgency};
use crate::ui::context::Context;
use crate::ui::model::CastItem;
use crate::ui::window::Window;
use crate::words;

/// Ends the cast to a device: its id.
const STOP: &str = "stop-cast";
/// Freezes its picture or lets it move again: the id, and whether it is to be frozen.
const PAUSE: &str = "pause-cast";
/// Opens the window at a device.
const SHOW: &str = "show-cast";

impl Application {
    pub(super) fn notice_actions() -> [gio::ActionEntry<Application>; 3] {
        let entry =
            |name: &str, parameter: &glib::VariantTy, act: fn(&Application, &glib::Variant)| {
                gio::ActionEntry::builder(name)
                    .parameter_type(Some(parameter))
                    .activate(move |app: &Application, _, parameter| {
                        if let Some(parameter) = parameter {
                            act(app, parameter);
                        }
                    })
                    .build()
            };
        let device = String::static_variant_type();
        let of_pause = <(String, bool)>::static_variant_type();
        [
            entry(STOP, &device, |app, device| {
                if let Some(device) = device.str() {
                    app.command_by_notice(device, Engine::stop);
                }
            }),
            entry(PAUSE, &of_pause, |app, parameter| {
                if let Some((device, paused)) = parameter.get::<(String, bool)>() {
                    app.command_by_notice(&device, |engine, id| engine.pause(id, paused));
                }
            }),
            entry(SHOW, &device, |app, device| {
                app.activate();
                if let (Some(device), Some(context)) = (device.str(), app.context()) {
                    app.window(&context).show_cast(device);
                }
            }),
        ]
    }

    /// Follows the window from now on; whoever changes the casts calls [`Application::tell`].
    pub(super) fn follow_presence(&self, context: &Rc<Context>) {
        let changed = glib::clone!(
            #[weak(rename_to = app)]
            self,
            #[weak]
            context,
            move || app.tell(&context)
        );
        let added = changed.clone();
        self.connect_window_added(move |_, window| {
            let of_window = added.clone();
            window.connect_is_active_notify(move |_| of_window());
            added();
        });
        self.connect_window_removed(move |_, _| changed());
    }

    /// Whether somebody sees the window.
    pub(super) fn presence(&self) -> Presence {
        let windows = self.windows();
        let ours = || {
            windows
                .iter()
                .filter_map(|window| window.downcast_ref::<Window>())
        };
        if ours().any(GtkWindowExt::is_active) {
            Presence::Watched
        } else if ours().any(WidgetExt::is_visible) {
            Presence::Open
        } else {
            Presence::Absent
        }
    }

    /// Brings the notifications up to date.
    pub(super) fn tell(&self, context: &Context) {
        let items = context.casts().items();
        let casts: Vec<CastStatus> = items.iter().filter_map(CastItem::status).collect();
        let presence = self.presence();
        let changes = self.imp().notices.borrow_mut().look(&casts, presence);
        for change in changes {
            match change {
                NoticeChange::Show(device, notice) => {
                    if let Some(cast) = casts.iter().find(|cast| cast.device == device) {
                        self.send_notification(Some(&device), &notification(cast, &notice));
                    }
                }
                NoticeChange::Withdraw(device) => self.withdraw_notification(&device),
            }
        }
    }

    /// A button of a notification was pressed. It may be one that a program that was killed has left.
    fn command_by_notice(
        &self,
        device: &str,
        give: impl FnOnce(&Engine, &str) -> Result<(), CommandError>,
    ) {
        let engine = self.context().and_then(|context| context.engine());
        let obeyed = engine.is_some_and(|engine| give(&engine, device).is_ok());
        if !obeyed {
            tracing::debug!("a button of a cast that is over");
            self.withdraw_notification(device);
        }
    }
}

fn notification(cast: &CastStatus, notice: &Notice) -> gio::Notification {
    let words = words::notice(cast, notice);
    let told = gio::Notification::new(&words.title);
    told.set_body(Some(&words.body));
    told.set_priority(match notice.urgency() {
        Urgency::Low => gio::NotificationPriority::Low,
        Urgency::Normal => gio::NotificationPriority::Normal,
        Urgency::High => gio::NotificationPriority::High,
    });
    let device = cast.device.to_variant();
    let action = |name: &str| format!("app.{name}");
    told.set_default_action_and_target_value(&action(SHOW), Some(&device));
    if let Some((label, paused)) = words.pause {
        let target = (cast.device.as_str(), paused).to_variant();
        told.add_button_with_target_value(&label, &action(PAUSE), Some(&target));
    }
    if let Some(label) = words.stop {
        told.add_button_with_target_value(&label, &action(STOP), Some(&device));
    }
    told.add_button_with_target_value(&words.open, &action(SHOW), Some(&device));
    told
}
