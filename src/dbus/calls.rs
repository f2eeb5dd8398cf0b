// SPDX-License-Identifier: GPL-3.0-or-later
//! `Calls`: how many slow calls run at once. A call in, a permit or [`BusError::Busy`] out: a flood is refused, not queued.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::BusError;

/// Slow calls (those that look for a device or wait for the engine) that run at once.
const MAX_CALLS: usize = 16;

/// Permits for slow calls of all clients.
#[derive(Debug, Clone)]
pub(super) struct Calls(Arc<Semaphore>);

impl Default for Calls {
    fn default() -> Self {
        Calls(Arc::new(Semaphore::new(MAX_CALLS)))
    }
}

impl Calls {
    /// A permit, for as long as the call runs.
    pub fn begin(&self) -> Result<OwnedSemaphorePermit, BusError> {
        let permit = Arc::clone(&self.0).try_acquire_owned();
        permit.map_err(|_| BusError::busy())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_calls_are_refused_until_one_ends() {
        let calls = Calls::default();
        let mut running: Vec<_> = (0..MAX_CALLS)
            .map(|_| calls.begin().expect("there is room"))
            .collect();
        assert!(matches!(calls.begin(), Err(BusError::Busy(_))));
        running.pop();
        assert!(calls.begin().is_ok());
    }
}
