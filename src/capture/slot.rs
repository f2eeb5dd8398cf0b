// SPDX-License-Identifier: GPL-3.0-or-later
//! Newest-wins hand-over between threads: a producer that never waits, consumers that always get the newest items.
//!
//! Input: frames or blocks of one source. Output: a [`SlotReader`] for each consumer. It never blocks the producer and
//! never grows: a reader holds at most its capacity, and when it is full the *oldest* item is dropped and counted. A
//! capacity of 1 is the slot of raw pictures, in which only the newest matters; sound uses a few blocks.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// What a wait for the next item ended with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next<T> {
    /// The oldest item that is still held.
    Item(T),
    /// Nothing came in the given time.
    TimedOut,
    /// [`SlotWaker::wake`] was called: look at your other inputs, then wait again.
    Woken,
    /// The producer is gone and everything it left has been read.
    Closed,
}

#[derive(Debug)]
struct State<T> {
    items: VecDeque<T>,
    closed: bool,
    woken: bool,
}

#[derive(Debug)]
struct Shared<T> {
    capacity: usize,
    state: Mutex<State<T>>,
    changed: Condvar,
    notify: Notify,
    dropped: AtomicU64,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // The state is valid between any two statements, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.changed.notify_one();
        self.notify.notify_one();
    }

    fn put(&self, item: T) {
        let mut state = self.lock();
        // Dropped after the lock is released: the drop of a picture sends its buffer back.
        let mut old = None;
        if state.items.len() >= self.capacity {
            old = state.items.pop_front();
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        state.items.push_back(item);
        drop(state);
        drop(old);
        self.changed();
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed();
    }
}

/// The producer's end; hands each item to all readers that exist at that time.
#[derive(Debug)]
pub struct SlotWriter<T> {
    hub: SlotHub<T>,
}

impl<T: Clone> SlotWriter<T> {
    /// As [`SlotWriter::new`], but a new reader begins with the item that was put last: a still screen gives one picture
    /// only, and each of its readers needs it. The hub holds that item until the next one. Of what is too dear to
    /// `keep`, only the first reader gets an item that was put before it came.
    pub fn with_replay(keep: fn(&T) -> bool) -> (Self, SlotHub<T>) {
        let (writer, hub) = Self::new();
        hub.lock().replay = Some(keep);
        (writer, hub)
    }

    /// A producer without readers, and the hub where readers join.
    pub fn new() -> (Self, SlotHub<T>) {
        let hub = SlotHub {
            readers: Arc::new(Mutex::new(Readers {
                closed: false,
                replay: None,
                last: None,
                list: Vec::new(),
            })),
        };
        (SlotWriter { hub: hub.clone() }, hub)
    }

    /// Hands `item` to every reader. Never waits.
    pub fn put(&self, item: T) {
        let (readers, replaced) = {
            let mut all = self.hub.lock();
            let live = all.live();
            let replaced = match all.replay {
                Some(keep) if live.is_empty() || keep(&item) => all.last.replace(item.clone()),
                _ => all.last.take(),
            };
            (live, replaced)
        };
        drop(replaced);
        if let Some((last, rest)) = readers.split_last() {
            for reader in rest {
                reader.put(item.clone());
            }
            last.put(item);
        }
    }

    /// Whether anybody reads.
    pub fn has_readers(&self) -> bool {
        !self.hub.lock().live().is_empty()
    }
}

impl<T> Drop for SlotWriter<T> {
    fn drop(&mut self) {
        let mut readers = self.hub.lock();
        readers.closed = true;
        let last = readers.last.take();
        for reader in readers.list.drain(..).filter_map(|reader| reader.upgrade()) {
            reader.close();
        }
        drop(readers);
        drop(last);
    }
}

#[derive(Debug)]
struct Readers<T> {
    closed: bool,
    /// Which last items are kept for new readers, where any are.
    replay: Option<fn(&T) -> bool>,
    last: Option<T>,
    list: Vec<Weak<Shared<T>>>,
}

impl<T: Clone> Readers<T> {
    /// What a new reader begins with.
    fn replayed(&mut self) -> Option<T> {
        match (&self.last, self.replay) {
            (Some(last), Some(keep)) if keep(last) => Some(last.clone()),
            _ => self.last.take(),
        }
    }
}

