// SPDX-License-Identifier: GPL-3.0-or-later
//! Making the virtual output the default one, and undoing it.
//!
//! Input: the graph, the folder of records. What happens to the daemon is one metadata key.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::output::{self, Record, Restore};
use crate::capture::pipewire::registry::GraphWatch;

/// How long the session manager may take to make the output the default one.
const PATIENCE: Duration = Duration::from_millis(1500);

/// How long a session manager may take to come that is not there yet: it starts after the daemon.
const MANAGER: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The output's node does not exist yet.
    Absent,
    /// There is nobody who could be asked.
    Unmanaged { until: Instant },
    /// Asked for; the session manager has not followed yet.
    Asked { until: Instant },
    /// It is the default output, or will not become it.
    Settled,
}

/// Our output's way to being the default one.
#[derive(Debug)]
pub(super) struct Claim {
    pub sink: String,
    folder: Option<PathBuf>,
    /// What was configured before us, once that has been changed. The file may be lost; this is not.
    record: Option<Record>,
    step: Step,
}

impl Claim {
    pub fn new(sink: String, folder: Option<PathBuf>) -> Self {
        Claim {
            sink,
            folder,
            record: None,
            step: Step::Absent,
        }
    }

    /// When [`Claim::advance`] has to be called at the latest.
    pub fn deadline(&self) -> Option<Instant> {
        match self.step {
            Step::Asked { until } | Step::Unmanaged { until } => Some(until),
            _ => None,
        }
    }

    /// Goes on; true when it turns out that the output does not become the default one.
    pub fn advance(&mut self, watch: &GraphWatch, now: Instant) -> bool {
        let (exists, is_default) = {
            let graph = watch.graph.borrow();
            (
                graph.has_node(&self.sink),
                graph.default_sink.as_deref() == Some(&self.sink),
            )
        };
        match self.step {
            Step::Absent if exists && !watch.is_managed() => {
                let until = now + MANAGER;
                self.step = Step::Unmanaged { until };
                false
            }
            Step::Unmanaged { until } if !watch.is_managed() && until > now => false,
            Step::Absent | Step::Unmanaged { .. } if exists => {
                let asked = self.ask(watch);
                // One that has just come has more to do.
                let patience = match self.step {
                    Step::Unmanaged { .. } => MANAGER,
                    _ => PATIENCE,
                };
                self.step = if asked {
                    Step::Asked {
                        until: now + patience,
                    }
                } else {
                    Step::Settled
                };
                !asked
            }
            Step::Asked { .. } if is_default => {
                self.step = Step::Settled;
                false
            }
            Step::Asked { until } if until <= now => {
                self.step = Step::Settled;
                true
            }
            _ => false,
        }
    }

    fn ask(&mut self, watch: &GraphWatch) -> bool {
        let configured = watch.graph.borrow().configured_sink.clone();
        let record = Record {
            sink: self.sink.clone(),
            previous: configured.filter(|name| *name != self.sink),
        };
        if let Some(folder) = &self.folder
            && let Err(error) = output::write(folder, &record)
        {
            // Without a record a crash would leave the sound on an output that is gone.
            tracing::warn!(%error, "the default sound output stays: it could not be remembered");
            return false;
        }
        self.record = Some(record);
        watch.configure_sink(Some(&self.sink))
    }

    /// Restores what was before. The caller makes sure that the daemon has heard it.
    pub fn release(&self, watch: &GraphWatch) {
        let Some(record) = &self.record else { return };
        let graph = watch.graph.borrow().clone();
        let folder = self.folder.as_deref();
        let mut records = folder.map(output::read_all).unwrap_or_default();
        // The file goes first: another cast that ended meanwhile may have changed what to go back to.
        if !records.iter().any(|other| other.sink == self.sink) {
            records.push(record.clone());
        }
        let configured = graph.configured_sink.as_deref();
        let alive = |name: &str| graph.has_node(name);
        if let Restore::Choice(previous) = output::restored(&self.sink, configured, &records, alive)
        {
            watch.configure_sink(previous.as_deref());
        }
        if let Some(folder) = folder {
            forget(folder, &self.sink);
        }
    }
}

/// Restores what crashes have left. `records` were read before the graph was asked for: an output that is made in the
/// meantime, with its record, would look dead otherwise.
pub(super) fn repair(watch: &GraphWatch, folder: &Path, records: &[Record]) {
    let graph = watch.graph.borrow().clone();
    let alive = |name: &str| graph.has_node(name);
    let (dead, restore) = output::repair(records, graph.configured_sink.as_deref(), alive);
    if let Restore::Choice(previous) = restore {
        tracing::info!(
            ?previous,
            "restoring the default sound output after a crash"
        );
        if watch.configure_sink(previous.as_deref()) {
            watch.graph.borrow_mut().configured_sink = previous;
        }
    }
    for sink in dead {
        forget(folder, &sink);
    }
}

fn forget(folder: &Path, sink: &str) {
    if let Err(error) = output::forget(folder, sink) {
        tracing::warn!(%error, sink, "the record of a sound output could not be removed");
    }
}
