// SPDX-License-Identifier: GPL-3.0-or-later
//! The test card's picture as `RawFrame`s, at the asked rate.
//!
//! Each frame shows the time of its deadline, not of the moment at which the thread woke, so the rate has no drift. When
//! nobody reads, nothing is drawn.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_channel::Sender;

use super::Paced;
use crate::capture::error::CaptureError;
use crate::capture::frame::{PixelFormat, RawFrame};
use crate::capture::slot::SlotWriter;
use crate::capture::source::{EVENTS, Running, VideoEvent, VideoRequest, VideoSource};
use crate::clock::{instant_of, monotonic};
use crate::testcard::Card;

/// Sides of the card in pixels: from where its code can be read to what is sensible to draw by hand.
const SIDES: (u32, u32) = (16, 7680);

/// Pictures that are drawn into in turn; more are made while consumers hold all of them.
const PICTURES: usize = 3;

/// Starts the card.
pub fn start(request: &VideoRequest) -> Result<VideoSource, CaptureError> {
    let size = (
        request.size.0.clamp(SIDES.0, SIDES.1),
        request.size.1.clamp(SIDES.0, SIDES.1),
    );
    let (writer, hub) = SlotWriter::new();
    let (events, receiver) = async_channel::bounded(EVENTS);
    events.force_send(VideoEvent::Started { size }).ok();
    let card = Card::new(size.0, size.1);
    let mut schedule = Schedule::new(monotonic(), request.max_fps);
    let mut pictures = Pictures::default();
    let paced = Paced::spawn("test-card", move || {
        let time = schedule.due(monotonic());
        if writer.has_readers() {
            let picture = pictures.draw(&card, time);
            writer.put(frame(size, instant_of(time), picture));
        }
        instant_of(schedule.advance(monotonic()))
    })?;
    Ok(VideoSource {
        hub,
        events: receiver,
        restore_token: None,
        running: Box::new(Drawing {
            _paced: paced,
            _events: events,
        }),
    })
}

/// The thread, and the queue of events, which stays open as long as it draws.
struct Drawing {
    _paced: Paced,
    _events: Sender<VideoEvent>,
}

impl Running for Drawing {}

fn frame(size: (u32, u32), captured: Instant, picture: Arc<Vec<u8>>) -> RawFrame {
    let stride = size.0 as usize * 4;
    RawFrame {
        received: Instant::now(),
        ..RawFrame::packed(PixelFormat::Bgrx, size, stride, picture, captured)
    }
}

/// The deadlines of the frames.
struct Schedule {
    start: Duration,
    fps: u32,
    next: u64,
}

impl Schedule {
    fn new(start: Duration, fps: u32) -> Self {
        Schedule {
            start,
            fps: fps.clamp(1, 240),
            next: 0,
        }
    }

    fn time_of(&self, frame: u64) -> Duration {
        self.start + Duration::from_nanos(frame * 1_000_000_000 / u64::from(self.fps))
    }

    /// The time that the frame at `now` shows. Frames whose whole turn has passed are left out.
    fn due(&mut self, now: Duration) -> Duration {
        let elapsed = now.saturating_sub(self.start).as_nanos() * u128::from(self.fps);
        let current = u64::try_from(elapsed / 1_000_000_000).unwrap_or(u64::MAX);
        self.next = self.next.max(current);
        self.time_of(self.next)
    }

    /// Goes to the next frame and says when it is due; one that was due already is due now.
    fn advance(&mut self, now: Duration) -> Duration {
        self.next += 1;
        self.time_of(self.next).max(now)
    }
}

/// Memory for pictures, used again once consumers have dropped it.
#[derive(Default)]
struct Pictures {
    ring: Vec<Arc<Vec<u8>>>,
}

impl Pictures {
    fn draw(&mut self, card: &Card, time: Duration) -> Arc<Vec<u8>> {
        let (width, height) = card.size();
        let free = self
            .ring
            .iter()
            .position(|picture| Arc::strong_count(picture) == 1);
        let mut picture = free.map(|at| self.ring.swap_remove(at)).unwrap_or_default();
        // Nobody else has a free picture, so this always succeeds.
        if let Some(bytes) = Arc::get_mut(&mut picture) {
            bytes.resize(width as usize * height as usize * 4, 0);
            card.draw(time, bytes);
        }
        if self.ring.len() < PICTURES {
            self.ring.push(Arc::clone(&picture));
        }
        picture
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::frame::Memory;
    use crate::capture::slot::Next;
    use crate::capture::source::SourceKind;
    use crate::testcard::{Luma, Reader};

    #[test]
    fn frames_are_due_at_whole_multiples_of_the_interval() {
        let start = Duration::from_secs(5);
        let mut schedule = Schedule::new(start, 30);
        assert_eq!(schedule.due(start), start);
        assert_eq!(
            schedule.advance(start + Duration::from_millis(2)),
            start + Duration::from_nanos(33_333_333)
        );
        // Woken 4 ms late: still the same frame, and the next one is not later for it.
        assert_eq!(
            schedule.due(start + Duration::from_millis(37)),
            start + Duration::from_nanos(33_333_333)
        );
        assert_eq!(
            schedule.advance(start + Duration::from_millis(38)),
            start + Duration::from_nanos(66_666_666)
        );
        // Asleep for a second: 30 frames are left out.
        assert_eq!(
            schedule.due(start + Duration::from_millis(1070)),
            start + Duration::from_nanos(1_066_666_666)
        );
    }

    #[test]
    fn pictures_in_use_are_never_drawn_into() {
        let card = Card::new(256, 144);
        let mut pictures = Pictures::default();
        let held: Vec<_> = (0..5)
            .map(|n| pictures.draw(&card, Duration::from_secs(n)))
            .collect();
        let copies: Vec<Vec<u8>> = held.iter().map(|picture| picture.to_vec()).collect();
        drop(pictures.draw(&card, Duration::from_secs(9)));
        assert!(held.iter().zip(&copies).all(|(now, then)| **now == *then));
        drop(held);
        for n in 0..9 {
            drop(pictures.draw(&card, Duration::from_secs(n)));
        }
        assert!(pictures.ring.len() <= PICTURES);
    }

    #[test]
    fn the_card_shows_the_time_at_which_it_was_captured() {
        let request = VideoRequest {
            size: (640, 360),
            max_fps: 60,
            ..VideoRequest::new(SourceKind::TestCard)
        };
        let source = start(&request).unwrap();
        assert_eq!(
            source.events().try_recv(),
            Ok(VideoEvent::Started { size: (640, 360) })
        );
        let frames = source.frames();
        let deadline = Some(Instant::now() + Duration::from_secs(10));
        let mut last = None;
        for _ in 0..5 {
            let Next::Item(frame) = frames.take_until(deadline) else {
                panic!("no frame")
            };
            assert!(last < Some(frame.captured));
            last = Some(frame.captured);
            let Memory::Bytes(bytes) = &frame.memory else {
                panic!("not in memory")
            };
            let luma: Vec<u8> = bytes.bytes().chunks(4).map(|pixel| pixel[1]).collect();
            let luma = Luma {
                data: &luma,
                stride: 640,
                width: 640,
                height: 360,
            };
            let reading = Reader::default().read(luma).unwrap();
            let off = instant_of(reading.time).max(frame.captured)
                - instant_of(reading.time).min(frame.captured);
            assert!(off < Duration::from_millis(1), "{off:?}");
        }
        drop(source);
        frames.try_take();
        assert!(matches!(frames.take_until(deadline), Next::Closed));
    }
}