impl<T> Readers<T> {
    /// The readers that still exist; the others are forgotten.
    fn live(&mut self) -> Vec<Arc<Shared<T>>> {
        self.list.retain(|reader| reader.strong_count() > 0);
        self.list.iter().filter_map(Weak::upgrade).collect()
    }
}

/// Where consumers join a producer. Cheap to clone.
#[derive(Debug)]
pub struct SlotHub<T> {
    readers: Arc<Mutex<Readers<T>>>,
}

impl<T> Clone for SlotHub<T> {
    fn clone(&self) -> Self {
        SlotHub {
            readers: Arc::clone(&self.readers),
        }
    }
}

impl<T> SlotHub<T> {
    fn lock(&self) -> MutexGuard<'_, Readers<T>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new reader that holds at most `capacity` items (at least 1). It sees what is put from now on, and before it the
    /// last item where the producer replays that.
    pub fn subscribe(&self, capacity: usize) -> SlotReader<T>
    where
        T: Clone,
    {
        let mut readers = self.lock();
        let shared = Arc::new(Shared {
            capacity: capacity.max(1),
            state: Mutex::new(State {
                items: readers.replayed().into_iter().collect(),
                closed: readers.closed,
                woken: false,
            }),
            changed: Condvar::new(),
            notify: Notify::new(),
            dropped: AtomicU64::new(0),
        });
        if !readers.closed {
            readers.list.push(Arc::downgrade(&shared));
        }
        SlotReader { shared }
    }
}

/// A consumer's end. Dropping it leaves the producer untouched.
#[derive(Debug)]
pub struct SlotReader<T> {
    shared: Arc<Shared<T>>,
}

impl<T> SlotReader<T> {
    /// The oldest held item, if there is one now.
    pub fn try_take(&self) -> Option<T> {
        self.shared.lock().items.pop_front()
    }

    /// Waits for the next item on the calling thread, at most until `deadline` (`None`: for ever).
    pub fn take_until(&self, deadline: Option<Instant>) -> Next<T> {
        let mut state = self.shared.lock();
        loop {
            if let Some(next) = Self::ready(&mut state) {
                return next;
            }
            let left = match deadline {
                Some(deadline) => deadline.saturating_duration_since(Instant::now()),
                None => Duration::MAX,
            };
            if left.is_zero() {
                return Next::TimedOut;
            }
            // A wait for ever is cut into hours: `wait_timeout` cannot add `Duration::MAX` to the clock.
            let left = left.min(Duration::from_hours(1));
            state = self
                .shared
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Waits for the next item as a future; never ends with [`Next::TimedOut`]. Cancellation loses nothing.
    pub async fn take(&self) -> Next<T> {
        loop {
            let changed = self.shared.notify.notified();
            if let Some(next) = Self::ready(&mut self.shared.lock()) {
                return next;
            }
            changed.await;
        }
    }

    fn ready(state: &mut State<T>) -> Option<Next<T>> {
        if std::mem::take(&mut state.woken) {
            return Some(Next::Woken);
        }
        match state.items.pop_front() {
            Some(item) => Some(Next::Item(item)),
            None => state.closed.then_some(Next::Closed),
        }
    }

    /// Items dropped because this reader was behind.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// A handle by which another thread interrupts the wait.
    pub fn waker(&self) -> SlotWaker
    where
        T: Send + 'static,
    {
        let shared = Arc::downgrade(&self.shared);
        SlotWaker(Arc::new(move || {
            if let Some(shared) = shared.upgrade() {
                shared.lock().woken = true;
                shared.changed();
            }
        }))
    }
}

/// Interrupts the wait of one [`SlotReader`].
#[derive(Clone)]
pub struct SlotWaker(Arc<dyn Fn() + Send + Sync>);

impl SlotWaker {
    /// Makes the current or next wait of the reader end with [`Next::Woken`]; several calls may end only one wait.
    pub fn wake(&self) {
        (self.0)();
    }
}

impl std::fmt::Debug for SlotWaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SlotWaker")
    }
}

#[cfg(test)]
mod tests;
