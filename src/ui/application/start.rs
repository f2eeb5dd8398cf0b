// SPDX-License-Identifier: GPL-3.0-or-later
//! Casts that are asked for from outside the window: by `telecast --device`, also of a second process, which hands it to
//! the one that runs, as the action `app.cast`. Input: what a device is called; output: a cast in the window, or a
//! sentence that there is none.

use std::rc::Rc;
use std::time::Duration;

use gtk4::prelude::*;
use gtk4::{gio, glib};

use super::Application;
use crate::engine::{SourceKind, setting};
use crate::ui::context::Context;
use crate::ui::first_picture;
use crate::words;

/// How long a device is looked for.
const LOOK: Duration = Duration::from_secs(8);

/// A cast that is to begin with the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartRequest {
    /// The device's name, the beginning of it, its id, or an address.
    pub device: String,
    /// What is cast; what was cast last when `None`.
    pub source: Option<SourceKind>,
}

impl StartRequest {
    /// For `app.cast`.
    fn to_variant(&self) -> glib::Variant {
        let source = self.source.map_or("", word);
        (self.device.as_str(), source).to_variant()
    }

    fn from_variant(parameter: &glib::Variant) -> Option<StartRequest> {
        let (device, source) = parameter.get::<(String, String)>()?;
        Some(StartRequest {
            device,
            source: SOURCES.into_iter().find(|kind| word(*kind) == source),
        })
    }
}

const SOURCES: [SourceKind; 3] = [SourceKind::Screen, SourceKind::Window, SourceKind::Virtual];

/// The word of the settings.
fn word(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Window => "window",
        SourceKind::Virtual => "virtual",
        _ => "screen",
    }
}

impl Application {
    /// Hands `request` to the instance that runs, if one does. Else it begins with the first window.
    pub fn hand_over(&self, request: &StartRequest) -> Result<(), glib::Error> {
        self.register(gio::Cancellable::NONE)?;
        self.activate_action("cast", Some(&request.to_variant()));
        if self.is_remote()
            && let Some(bus) = self.dbus_connection()
        {
            // This process ends before an answer could come.
            bus.flush_sync(gio::Cancellable::NONE)?;
        }
        Ok(())
    }

    pub(super) fn cast_action() -> gio::ActionEntry<Application> {
        gio::ActionEntry::builder("cast")
            .parameter_type(Some(&<(String, String)>::static_variant_type()))
            .activate(|app: &Application, _, parameter| {
                if let Some(request) = parameter.and_then(StartRequest::from_variant) {
                    app.cast(request);
                }
            })
            .build()
    }

    fn cast(&self, request: StartRequest) {
        let Some(context) = self.context() else {
            return;
        };
        let window = self.window(&context);
        window.present();
        let begin = glib::clone!(
            #[weak(rename_to = app)]
            self,
            #[strong]
            context,
            move || {
                context.start_engine();
                app.find_and_cast(&context, request);
            }
        );
        if context.engine().is_some() {
            begin();
        } else {
            first_picture::after(&window, begin);
        }
    }

    fn find_and_cast(&self, context: &Rc<Context>, request: StartRequest) {
        let Some(engine) = context.engine() else {
            return;
        };
        let window = self.window(context);
        let device = request.device.clone();
        let looking = context
            .runtime()
            .spawn(async move { engine.find(&device, LOOK).await });
        glib::spawn_future_local(glib::clone!(
            #[strong]
            context,
            async move {
                match looking.await {
                    Ok(Ok(device)) => {
                        if let Some(source) = request.source {
                            choose(&context, source);
                        }
                        window.begin_chosen(&context, device);
                    }
                    Ok(Err(reason)) => {
                        window.say(&words::explain(&reason, &request.device).what);
                    }
                    // The program ends.
                    Err(_) => {}
                }
            }
        ));
    }
}

/// As the person does above the list of devices.
fn choose(context: &Context, source: SourceKind) {
    let store = context.settings().store();
    if let Err(error) = store.set_string(setting::SOURCE, word(source)) {
        tracing::warn!(%error, "what is cast cannot be chosen");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_survives_the_bus_and_nonsense_is_none() {
        for source in [None, Some(SourceKind::Screen), Some(SourceKind::Virtual)] {
            let request = StartRequest {
                device: "Living Room TV".into(),
                source,
            };
            let read = StartRequest::from_variant(&request.to_variant());
            assert_eq!(read, Some(request));
        }
        assert_eq!(StartRequest::from_variant(&7.to_variant()), None);
        let other = ("TV", "hologram").to_variant();
        let read = StartRequest::from_variant(&other).expect("a request");
        assert_eq!(read.source, None);
    }
}
