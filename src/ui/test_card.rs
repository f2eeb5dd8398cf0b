// SPDX-License-Identifier: GPL-3.0-or-later
//! The test card's window: the card of [`crate::testcard`], drawn anew for each frame of the compositor.

use std::cell::Cell;

use gtk4 as gtk;
use gtk4::glib;
use gtk4::prelude::*;

use super::keys;
use crate::config::APP_ID;
use crate::engine::play_test_sound;
use crate::words;

/// How the card is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestCardOptions {
    /// Pictures a second, at most; 1 to 240. The compositor's own rate is the other limit.
    pub fps: u32,
    /// Whether the card fills the screen from the start (F11 toggles it).
    pub fullscreen: bool,
    /// Whether its tone is played.
    pub sound: bool,
}

/// Shows the card until its window is closed.
///
/// # Errors
/// [`NoDisplay`] when there is no display to show it on.
pub fn run(options: TestCardOptions) -> Result<(), NoDisplay> {
    gtk::init().map_err(|_| NoDisplay)?;
    let _sound = options.sound.then(play_test_sound);
    let app = gtk::Application::builder()
        .application_id(format!("{APP_ID}.TestCard"))
        .flags(gtk::gio::ApplicationFlags::NON_UNIQUE)
        .build();
    app.connect_activate(move |app| window(app, options).present());
    app.run_with_args::<&str>(&[]);
    Ok(())
}

/// There is no display.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no display to open a window on")]
pub struct NoDisplay;

fn window(app: &gtk::Application, options: TestCardOptions) -> gtk::ApplicationWindow {
    let card: CardWidget = glib::Object::new();
    card.limit_rate(options.fps);
    card.update_property(&[gtk::accessible::Property::Label(&words::test_card())]);
    let window = gtk::ApplicationWindow::builder()
        .application(app)
        .title(words::test_card_title())
        .default_width(960)
        .default_height(540)
        .child(&card)
        .build();
    window.set_fullscreened(options.fullscreen);
    keys::add(&window);
    window
}

glib::wrapper! {
    /// Draws the card in its whole size.
    pub struct CardWidget(ObjectSubclass<imp::CardWidget>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl CardWidget {
    /// Draws at most `fps` pictures a second.
    fn limit_rate(&self, fps: u32) {
        let interval = 1_000_000 / i64::from(fps.clamp(1, 240));
        let shown = Cell::new(-1);
        self.add_tick_callback(move |card, clock| {
            let slot = clock.frame_time() / interval;
            if shown.replace(slot) != slot {
                card.queue_draw();
            }
            glib::ControlFlow::Continue
        });
    }
}

mod imp {
    use gtk4 as gtk;
    use gtk4::glib;
    use gtk4::prelude::*;
    use gtk4::subclass::prelude::*;

    use crate::clock;
    use crate::testcard::Card;

    #[derive(Debug, Default)]
    pub struct CardWidget;

    #[glib::object_subclass]
    impl ObjectSubclass for CardWidget {
        const NAME: &'static str = "TelecastTestCard";
        type Type = super::CardWidget;
        type ParentType = gtk::Widget;

        fn class_init(class: &mut Self::Class) {
            class.set_accessible_role(gtk::AccessibleRole::Img);
        }
    }

    impl ObjectImpl for CardWidget {}

    impl WidgetImpl for CardWidget {
        fn snapshot(&self, snapshot: &gtk::Snapshot) {
            let widget = self.obj();
            let card = Card::new(
                widget.width().unsigned_abs(),
                widget.height().unsigned_abs(),
            );
            card.paint(clock::monotonic(), |shape| {
                let [red, green, blue] = shape.color.map(|channel| f32::from(channel) / 255.0);
                let [x, y, width, height] =
                    [shape.x, shape.y, shape.width, shape.height].map(|n| n as f32);
                let color = gtk::gdk::RGBA::new(red, green, blue, 1.0);
                snapshot.append_color(&color, &gtk::graphene::Rect::new(x, y, width, height));
            });
        }

        fn measure(&self, _: gtk::Orientation, _: i32) -> (i32, i32, i32, i32) {
            (0, 0, -1, -1)
        }
    }
}
