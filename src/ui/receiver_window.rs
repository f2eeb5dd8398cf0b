// SPDX-License-Identifier: GPL-3.0-or-later
//! The receiver's window: shows what is cast to this computer, and asks who may. Input: pictures of a [`Screen`],
//! questions of a [`Viewer`]; output: answers, the closing of the window.

use std::net::IpAddr;
use std::sync::Arc;

use gtk4 as gtk;
use gtk4::glib;
use gtk4::prelude::*;

use super::keys;
use super::question_dialog;
use super::test_card::NoDisplay;
use crate::config::APP_ID;
use crate::engine::{Picture, Question, Screen, Viewer};
use crate::words;

/// What reaches the window. The queue holds two: a picture that could not be drawn in time is replaced by the next.
#[derive(Debug)]
enum News {
    Show(Picture),
    Idle,
    Quit,
}

/// Questions that wait for their turn. The receiver has fewer connections; one too many is a no.
const QUESTIONS: usize = 16;

/// The receiver's side of the window; can be called from any thread.
#[derive(Debug, Clone)]
pub struct WindowScreen {
    news: async_channel::Sender<News>,
    questions: async_channel::Sender<Question>,
}

impl WindowScreen {
    /// Closes the window.
    pub fn quit(&self) {
        self.tell(News::Quit);
    }

    fn tell(&self, news: News) {
        // The oldest gives way; a closed channel means that the window is gone, and with it all interest.
        if let Ok(Some(replaced)) = self.news.force_send(news)
            && matches!(replaced, News::Quit)
        {
            self.tell(News::Quit);
        }
    }
}

impl Screen for WindowScreen {
    fn started(&self, _: IpAddr) {}

    fn show(&self, picture: Picture) {
        self.tell(News::Show(picture));
    }

    fn stopped(&self) {
        self.tell(News::Idle);
    }
}

impl Viewer for WindowScreen {
    fn ask(&self, question: Question) {
        if let Err(refused) = self.questions.try_send(question) {
            tracing::warn!(%refused, "a question cannot be shown");
        }
    }
}

/// A window that can be shown once: [`ReceiverWindow::screen`] for the receiver, [`ReceiverWindow::run`] for the main
/// thread.
#[derive(Debug)]
pub struct ReceiverWindow {
    screen: Arc<WindowScreen>,
    news: async_channel::Receiver<News>,
    questions: async_channel::Receiver<Question>,
}

impl ReceiverWindow {
    /// Prepares a window.
    ///
    /// # Errors
    /// [`NoDisplay`] when there is no display to show it on.
    pub fn new() -> Result<ReceiverWindow, NoDisplay> {
        gtk::init().map_err(|_| NoDisplay)?;
        let (sender, news) = async_channel::bounded(2);
        let (questions, asked) = async_channel::bounded(QUESTIONS);
        Ok(ReceiverWindow {
            screen: Arc::new(WindowScreen {
                news: sender,
                questions,
            }),
            news,
            questions: asked,
        })
    }

    /// What the receiver shows its pictures on.
    pub fn screen(&self) -> Arc<WindowScreen> {
        self.screen.clone()
    }

    /// Shows the window of the receiver called `name` until it is closed. To be called on the main thread.
    pub fn run(self, name: &str) {
        let app = gtk::Application::builder()
            .application_id(format!("{APP_ID}.Receiver"))
            .flags(gtk::gio::ApplicationFlags::NON_UNIQUE)
            .build();
        let name = name.to_owned();
        let (news, questions) = (self.news, self.questions);
        app.connect_activate(move |app| {
            let view = View::new(app, &name);
            glib::spawn_future_local(question_dialog::ask_in_turn(
                view.window.clone(),
                questions.clone(),
            ));
            let news = news.clone();
            glib::spawn_future_local(async move {
                while let Ok(news) = news.recv().await {
                    match news {
                        News::Show(picture) => view.show(&picture),
                        News::Idle => view.idle(),
                        News::Quit => view.window.close(),
                    }
                }
            });
        });
        app.run_with_args::<&str>(&[]);
    }
}

/// The widgets.
struct View {
    window: gtk::ApplicationWindow,
    stack: gtk::Stack,
    picture: gtk::Picture,
}

impl View {
    fn new(app: &gtk::Application, name: &str) -> View {
        let picture = gtk::Picture::builder()
            .content_fit(gtk::ContentFit::Contain)
            .css_classes(["telecast-picture"])
            .alternative_text(words::picture_of(name))
            .build();
        // GTK makes that a description; a picture needs a name.
        picture.update_property(&[gtk::accessible::Property::Label(&words::picture_of(name))]);
        let waiting = gtk::Box::builder()
            .orientation(gtk::Orientation::Vertical)
            .spacing(12)
            .halign(gtk::Align::Center)
            .valign(gtk::Align::Center)
            .build();
        let title = gtk::Label::builder()
            .label(name)
            .wrap(true)
            .css_classes(["title-1"])
            .build();
        let hint = gtk::Label::builder()
            .label(words::ready_to_receive())
            .wrap(true)
            .justify(gtk::Justification::Center)
            .css_classes(["dim-label"])
            .build();
        waiting.append(&title);
        waiting.append(&hint);
        let stack = gtk::Stack::new();
        stack.add_named(&waiting, Some("waiting"));
        stack.add_named(&picture, Some("picture"));
        let window = gtk::ApplicationWindow::builder()
            .application(app)
            .title(name)
            .default_width(960)
            .default_height(540)
            .child(&stack)
            .build();
        keys::add(&window);
        paint_borders_black();
        window.present();
        View {
            window,
            stack,
            picture,
        }
    }

    fn show(&self, picture: &Picture) {
        let bytes = glib::Bytes::from_owned(picture.rgba.clone());
        let (Ok(width), Ok(height)) = (i32::try_from(picture.width), i32::try_from(picture.height))
        else {
            return;
        };
        if width == 0
            || height == 0
            || bytes.len() < picture.width as usize * picture.height as usize * 4
        {
            return;
        }
        let stride = picture.width as usize * 4;
        let format = gtk::gdk::MemoryFormat::R8g8b8a8;
        let texture = gtk::gdk::MemoryTexture::new(width, height, format, &bytes, stride);
        self.picture.set_paintable(Some(&texture));
        self.stack.set_visible_child_name("picture");
    }

    fn idle(&self) {
        self.stack.set_visible_child_name("waiting");
        self.picture.set_paintable(gtk::gdk::Paintable::NONE);
    }
}

/// What the picture does not cover is black, as on a TV.
fn paint_borders_black() {
    let Some(display) = gtk::gdk::Display::default() else {
        return;
    };
    let style = gtk::CssProvider::new();
    style.load_from_string(".telecast-picture { background: black; }");
    let priority = gtk::STYLE_PROVIDER_PRIORITY_APPLICATION;
    gtk::style_context_add_provider_for_display(&display, &style, priority);
}
