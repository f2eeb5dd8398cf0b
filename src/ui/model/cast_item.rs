// SPDX-License-Identifier: GPL-3.0-or-later
//! `CastItem`: a cast, as an object that pages can follow. Input: [`CastStatus`]; output: the `changed` signal.

use gtk4::glib;
use gtk4::prelude::*;
use gtk4::subclass::prelude::*;

use crate::engine::CastStatus;

glib::wrapper! {
    /// A cast. The same object stays in the list while the engine lists the cast.
    pub struct CastItem(ObjectSubclass<imp::CastItem>);
}

impl CastItem {
    /// The object for `status`.
    pub fn new(status: CastStatus) -> CastItem {
        let item: CastItem = glib::Object::new();
        item.imp().status.replace(Some(status));
        item
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
        self.imp().status.replace(Some(status));
        self.emit_by_name::<()>("changed", &[]);
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
    use std::cell::RefCell;
    use std::sync::OnceLock;

    use gtk4::glib;
    use gtk4::subclass::prelude::*;

    use crate::engine::CastStatus;

    #[derive(Debug, Default)]
    pub struct CastItem {
        pub(super) status: RefCell<Option<CastStatus>>,
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
