// SPDX-License-Identifier: GPL-3.0-or-later
//! `CastFrame`: what the pages of a cast have in common: a header bar, and below it one column that scrolls. Holds no state of a
//! cast.

use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

glib::wrapper! {
    /// A header bar and a column. Its properties are set by the templates of the pages.
    pub struct CastFrame(ObjectSubclass<imp::CastFrame>)
        @extends adw::Bin, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

mod imp {
    use std::cell::{Cell, RefCell};

    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use gtk4::prelude::*;
    use libadwaita as adw;

    #[derive(Debug, gtk::CompositeTemplate, glib::Properties)]
    #[properties(wrapper_type = super::CastFrame)]
    #[template(file = "cast_frame.ui")]
    pub struct CastFrame {
        /// In the middle of the header bar; the page's title when there is none.
        #[property(get, set, nullable)]
        title_widget: RefCell<Option<gtk::Widget>>,
        /// At the end of the header bar.
        #[property(get, set, nullable)]
        end: RefCell<Option<gtk::Widget>>,
        /// What the column holds.
        #[property(get, set, nullable)]
        content: RefCell<Option<gtk::Widget>>,
        /// The width of the column at most, in pixels.
        #[property(get, set)]
        width: Cell<i32>,
        /// The space above the column, in pixels.
        #[property(get, set)]
        top: Cell<i32>,
        /// Whether the column stands in the middle of the page's height, when that is larger.
        #[property(get, set, builder(gtk::Align::Fill))]
        place: Cell<gtk::Align>,
    }

    impl Default for CastFrame {
        fn default() -> CastFrame {
            CastFrame {
                title_widget: RefCell::default(),
                end: RefCell::default(),
                content: RefCell::default(),
                width: Cell::new(400),
                top: Cell::new(24),
                place: Cell::new(gtk::Align::Fill),
            }
        }
    }

    #[glib::object_subclass]
    impl ObjectSubclass for CastFrame {
        const NAME: &'static str = "TelecastCastFrame";
        type Type = super::CastFrame;
        type ParentType = adw::Bin;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    #[glib::derived_properties]
    impl ObjectImpl for CastFrame {}
    impl WidgetImpl for CastFrame {}
    impl BinImpl for CastFrame {}
}
