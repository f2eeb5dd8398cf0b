// SPDX-License-Identifier: GPL-3.0-or-later
use std::thread;

use super::*;

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

#[test]
fn a_slow_reader_gets_only_the_newest_item() {
    let (writer, hub) = SlotWriter::new();
    let reader = hub.subscribe(1);
    for n in 1..=5 {
        writer.put(n);
    }
    assert_eq!(reader.take_until(Some(soon())), Next::Item(5));
    assert_eq!(reader.dropped(), 4);
    assert_eq!(reader.try_take(), None);
}

#[test]
fn a_deeper_reader_drops_the_oldest() {
    let (writer, hub) = SlotWriter::new();
    let reader = hub.subscribe(3);
    for n in 1..=5 {
        writer.put(n);
    }
    assert_eq!(
        [reader.try_take(), reader.try_take(), reader.try_take()],
        [Some(3), Some(4), Some(5)]
    );
    assert_eq!(reader.dropped(), 2);
}

#[test]
fn every_reader_gets_each_item_and_a_dropped_reader_costs_nothing() {
    let (writer, hub) = SlotWriter::new();
    let (one, two) = (hub.subscribe(1), hub.subscribe(1));
    writer.put(1);
    assert_eq!((one.try_take(), two.try_take()), (Some(1), Some(1)));
    drop(two);
    assert!(writer.has_readers());
    drop(one);
    assert!(!writer.has_readers());
    writer.put(2);
}

#[test]
fn a_replaced_item_is_dropped_at_once() {
    let (writer, hub) = SlotWriter::new();
    let reader = hub.subscribe(1);
    let first = Arc::new(1);
    writer.put(Arc::clone(&first));
    writer.put(Arc::new(2));
    assert_eq!(Arc::strong_count(&first), 1);
    assert_eq!(reader.try_take().as_deref(), Some(&2));
}

#[test]
fn a_late_reader_of_a_still_screen_gets_the_last_picture() {
    let (writer, hub) = SlotWriter::with_replay(|_| true);
    let early = hub.subscribe(1);
    let first = Arc::new(1);
    writer.put(Arc::clone(&first));
    writer.put(Arc::new(2));
    assert_eq!(Arc::strong_count(&first), 1);
    let late = hub.subscribe(1);
    assert_eq!(
        (early.try_take(), late.try_take()),
        (Some(Arc::new(2)), Some(Arc::new(2)))
    );
    assert_eq!(late.try_take(), None);
    drop(writer);
    assert_eq!(hub.subscribe(1).take_until(None), Next::Closed);
}

#[test]
fn what_is_too_dear_to_keep_goes_to_the_first_reader_only() {
    let (writer, hub) = SlotWriter::with_replay(|_| false);
    let item = Arc::new(1);
    writer.put(Arc::clone(&item));
    let first = hub.subscribe(1);
    let second = hub.subscribe(1);
    assert_eq!(second.try_take(), None);
    assert_eq!(first.try_take().as_deref(), Some(&1));
    assert_eq!(Arc::strong_count(&item), 1, "the hub holds it no longer");
    writer.put(Arc::clone(&item));
    drop((first.try_take(), second.try_take()));
    assert_eq!(Arc::strong_count(&item), 1, "nor one that was read at once");
}

#[test]
fn without_replay_a_late_reader_begins_with_the_next_item() {
    let (writer, hub) = SlotWriter::new();
    writer.put(1);
    let late = hub.subscribe(1);
    assert_eq!(late.try_take(), None);
    writer.put(2);
    assert_eq!(late.try_take(), Some(2));
}

#[test]
fn the_last_items_are_read_before_the_end_is_told() {
    let (writer, hub) = SlotWriter::new();
    let reader = hub.subscribe(1);
    writer.put(7);
    drop(writer);
    assert_eq!(reader.take_until(Some(soon())), Next::Item(7));
    assert_eq!(reader.take_until(Some(soon())), Next::Closed);
    assert_eq!(hub.subscribe(1).take_until(None), Next::Closed);
}

#[test]
fn a_wait_ends_at_its_deadline_or_when_woken() {
    let (_writer, hub) = SlotWriter::<u8>::new();
    let reader = hub.subscribe(1);
    assert_eq!(
        reader.take_until(Some(Instant::now() + Duration::from_millis(5))),
        Next::TimedOut
    );
    let waker = reader.waker();
    let other = thread::spawn(move || waker.wake());
    assert_eq!(reader.take_until(Some(soon())), Next::Woken);
    other.join().unwrap();
}

#[test]
fn an_item_put_by_another_thread_ends_the_wait() {
    let (writer, hub) = SlotWriter::new();
    let reader = hub.subscribe(1);
    let other = thread::spawn(move || {
        writer.put(3);
        writer
    });
    assert_eq!(reader.take_until(Some(soon())), Next::Item(3));
    drop(other.join().unwrap());
}

#[tokio::test]
async fn a_future_wait_sees_items_wakes_and_the_end() {
    let (writer, hub) = SlotWriter::new();
    let reader = hub.subscribe(1);
    let waker = reader.waker();
    writer.put(1);
    assert_eq!(reader.take().await, Next::Item(1));
    waker.wake();
    assert_eq!(reader.take().await, Next::Woken);
    let other = tokio::spawn(async move { writer.put(2) });
    assert_eq!(reader.take().await, Next::Item(2));
    other.await.unwrap();
    assert_eq!(reader.take().await, Next::Closed);
}
