// SPDX-License-Identifier: GPL-3.0-or-later
//! The pages of casts in the [`Window`]: one for each device at most, the one that its [`Stage`] needs. They come when a
//! cast is begun or asked for (`win.show-cast`), and go when it is over.

use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4::{gio, glib};
use libadwaita as adw;

use super::Window;
use crate::engine::{AudioChoice, Device, Reason};
use crate::ui::cast_page::CastPage;
use crate::ui::connecting_page::ConnectingPage;
use crate::ui::context::Context;
use crate::ui::ended_page::EndedPage;
use crate::ui::model::{CastItem, DeviceItem, PageTag, Stage};

/// A cast that was asked for.
#[derive(Debug, Clone)]
pub(super) enum Awaited {
    /// It has begun; the list of casts follows the engine a moment later than the click.
    Begun(String),
    /// The one before to this device is still being taken down; then it is to begin.
    Next(Box<Device>, Wish),
}

/// What is to be cast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// What is chosen above the list of devices.
    Chosen,
    /// No picture.
    SoundOnly,
}

impl Window {
    pub(super) fn add_cast_actions(&self) {
        let show = gio::ActionEntry::builder("show-cast")
            .parameter_type(Some(&String::static_variant_type()))
            .activate(|window: &Window, _, device| {
                if let Some(device) = device.and_then(glib::Variant::str) {
                    window.show_cast(device);
                }
            })
            .build();
        // Each page of a cast has statistics of its own; the key is the window's.
        let statistics = gio::ActionEntry::builder("statistics")
            .activate(|window: &Window, _, _| {
                if let Some(page) = window.imp().pages.visible_page()
                    && page.activate_action("cast.statistics", None).is_err()
                {
                    tracing::debug!("this page has no statistics");
                }
            })
            .build();
        self.add_action_entries([show, statistics]);
    }

    /// Casts what is chosen to a device, or its sound alone, or shows the cast that runs there.
    pub fn cast_to(&self, context: &Rc<Context>, item: &DeviceItem, wish: Wish) {
        if let Some(device) = item.device() {
            self.begin(context, device, wish);
        }
    }

    /// Casts what is chosen to `device`, which need not be in the list, or shows the cast that runs there.
    pub fn begin_chosen(&self, context: &Rc<Context>, device: Device) {
        self.begin(context, device, Wish::Chosen);
    }

    fn begin(&self, context: &Rc<Context>, device: Device, wish: Wish) {
        let Some(engine) = context.engine() else {
            return;
        };
        let settings = context.settings();
        let mut request = match wish {
            Wish::Chosen => settings.request(settings.source()),
            Wish::SoundOnly => settings.sound_request(),
        };
        request.parent_window = self.exported();
        // A device that was promised sound can be given some later.
        request.options.audio = true;
        if !device.kind.has_picture() && request.audio == AudioChoice::None {
            request.audio = AudioChoice::Tv;
        }
        let awaited = match engine.mirror(&device, request) {
            Ok(_) => Awaited::Begun(device.id),
            Err(Reason::AlreadyCasting) => {
                let before = context.casts().item(&device.id);
                match before.map(|item| item.stage()) {
                    Some(Stage::Over) => Awaited::Next(Box::new(device), wish),
                    _ => Awaited::Begun(device.id),
                }
            }
            Err(reason) => {
                tracing::warn!(%reason, "the cast cannot begin");
                return;
            }
        };
        self.imp().awaited.replace(Some(awaited));
        self.look_at_awaited(context);
    }

    /// Shows the page of the cast to `device`, if there is one.
    pub fn show_cast(&self, device: &str) {
        let Some(context) = self.context() else {
            return;
        };
        let Some(item) = context.casts().item(device) else {
            return;
        };
        let pages = &self.imp().pages;
        let tag = PageTag::new(item.stage(), device);
        if pages.visible_page().and_then(|page| shown(&page)) == Some(tag) {
            return;
        }
        pages.pop_to_tag("devices");
        if let Some(page) = page_of(&context, &item) {
            pages.push(&page);
        }
    }

    /// Keeps the pages what the casts are.
    pub(super) fn follow_casts(&self, context: &Rc<Context>) {
        let casts = context.casts().model();
        for item in context.casts().items() {
            self.follow_cast(context, &item);
        }
        let changed = glib::clone!(
            #[weak(rename_to = window)]
            self,
            #[strong]
            context,
            move |casts: &gio::ListStore, at: u32, _: u32, added: u32| {
                for item in (at..at + added).filter_map(|at| casts.item(at).and_downcast()) {
                    window.follow_cast(&context, &item);
                }
                window.refresh(&context);
                window.look_at_awaited(&context);
            }
        );
        casts.connect_items_changed(changed);
    }

    fn follow_cast(&self, context: &Rc<Context>, item: &CastItem) {
        let changed = glib::clone!(
            #[weak(rename_to = window)]
            self,
            #[strong]
            context,
            move |_: &CastItem| {
                window.refresh(&context);
                window.look_at_awaited(&context);
            }
        );
        item.connect_changed(changed);
    }

    /// Replaces pages that show another stage than their cast is in, and leaves those of casts that are over.
    fn refresh(&self, context: &Rc<Context>) {
        self.ask_no_more(context);
        let pages = &self.imp().pages;
        let stack: Vec<adw::NavigationPage> = pages
            .navigation_stack()
            .iter::<adw::NavigationPage>()
            .flatten()
            .collect();
        let Some((top, below)) = stack.split_last() else {
            return;
        };
        let Some(shown) = shown(top) else {
            return;
        };
        let item = context.casts().item(&shown.device);
        let stage = item.as_ref().map_or(Stage::Over, CastItem::stage);
        if stage == shown.stage {
            return;
        }
        match item.and_then(|item| page_of(context, &item)) {
            Some(page) => {
                let mut stack = below.to_vec();
                stack.push(page);
                pages.replace(&stack);
            }
            None => {
                pages.pop_to_tag("devices");
            }
        }
    }

    fn look_at_awaited(&self, context: &Rc<Context>) {
        let awaited = self.imp().awaited.take();
        match awaited {
            Some(Awaited::Begun(device)) => match context.casts().item(&device) {
                Some(item) if item.stage() != Stage::Over => self.show_cast(&device),
                _ => {
                    self.imp().awaited.replace(Some(Awaited::Begun(device)));
                }
            },
            Some(Awaited::Next(device, wish)) => match context.casts().item(&device.id) {
                None => self.begin(context, *device, wish),
                Some(_) => {
                    self.imp()
                        .awaited
                        .replace(Some(Awaited::Next(device, wish)));
                }
            },
            None => {}
        }
    }
}

/// The page that a cast needs now.
fn page_of(context: &Rc<Context>, item: &CastItem) -> Option<adw::NavigationPage> {
    let page: adw::NavigationPage = match item.stage() {
        Stage::Connecting => ConnectingPage::new(context, item).upcast(),
        Stage::Casting => CastPage::new(context, item).upcast(),
        Stage::Ended => return Some(EndedPage::new(context, item).upcast()),
        Stage::Over => return None,
    };
    let tag = PageTag::new(item.stage(), &item.device());
    page.set_tag(Some(&tag.to_string()));
    Some(page)
}

/// Which cast a page shows; `None` for a page of something else.
fn shown(page: &adw::NavigationPage) -> Option<PageTag> {
    match page.downcast_ref::<EndedPage>() {
        Some(ended) => Some(PageTag::new(Stage::Ended, &ended.device())),
        None => PageTag::parse(&page.tag()?),
    }
}
