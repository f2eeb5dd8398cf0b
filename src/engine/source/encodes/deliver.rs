// SPDX-License-Identifier: GPL-3.0-or-later
//! From an encoder to its sessions: [`EncoderEvent`]s in, on the encoder's thread; the same events in each session's
//! channel out. The bytes of a frame are shared, its times are the session's own.
//!
//! A session alone holds its encoder back while its channel is full. Among several, the one whose channel is full loses
//! the frame and gets an encode of its own: the others do not wait for it.

use std::sync::Weak;
use std::time::Instant;

use super::super::super::sharing::Encode;
use super::state::{Session, State};
use super::{Encodes, Later};
use crate::cast::frame::{Dependency, EncodedFrame};
use crate::encode::output::{EncoderEvent, Offered, Outlet};

/// What may go into a channel at once: which encoder it is, how it gets its pictures, a frame.
const ROOM: usize = 3;

/// Where the news of one encoder go.
pub(super) struct Tap {
    encodes: Weak<Encodes>,
    encode: Encode,
}

impl Tap {
    pub(super) fn new(encodes: Weak<Encodes>, encode: Encode) -> Tap {
        Tap { encodes, encode }
    }
}

impl Outlet for Tap {
    fn offer(&self, event: EncoderEvent) -> Offered {
        match self.encodes.upgrade() {
            Some(encodes) => encodes.deliver(self.encode, event),
            None => Offered::Closed,
        }
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        // Elsewhere: an encoder that does not start drops this while it is being started.
        if let Some(encodes) = self.encodes.upgrade() {
            let (runtime, encode) = (encodes.runtime.clone(), self.encode);
            runtime.spawn(async move { encodes.lock().hang_up(encode) });
        }
    }
}

impl Encodes {
    fn deliver(&self, encode: Encode, event: EncoderEvent) -> Offered {
        let later = {
            let mut state = self.lock();
            let later = match event {
                EncoderEvent::Frame(frame) => {
                    let offered = state.deliver_frame(encode, frame);
                    if !matches!(offered, Offered::Taken) {
                        return offered;
                    }
                    state.sharing.tick(Instant::now());
                    self.carry_out(&mut state)
                }
                EncoderEvent::PictureLost => state.find_picture(encode),
                news => {
                    state.deliver_news(encode, &news);
                    self.choose_memory(&mut state);
                    Vec::new()
                }
            };
            drop(state);
            later
        };
        self.finish(later);
        Offered::Taken
    }
}

impl State {
    /// Hands a frame to every session that this encode feeds. A key frame makes it feed those that wait for it.
    fn deliver_frame(&mut self, encode: Encode, frame: EncodedFrame) -> Offered {
        let running = self.running.iter().find(|it| it.encode == encode);
        let Some(running) = running else {
            return Offered::Closed;
        };
        let is_key = frame.dependency == Dependency::KeyFrame;
        let takes = |session: &Session| {
            session.fed_by == Some(encode) || is_key && session.next == Some(encode)
        };
        let mut fed: Vec<_> = self
            .sessions
            .iter_mut()
            .filter(|(_, it)| takes(it))
            .collect();
        if let [(_, alone)] = fed.as_slice()
            && !has_room(alone)
        {
            return Offered::Full(EncoderEvent::Frame(frame));
        }
        let last = fed.len().saturating_sub(1);
        let mut frame = Some(frame);
        for (index, (member, session)) in fed.iter_mut().enumerate() {
            // The last one gets the frame itself, whose bytes it may then encrypt in place when nobody else has them.
            let copy = if index == last {
                frame.take()
            } else {
                frame.clone()
            };
            let Some(copy) = copy else { break };
            if !has_room(session) {
                tracing::debug!(?member, "does not keep up");
                session.fed_by = None;
                session.next.get_or_insert(encode);
                self.sharing.fell_behind(*member);
                continue;
            }
            if session.next == Some(encode) {
                (session.fed_by, session.next) = (Some(encode), None);
                self.sharing.started(*member);
                for news in running.using.iter().chain(&running.path) {
                    session.tell(news.clone());
                }
            }
            let placed = session.line.place(copy, running.epoch);
            session.tell(EncoderEvent::Frame(placed));
        }
        Offered::Taken
    }

    /// Hands on everything but frames.
    fn deliver_news(&mut self, encode: Encode, news: &EncoderEvent) {
        if let Some(running) = self.running.iter_mut().find(|it| it.encode == encode) {
            match news {
                EncoderEvent::Using {
                    element, dma_buf, ..
                } => {
                    running.note_use(element, *dma_buf);
                    running.using = Some(news.clone());
                }
                EncoderEvent::Path(..) => running.path = Some(news.clone()),
                _ => {}
            }
        }
        let is_end = matches!(news, EncoderEvent::Failed(_));
        for (_, session) in &self.sessions {
            if session.fed_by == Some(encode) || is_end && session.uses(encode) {
                session.tell(news.clone());
            }
        }
        if is_end {
            self.sharing.failed(encode);
            self.hang_up(encode);
        }
    }

    /// An encode needs the last picture again.
    fn find_picture(&mut self, encode: Encode) -> Vec<Later> {
        if self.sharing.is_frozen(encode) {
            return Vec::new();
        }
        self.hand_out_or_redraw(Some(encode))
    }

    /// An encoder has ended by itself: its sessions get what is in their channels, and nothing more.
    fn hang_up(&mut self, encode: Encode) {
        if !self.running.iter().any(|running| running.encode == encode) {
            return;
        }
        for (_, session) in &self.sessions {
            if session.uses(encode) {
                session.events.close();
            }
        }
    }
}

impl Session {
    fn tell(&self, news: EncoderEvent) {
        if let Err(error) = self.events.try_send(news) {
            // Room was made sure of for what must not be lost; a closed channel is a session that ends.
            tracing::debug!(%error, "news of an encoder are not taken");
        }
    }
}

fn has_room(session: &Session) -> bool {
    let capacity = session.events.capacity().unwrap_or(usize::MAX);
    session.events.is_closed() || session.events.len().saturating_add(ROOM) <= capacity
}
