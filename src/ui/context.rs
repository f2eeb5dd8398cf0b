// SPDX-License-Identifier: GPL-3.0-or-later
//! `Context`: what every part of the window needs, owned by the application: the engine, once it runs, and the settings.

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use gtk4::glib;
use tokio::runtime::Handle;

use super::application::{InWindow, QUESTIONS};
use super::model::{CastList, DeviceList};
use crate::engine::{
    Banners, Engine, Leave, Settings, TrustQuestion, ask_leave, remembered_devices,
};
use crate::words;

/// Shared by all parts of the window; lives on the main thread.
pub struct Context {
    runtime: Handle,
    engine: OnceCell<Arc<Engine>>,
    settings: Settings,
    banners: OnceCell<Option<Banners>>,
    devices: DeviceList,
    casts: CastList,
    waiting: RefCell<Vec<Waiting>>,
    /// What is asked about devices, and who asks.
    questions: async_channel::Receiver<TrustQuestion>,
    asker: Arc<InWindow>,
    asked_leave: Cell<bool>,
}

/// What is done once the engine runs.
type Waiting = Box<dyn FnOnce(&Arc<Engine>)>;

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("runs", &self.engine.get().is_some())
            .finish_non_exhaustive()
    }
}

impl Context {
    /// A context whose engine does not run yet; it will on `runtime`.
    pub fn new(runtime: Handle, settings: Settings) -> Rc<Context> {
        let (asker, questions) = async_channel::bounded(QUESTIONS);
        let context = Rc::new(Context {
            runtime,
            engine: OnceCell::new(),
            settings,
            banners: OnceCell::new(),
            devices: DeviceList::default(),
            casts: CastList::default(),
            waiting: RefCell::default(),
            questions,
            asker: Arc::new(InWindow(asker)),
            asked_leave: Cell::new(false),
        });
        context.show_remembered();
        context
    }

    /// Fills the list with what is remembered, before the engine runs.
    fn show_remembered(self: &Rc<Self>) {
        let reading = self.runtime.spawn_blocking(remembered_devices);
        let context = Rc::downgrade(self);
        glib::spawn_future_local(async move {
            let Ok(devices) = reading.await else {
                return;
            };
            if let Some(context) = context
                .upgrade()
                .filter(|context| context.engine().is_none())
            {
                context.devices.update(&devices);
            }
        });
    }

    /// Starts the engine, unless it runs. Kept out of the way of the first picture of the window.
    pub fn start_engine(&self) {
        self.engine.get_or_init(|| {
            Banners::repair(&self.settings);
            let _runtime = self.runtime.enter();
            let mut options = self.settings.engine_options();
            options.trust.asker = Some(self.asker.clone());
            let engine = Arc::new(Engine::start(options));
            self.devices.follow(engine.listed());
            self.casts.follow(engine.sessions());
            engine
        });
        self.tell_desktop_options();
        for waiting in self.waiting.take() {
            if let Some(engine) = self.engine() {
                waiting(&engine);
            }
        }
    }

    /// Tells the engine what the settings want of the desktop.
    pub fn tell_desktop_options(&self) {
        if let Some(engine) = self.engine.get() {
            let options = self.settings.desktop_options(words::for_desktop());
            engine.set_desktop(options);
        }
    }

    /// Asks the desktop for leave to go on without a window, and whether to be started `at_login`; `None` when it does not
    /// ask.
    pub fn ask_leave(&self, at_login: bool) -> impl Future<Output = Option<Leave>> + 'static {
        self.asked_leave.set(true);
        let asking = self
            .runtime
            .spawn(ask_leave(words::casting_reason(), at_login));
        async move { asking.await.ok().flatten() }
    }

    /// Whether that was asked already.
    pub fn has_asked_leave(&self) -> bool {
        self.asked_leave.get()
    }

    /// Calls `then` once the engine runs: now, or a moment after the window was shown.
    pub fn when_engine_runs(&self, then: impl FnOnce(&Arc<Engine>) + 'static) {
        match self.engine.get() {
            Some(engine) => then(engine),
            None => self.waiting.borrow_mut().push(Box::new(then)),
        }
    }

    /// The engine, once it runs: a moment after the window was shown.
    pub fn engine(&self) -> Option<Arc<Engine>> {
        self.engine.get().cloned()
    }

    /// What is asked about devices that are not certified.
    pub fn questions(&self) -> async_channel::Receiver<TrustQuestion> {
        self.questions.clone()
    }

    /// Where futures of the engine run that need the tokio runtime.
    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// What the person set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The desktop's notifications, where they can be silenced. Looked up when something is cast for the first time.
    pub fn banners(&self) -> Option<&Banners> {
        self.banners
            .get_or_init(|| Banners::open(&self.settings))
            .as_ref()
    }

    /// The devices, as they come and go.
    pub fn devices(&self) -> &DeviceList {
        &self.devices
    }

    /// The casts, as they change.
    pub fn casts(&self) -> &CastList {
        &self.casts
    }
}
