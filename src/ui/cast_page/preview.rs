// SPDX-License-Identifier: GPL-3.0-or-later
//! `Preview`: what the TV shows, small and twice a second. Input: pictures of the engine; output: nothing. Wide as it may be,
//! and 16:9.

use gtk4 as gtk;
use gtk4::prelude::*;
use gtk4::subclass::prelude::*;
use gtk4::{gdk, glib};

use crate::engine::SmallPicture;
use crate::ui::context::Context;
use crate::ui::model::CastItem;

glib::wrapper! {
    /// A picture of what is sent, or the symbol of what shows it.
    pub struct Preview(ObjectSubclass<imp::Preview>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl Preview {
    /// Looks at what is sent for `item` from now on, or not any more.
    pub fn look(&self, context: &Context, item: &CastItem, seen: bool) {
        // What waits for pictures is what keeps the engine making them.
        if let Some(before) = self.imp().looking.take() {
            before.abort();
        }
        if !seen {
            return;
        }
        let engine = context.engine();
        let Some(mut pictures) = engine.and_then(|engine| engine.preview(&item.device())) else {
            return;
        };
        let preview = self.downgrade();
        let looking = glib::spawn_future_local(async move {
            while pictures.changed().await.is_ok() {
                let picture = pictures.borrow_and_update().clone();
                let Some(preview) = preview.upgrade() else {
                    return;
                };
                if let Some(texture) = picture.as_deref().and_then(texture) {
                    preview.show(&texture);
                }
            }
        });
        self.imp().looking.replace(Some(looking));
    }

    /// Shows a picture.
    fn show(&self, picture: &gdk::Texture) {
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
        let picture = &self.imp().picture;
        picture.set_alternative_text(Some(what));
        // GTK makes that a description; a picture needs a name.
        picture.update_property(&[gtk::accessible::Property::Label(what)]);
    }

    /// Dims the picture when what the TV shows stands still.
    pub fn set_paused(&self, paused: bool) {
        self.imp().paused.set_visible(paused);
        // Two symbols on top of each other are none.
        self.imp().icon.set_opacity(if paused { 0.0 } else { 1.0 });
    }
}

/// A small picture for the display; `None` for one whose pixels are not all there.
fn texture(picture: &SmallPicture) -> Option<gdk::Texture> {
    let (width, height) = picture.size;
    let stride = width as usize * 4;
    if picture.rgba.is_empty() || picture.rgba.len() < stride * height as usize {
        return None;
    }
    let (width, height) = (i32::try_from(width).ok()?, i32::try_from(height).ok()?);
    let bytes = glib::Bytes::from(&picture.rgba);
    let format = gdk::MemoryFormat::R8g8b8a8;
    Some(gdk::MemoryTexture::new(width, height, format, &bytes, stride).upcast())
}

mod imp {
    use std::cell::RefCell;

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
        /// While somebody looks.
        pub(super) looking: RefCell<Option<glib::JoinHandle<()>>>,
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
