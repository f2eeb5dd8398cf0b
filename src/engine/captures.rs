// SPDX-License-Identifier: GPL-3.0-or-later
//! The captures that run, by what was asked for: a second session of the same source gets the one that is there, without
//! a second dialog. A capture runs for as long as a session holds it.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::source::pictures::Pictures;
use super::source::sound::Capture as SoundCapture;
use super::{AudioChoice, MirrorRequest, Reason};
use crate::capture::source::SourceKind;

/// What pictures are of. Two sessions with the same key show the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PictureKey {
    /// What the portal's permission of the moment for this kind shows.
    Granted(SourceKind),
    /// Something that is made here, of this size and rate.
    Made(SourceKind, (u32, u32), u32),
}

impl PictureKey {
    /// What a request means; `None` when the person wants to be asked anew.
    pub(super) fn of(request: &MirrorRequest) -> Option<PictureKey> {
        let kind = request.source;
        let (size, rate) = (request.options.max_size, request.options.frame_rate);
        match kind {
            SourceKind::TestCard => Some(PictureKey::Made(kind, size, rate)),
            SourceKind::Screen | SourceKind::Window | SourceKind::Virtual => {
                request.restore.then_some(PictureKey::Granted(kind))
            }
        }
    }
}

/// All captures of an engine.
#[derive(Debug, Default)]
pub(super) struct Captures {
    pub(super) pictures: Pool<PictureKey, Pictures>,
    pub(super) sounds: Pool<AudioChoice, SoundCapture>,
}

/// Things that are open, by key. Holds none of them open itself.
#[derive(Debug)]
pub(super) struct Pool<K, T> {
    seats: Mutex<Vec<(K, Arc<Seat<T>>)>>,
}

/// Locked while the thing is being opened: who wants the same waits, for as long as the person takes in the dialog.
type Seat<T> = tokio::sync::Mutex<Weak<T>>;

impl<K, T> Default for Pool<K, T> {
    fn default() -> Self {
        Pool {
            seats: Mutex::default(),
        }
    }
}

impl<K: PartialEq, T> Pool<K, T> {
    /// The thing of this key that is open and `usable`, else what `open` makes. May be dropped unfinished; then the next
    /// one who waits opens it.
    ///
    /// # Errors
    /// Those of `open`.
    pub(super) async fn get(
        &self,
        key: K,
        usable: impl Fn(&T) -> bool,
        open: impl Future<Output = Result<T, Reason>>,
    ) -> Result<Arc<T>, Reason> {
        let seat = self.seat(key);
        let mut seat = seat.lock().await;
        if let Some(there) = seat.upgrade()
            && usable(&there)
        {
            return Ok(there);
        }
        let opened = Arc::new(open.await?);
        *seat = Arc::downgrade(&opened);
        Ok(opened)
    }

    /// Whether the thing of this key is open and `usable`.
    pub(super) fn has(&self, key: &K, usable: impl Fn(&T) -> bool) -> bool {
        let seat = {
            let seats = self.lock();
            let mut seats = seats.iter();
            seats
                .find(|(it, _)| it == key)
                .map(|(_, seat)| Arc::clone(seat))
        };
        seat.is_some_and(|seat| {
            let there = seat.try_lock().ok().and_then(|seat| seat.upgrade());
            there.is_some_and(|there| usable(&there))
        })
    }

    fn seat(&self, key: K) -> Arc<Seat<T>> {
        let mut seats = self.lock();
        seats.retain(|(it, seat)| *it == key || is_used(seat));
        if let Some((_, seat)) = seats.iter().find(|(it, _)| *it == key) {
            return Arc::clone(seat);
        }
        let seat = Arc::new(Seat::new(Weak::new()));
        seats.push((key, Arc::clone(&seat)));
        seat
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(K, Arc<Seat<T>>)>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether something is open there, or being opened.
fn is_used<T>(seat: &Seat<T>) -> bool {
    seat.try_lock().map_or(true, |seat| seat.strong_count() > 0)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_second_one_waits_for_the_first_and_gets_the_same() {
        let pool = Pool::<u8, u32>::default();
        let opened = AtomicU32::new(0);
        let open = || async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(opened.fetch_add(1, Ordering::SeqCst))
        };
        let (one, other, third) = tokio::join!(
            pool.get(1, |_| true, open()),
            pool.get(1, |_| true, open()),
            pool.get(2, |_| true, open()),
        );
        let (one, other, third) = (one.unwrap(), other.unwrap(), third.unwrap());
        assert!(Arc::ptr_eq(&one, &other) && !Arc::ptr_eq(&one, &third));
        assert_eq!(opened.load(Ordering::SeqCst), 2);
        assert!(pool.has(&1, |_| true) && !pool.has(&1, |_| false) && !pool.has(&3, |_| true));
    }

    #[tokio::test]
    async fn what_has_ended_or_was_let_go_is_opened_anew_and_failures_are_not_kept() {
        let pool = Pool::<u8, u32>::default();
        let first = pool.get(1, |_| true, async { Ok(1) }).await.unwrap();
        assert_eq!(*pool.get(1, |_| false, async { Ok(2) }).await.unwrap(), 2);
        drop(first);
        assert!(!pool.has(&1, |_| true), "nobody holds it");
        let failed = pool
            .get(1, |_| true, async { Err(Reason::DialogCancelled) })
            .await;
        assert_eq!(failed, Err(Reason::DialogCancelled));
        assert_eq!(*pool.get(1, |_| true, async { Ok(3) }).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn an_opening_that_is_given_up_leaves_the_place_to_the_next() {
        let pool = Pool::<u8, u32>::default();
        let never = pool.get(1, |_| true, std::future::pending());
        let gave_up = tokio::time::timeout(Duration::from_millis(10), never).await;
        assert!(gave_up.is_err());
        assert_eq!(*pool.get(1, |_| true, async { Ok(5) }).await.unwrap(), 5);
    }

    #[tokio::test]
    async fn places_of_what_is_gone_are_forgotten() {
        let pool = Pool::<u32, u32>::default();
        for key in 0..100 {
            pool.get(key, |_| true, async { Ok(0) }).await.unwrap();
        }
        assert_eq!(pool.lock().len(), 1);
    }
}
