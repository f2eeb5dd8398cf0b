// SPDX-License-Identifier: GPL-3.0-or-later
//! A connection to a PipeWire daemon: loop, context and core of one thread, and how the thread learns that it is over.

use std::cell::Cell;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use ::pipewire::context::ContextRc;
use ::pipewire::core::{CoreRc, Listener, PW_ID_CORE};
use ::pipewire::loop_::Timeout;
use ::pipewire::main_loop::MainLoopRc;
use ::pipewire::properties::PropertiesBox;

use crate::capture::error::CaptureError;

/// Which daemon.
#[derive(Debug, Default)]
pub enum Remote {
    /// The user's.
    #[default]
    Default,
    /// The one behind a connection that the portal opened.
    Opened(OwnedFd),
    /// The one that listens at this socket.
    Socket(PathBuf),
}

/// Loop, context and core. Lives on the thread that made it.
pub(super) struct Connection {
    pub main_loop: MainLoopRc,
    pub core: CoreRc,
    lost: Rc<Cell<bool>>,
    /// The last round trip that came back.
    done: Rc<Cell<Option<i32>>>,
    _listener: Listener,
}

impl Connection {
    /// Connects to a daemon.
    pub fn open(remote: Remote) -> Result<Self, CaptureError> {
        ::pipewire::init();
        let failed = |action| move |source| CaptureError::PipeWire { action, source };
        let main_loop = MainLoopRc::new(None).map_err(failed("make a loop"))?;
        let context = ContextRc::new(&main_loop, None).map_err(failed("make a context"))?;
        let core = match remote {
            Remote::Opened(fd) => context.connect_fd_rc(fd, None),
            Remote::Default => context.connect_rc(None),
            Remote::Socket(path) => {
                let mut properties = PropertiesBox::new();
                properties.insert("remote.name", path.to_string_lossy().as_ref());
                context.connect_rc(Some(properties))
            }
        };
        let core = core.map_err(|error| {
            tracing::debug!(%error, "no connection to PipeWire");
            CaptureError::NoPipeWire
        })?;
        let lost = Rc::new(Cell::new(false));
        let flag = Rc::clone(&lost);
        let done = Rc::new(Cell::new(None));
        let came_back = Rc::clone(&done);
        let listener = core
            .add_listener_local()
            .error(move |id, _, res, message| {
                tracing::debug!(id, res, message, "PipeWire reported an error");
                if id == PW_ID_CORE && res == -rustix::io::Errno::PIPE.raw_os_error() {
                    flag.set(true);
                }
            })
            .done(move |id, seq| {
                if id == PW_ID_CORE {
                    came_back.set(Some(seq.seq()));
                }
            })
            .register();
        Ok(Connection {
            main_loop,
            core,
            lost,
            done,
            _listener: listener,
        })
    }

    /// Whether the daemon has gone.
    pub fn is_lost(&self) -> bool {
        self.lost.get()
    }

    /// Waits until the daemon has handled everything that was sent, for at most `patience`; false when it has not.
    pub fn round_trip(&self, patience: Duration) -> bool {
        let Ok(seq) = self.core.sync(0) else {
            return false;
        };
        let end = Instant::now() + patience;
        while self.done.get() != Some(seq.seq()) {
            if self.is_lost() || Instant::now() >= end {
                return false;
            }
            self.iterate(Some(end));
        }
        true
    }

    /// Waits for events until `deadline` at most and handles them.
    pub fn iterate(&self, deadline: Option<Instant>) {
        let timeout = match deadline {
            // Rounded up to whole milliseconds, which is all that the loop knows: else it would spin through the last one.
            Some(deadline) => {
                let left = deadline
                    .saturating_duration_since(Instant::now())
                    .as_micros()
                    .div_ceil(1000);
                Timeout::Finite(Duration::from_millis(
                    u64::try_from(left).unwrap_or(u64::MAX).min(3_600_000),
                ))
            }
            None => Timeout::Infinite,
        };
        self.main_loop.loop_().iterate(timeout);
    }
}
