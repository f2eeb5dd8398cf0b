// SPDX-License-Identifier: GPL-3.0-or-later
//! `Graph`: up to three lines over the last minute. Input: a point a second; output: the picture, and with the pointer or
//! the arrow keys the point that somebody wants to read.
//!
//! Draws when a point comes and, unless motion is to be reduced, slides in quarters of a second between two. It does
//! neither while it cannot be seen: its window is hidden or suspended, or it is not in it.

mod palette;
mod plot;
mod series;
mod swatch;

use std::time::Duration;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::{gdk, glib};
use libadwaita as adw;

pub use self::palette::stages;
use self::plot::{Plot, age_at};
pub use self::series::Point;
pub use self::swatch::{Mark, Swatch};
use crate::words;

/// Between two pictures of a sliding graph.
const SLIDE: Duration = Duration::from_millis(250);

/// Points come this far apart: what lies between the last two is drawn while the next one is awaited.
const POINT: Duration = Duration::from_secs(1);

glib::wrapper! {
    /// A graph.
    pub struct Graph(ObjectSubclass<imp::Graph>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl Graph {
    /// Sets the tops that the scale may have, lowest first.
    pub fn set_steps(&self, steps: &'static [f64]) {
        self.imp().steps.set(steps);
        self.queue_draw();
    }

    /// Sets the height of the plot with its scale, in pixels.
    pub fn set_plot_height(&self, height: i32) {
        self.imp().height.set(height);
        self.queue_resize();
    }

    /// Forgets all points.
    pub fn clear(&self) {
        self.imp().series.borrow_mut().clear();
    }

    /// Takes a point and shows it.
    pub fn push(&self, point: Point) {
        self.imp().series.borrow_mut().push(point);
        self.imp().keep_mark();
        self.queue_draw();
    }

    /// The point that is being read, with its age; the newest when nobody reads.
    pub fn reading(&self) -> Option<(Point, Duration)> {
        let graph = self.imp();
        let series = graph.series.borrow();
        let newest = series.last()?;
        let point = graph.marked.get().unwrap_or(newest);
        Some((point, newest.at.saturating_duration_since(point.at)))
    }

    /// Calls `changed` when somebody reads another point, or none any more. It is told whether that was by key.
    pub fn connect_reading(&self, changed: impl Fn(&Graph, bool) + 'static) {
        self.imp().on_reading.replace(Some(Box::new(changed)));
    }

    fn tell(&self, by_key: bool) {
        self.queue_draw();
        if let Some(changed) = &*self.imp().on_reading.borrow() {
            changed(self, by_key);
        }
    }

    fn watch_pointer(&self) {
        let motion = gtk::EventControllerMotion::new();
        let point_at = glib::clone!(
            #[weak(rename_to = graph)]
            self,
            move |_: &gtk::EventControllerMotion, x: f64, _: f64| graph.read_at(x as f32)
        );
        motion.connect_enter(point_at.clone());
        motion.connect_motion(point_at);
        motion.connect_leave(glib::clone!(
            #[weak(rename_to = graph)]
            self,
            move |_| graph.read(None, false)
        ));
        self.add_controller(motion);
    }

    fn watch_keys(&self) {
        let keys = gtk::EventControllerKey::new();
        keys.connect_key_pressed(glib::clone!(
            #[weak(rename_to = graph)]
            self,
            #[upgrade_or]
            glib::Propagation::Proceed,
            move |_, key, _, _| graph.on_key(key)
        ));
        self.add_controller(keys);
        let focus = gtk::EventControllerFocus::new();
        focus.connect_leave(glib::clone!(
            #[weak(rename_to = graph)]
            self,
            move |_| graph.read(None, false)
        ));
        self.add_controller(focus);
    }

    fn on_key(&self, key: gdk::Key) -> glib::Propagation {
        let rtl = self.direction() == gtk::TextDirection::Rtl;
        let (older, newer) = if rtl {
            (gdk::Key::Right, gdk::Key::Left)
        } else {
            (gdk::Key::Left, gdk::Key::Right)
        };
        let graph = self.imp();
        let most = graph.series.borrow().iter().len().saturating_sub(1);
        let places = graph.places_back();
        let next = match key {
            key if key == older => places.map_or(0, |places| (places + 1).min(most)),
            key if key == newer => places.unwrap_or_default().saturating_sub(1),
            gdk::Key::Home => most,
            gdk::Key::End => 0,
            gdk::Key::Escape if places.is_some() => {
                self.read(None, true);
                return glib::Propagation::Stop;
            }
            _ => return glib::Propagation::Proceed,
        };
        let point = graph.series.borrow().back(next);
        self.read(point, true);
        glib::Propagation::Stop
    }

    fn read_at(&self, x: f32) {
        let size = (self.width() as f32, self.height() as f32);
        let width = Plot::width(size, &self.imp().scale_texts());
        let rtl = self.direction() == gtk::TextDirection::Rtl;
        let age = age_at(x, width, size, rtl);
        let point = self.imp().series.borrow().nearest(age);
        self.read(point.map(|(_, point)| point), false);
    }

    fn read(&self, point: Option<Point>, by_key: bool) {
        if self.imp().marked.replace(point) != point {
            self.tell(by_key);
        }
    }

    /// Slides while it can be seen, unless motion is to be reduced.
    fn slide(&self) {
        let graph = self.imp();
        let may = self.is_mapped() && adw::is_animations_enabled(self) && !self.is_suspended();
        if !may {
            graph.stop();
        } else if graph.timer.borrow().is_none() {
            let tick = glib::clone!(
                #[weak(rename_to = graph)]
                self,
                #[upgrade_or]
                glib::ControlFlow::Break,
                move || {
                    graph.queue_draw();
                    glib::ControlFlow::Continue
                }
            );
            graph
                .timer
                .replace(Some(glib::timeout_add_local(SLIDE, tick)));
        }
    }

    fn is_suspended(&self) -> bool {
        let window = self.root().and_downcast::<gtk::Window>();
        window.is_some_and(|window| window.is_suspended())
    }
}

mod imp {
    use std::cell::{Cell, RefCell};

    use std::time::Instant;

    use gtk4 as gtk;
    use gtk4::prelude::*;
    use gtk4::subclass::prelude::*;
    use gtk4::{glib, pango};
    use libadwaita as adw;

    use super::plot::Plot;
    use super::series::{Point, Series, top};
    use super::{POINT, words};

    /// Who wants to know which point is read.
    type OnReading = Box<dyn Fn(&super::Graph, bool)>;

    #[derive(Default)]
    pub struct Graph {
        pub(super) series: RefCell<Series>,
        pub(super) steps: Cell<&'static [f64]>,
        pub(super) height: Cell<i32>,
        pub(super) marked: Cell<Option<Point>>,
        pub(super) on_reading: RefCell<Option<OnReading>>,
        pub(super) timer: RefCell<Option<glib::SourceId>>,
        suspended: RefCell<Option<(gtk::Window, glib::SignalHandlerId)>>,
    }

    impl Graph {
        pub(super) fn stop(&self) {
            if let Some(timer) = self.timer.take() {
                timer.remove();
            }
        }

        /// A point that has left the minute is read no more.
        pub(super) fn keep_mark(&self) {
            let oldest = self.series.borrow().iter().next().map(|point| point.at);
            let gone = |point: &Point| Some(point.at) < oldest;
            if self.marked.get().as_ref().is_some_and(gone) {
                self.marked.set(None);
            }
        }

        /// How many places before the newest the point is that is read.
        pub(super) fn places_back(&self) -> Option<usize> {
            let marked = self.marked.get()?;
            let series = self.series.borrow();
            series.iter().rev().position(|point| point.at == marked.at)
        }

        fn top(&self) -> f64 {
            top(self.steps.get(), self.series.borrow().most())
        }

        pub(super) fn scale_texts(&self) -> [pango::Layout; 3] {
            let top = self.top();
            [top, top / 2.0, 0.0].map(|value| {
                let text = words::statistics::tick(value);
                let layout = self.obj().create_pango_layout(Some(&text));
                let small = pango::AttrList::new();
                small.insert(pango::AttrFloat::new_scale(pango::SCALE_SMALL));
                small.insert(pango::AttrFontFeatures::new("tnum=1"));
                layout.set_attributes(Some(&small));
                layout
            })
        }
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Graph {
        const NAME: &'static str = "TelecastGraph";
        type Type = super::Graph;
        type ParentType = gtk::Widget;

        fn class_init(class: &mut Self::Class) {
            class.set_css_name("graph");
            class.set_accessible_role(gtk::AccessibleRole::Img);
        }
    }

    impl ObjectImpl for Graph {
        fn constructed(&self) {
            self.parent_constructed();
            let graph = self.obj();
            graph.set_focusable(true);
            graph.watch_pointer();
            graph.watch_keys();
        }

        fn dispose(&self) {
            self.stop();
        }
    }

    impl WidgetImpl for Graph {
        fn measure(&self, orientation: gtk::Orientation, _: i32) -> (i32, i32, i32, i32) {
            let least = match orientation {
                // The three texts of the scale stand one above the other, however large they are.
                gtk::Orientation::Vertical => {
                    let texts = self.scale_texts();
                    let high: i32 = texts.iter().map(|text| text.pixel_size().1).sum();
                    self.height.get().max(high)
                }
                _ => 120,
            };
            (least, least, -1, -1)
        }

        fn map(&self) {
            self.parent_map();
            let graph = self.obj();
            if let Some(window) = graph.root().and_downcast::<gtk::Window>() {
                let handler = window.connect_suspended_notify(glib::clone!(
                    #[weak]
                    graph,
                    move |_| graph.slide()
                ));
                self.suspended.replace(Some((window, handler)));
            }
            graph.slide();
        }

        fn unmap(&self) {
            if let Some((window, handler)) = self.suspended.take() {
                window.disconnect(handler);
            }
            self.stop();
            self.parent_unmap();
        }

        fn snapshot(&self, snapshot: &gtk::Snapshot) {
            let (graph, style) = (self.obj(), adw::StyleManager::default());
            let series = self.series.borrow();
            let Some(newest) = series.last().map(|point| point.at) else {
                return;
            };
            // Between two points the older one is at the end, and the newer one comes in from beyond it.
            let since = Instant::now().saturating_duration_since(newest).min(POINT);
            let now = if self.timer.borrow().is_some() {
                (newest + since).checked_sub(POINT).unwrap_or(newest)
            } else {
                newest
            };
            Plot {
                series: &series,
                top: self.top(),
                now,
                size: (graph.width() as f32, graph.height() as f32),
                scale: &self.scale_texts(),
                foreground: graph.color(),
                dark: style.is_dark(),
                contrast: style.is_high_contrast(),
                rtl: graph.direction() == gtk::TextDirection::Rtl,
                marked: self.marked.get(),
            }
            .draw(snapshot);
        }
    }
}
