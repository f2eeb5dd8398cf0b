// SPDX-License-Identifier: GPL-3.0-or-later
//! `Preview`: what the TV shows, small and twice a second. Input: pictures of the engine; output: nothing. Wide as it may be,
//! and 16:9.

use gtk4 as gtk;
use gtk4::prelude::*;
use gtk4::subclass::prelude::*;
use gtk4::{gdk, glib};

glib::wrapper! {
    /// A picture of what is sent, or the symbol of what shows it.
    pub struct Preview(ObjectSubclass<imp::Preview>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl Preview {
    /// Shows a picture.
    pub fn show(&self, picture: &gdk::Texture) {
        let preview = self.imp();
        preview.picture.set_paintable(Some(picture));
        preview.views.set_visible_child(&*preview.picture);
    }

    /// Shows the symbol `icon` until there is a picture.
    pub fn set_icon(&self, icon: &str) {
        self.imp().icon.set_icon_name(Some(icon));
    }

    /// Says what the pictures are of, for those who do not see them.
    pub fn describe(&self, what: &str) {
        self.imp().picture.set_alternative_text(Some(what));
    }

    /// Dims the picture when what the TV shows stands still.
    pub fn set_paused(&self, paused: bool) {
        self.imp().paused.set_visible(paused);
    }
}

mod imp {
    use gtk4 as gtk;
    use gtk4::glib;
    use gtk4::prelude::*;
    use gtk4::subclass::prelude::*;

    /// Width to height of most screens and TVs.
    const RATIO: f64 = 16.0 / 9.0;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "preview.ui")]
    pub struct Preview {
        #[template_child]
        pub(super) overlay: TemplateChild<gtk::Overlay>,
        #[template_child]
        pub(super) views: TemplateChild<gtk::Stack>,
        #[template_child]
        pub(super) icon: TemplateChild<gtk::Image>,
        #[template_child]
        pub(super) picture: TemplateChild<gtk::Picture>,
        #[template_child]
        pub(super) paused: TemplateChild<gtk::Image>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Preview {
        const NAME: &'static str = "TelecastPreview";
        type Type = super::Preview;
        type ParentType = gtk::Widget;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
            class.set_css_name("preview");
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for Preview {
        fn dispose(&self) {
            self.dispose_template();
        }
    }

    impl WidgetImpl for Preview {
        fn request_mode(&self) -> gtk::SizeRequestMode {
            gtk::SizeRequestMode::HeightForWidth
        }

        fn measure(&self, orientation: gtk::Orientation, for_size: i32) -> (i32, i32, i32, i32) {
            let natural = match orientation {
                gtk::Orientation::Vertical if for_size >= 0 => {
                    (f64::from(for_size) / RATIO).round() as i32
                }
                _ => 0,
            };
            (natural, natural, -1, -1)
        }

        fn size_allocate(&self, width: i32, height: i32, baseline: i32) {
            self.overlay.measure(gtk::Orientation::Horizontal, -1);
            self.overlay.allocate(width, height, baseline, None);
        }
    }
}
