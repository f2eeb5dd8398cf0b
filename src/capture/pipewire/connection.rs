// SPDX-License-Identifier: GPL-3.0-or-later
//! A connection to a PipeWire daemon: loop, context and core of one thread, and how the thread learns that it is over.

use std::cell::Cell;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

use ::pipewire::context::ContextRc;
use ::pipewire::core::{CoreRc, Listener, PW_ID_CORE};
use ::pipewire::loop_::Timeout;
use ::pipewire::main_loop::MainLoopRc;

use crate::capture::error::CaptureError;

/// Loop, context and core. Lives on the thread that made it.
pub(super) struct Connection {
    pub main_loop: MainLoopRc,
    pub core: CoreRc,
    lost: Rc<Cell<bool>>,
    _listener: Listener,
}

impl Connection {
    /// Connects to the daemon behind `remote` (what the portal opened), or to the user's daemon.
    pub fn open(remote: Option<OwnedFd>) -> Result<Self, CaptureError> {
        ::pipewire::init();
        let failed = |action| move |source| CaptureError::PipeWire { action, source };
        let main_loop = MainLoopRc::new(None).map_err(failed("make a loop"))?;
        let context = ContextRc::new(&main_loop, None).map_err(failed("make a context"))?;
        let core = match remote {
            Some(fd) => context.connect_fd_rc(fd, None),
            None => context.connect_rc(None),
        };
        let core = core.map_err(|error| {
            tracing::debug!(%error, "no connection to PipeWire");
            CaptureError::NoPipeWire
        })?;
        let lost = Rc::new(Cell::new(false));
        let flag = Rc::clone(&lost);
        let listener = core
            .add_listener_local()
            .error(move |id, _, res, message| {
                tracing::debug!(id, res, message, "PipeWire reported an error");
                if id == PW_ID_CORE && res == -rustix::io::Errno::PIPE.raw_os_error() {
                    flag.set(true);
                }
            })
            .register();
        Ok(Connection {
            main_loop,
            core,
            lost,
            _listener: listener,
        })
    }

    /// Whether the daemon has gone.
    pub fn is_lost(&self) -> bool {
        self.lost.get()
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
