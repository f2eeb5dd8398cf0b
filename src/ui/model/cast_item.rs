// SPDX-License-Identifier: GPL-3.0-or-later
//! `CastItem`: a cast, as an object that pages can follow. Input: [`CastStatus`]; output: the `changed` signal.

use gtk4::glib;
use gtk4::prelude::*;
use gtk4::subclass::prelude::*;

use super::Stage;
use crate::engine::CastStatus;

glib::wrapper! {
    /// A cast. The same object stays in the list while the engine lists the cast.
    pub struct CastItem(ObjectSubclass<imp::CastItem>);
}

impl CastItem {
    /// The object for `status`.
    pub fn new(status: CastStatus) -> CastItem {
        let item: CastItem = glib::Object::new();
        item.keep(status);
        item
    }

    /// The device's id.
    pub fn device(&self) -> String {
        let status = self.imp().status.borrow();
        let device = status.as_ref().map(|status| status.device.clone());
        device.unwrap_or_default()
    }

    /// Which page shows it.
    pub fn stage(&self) -> Stage {
        self.imp().stage.get()
    }

    /// How the cast stands; `None` for an object that was not made with [`CastItem::new`].
    pub fn status(&self) -> Option<CastStatus> {
        self.imp().status.borrow().clone()
    }

    /// Whether this is the cast to the device with this id.
    pub fn is_to(&self, device: &str) -> bool {
        self.imp()
            .status
            .borrow()
            .as_ref()
            .is_some_and(|status| status.device == device)
    }

    /// Takes over how it stands and tells everybody.
    pub fn update(&self, status: CastStatus) {
        self.keep(status);
        self.emit_by_name::<()>("changed", &[]);
    }

    fn keep(&self, status: CastStatus) {
        let cast = self.imp();
        cast.stage.set(cast.stage.get().after(&status.state));
        cast.status.replace(Some(status));
    }

    /// Calls `changed` each time the cast's status is another one.
    pub fn connect_changed(&self, changed: impl Fn(&CastItem) + 'static) -> glib::SignalHandlerId {
        self.connect_local("changed", false, move |values| {
            if let Some(Ok(item)) = values.first().map(glib::Value::get::<CastItem>) {
                changed(&item);
            }
            None
        })
    }
}

mod imp {
    use std::cell::{Cell, RefCell};
    use std::sync::OnceLock;

    use gtk4::glib;
    use gtk4::subclass::prelude::*;

    use super::super::Stage;
    use crate::engine::CastStatus;

    #[derive(Debug, Default)]
    pub struct CastItem {
        pub(super) status: RefCell<Option<CastStatus>>,
        pub(super) stage: Cell<Stage>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for CastItem {
        const NAME: &'static str = "TelecastCastItem";
        type Type = super::CastItem;
    }

    impl ObjectImpl for CastItem {
        fn signals() -> &'static [glib::subclass::Signal] {
            static SIGNALS: OnceLock<Vec<glib::subclass::Signal>> = OnceLock::new();
            SIGNALS.get_or_init(|| vec![glib::subclass::Signal::builder("changed").build()])
        }
    }
}
