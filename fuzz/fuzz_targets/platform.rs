// SPDX-License-Identifier: GPL-3.0-or-later
//! The receiver's side of the control channel with several senders that say anything at all. One application and one
//! OFFER at a time, nothing to closed connections, an end to everything.
#![no_main]

use std::collections::BTreeSet;
use std::num::NonZeroU16;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use telecast::cast::answer::Answer;
use telecast::cast::channel::message::{CastMessage, PLATFORM_RECEIVER};
use telecast::cast::channel::messages::discovery::DeviceInfo;
use telecast::cast::channel::namespace::{
    CONNECTION, DEVICE_AUTH, DISCOVERY, HEARTBEAT, RECEIVER, SETUP, WEBRTC,
};
use telecast::cast::channel::platform::{
    AppSpec, Command, ConnectionId, Event, Input, Output, Platform, PlatformConfig,
};
use telecast_fuzz::facts::{SESSION_PREFIX, abilities};
use telecast_fuzz::script::Script;

/// Outputs after one input: a broadcast to all and what follows.
const MAX_OUTPUTS: usize = 2000;

struct Senders {
    platform: Platform,
    now: Instant,
    open: BTreeSet<ConnectionId>,
    running: Option<String>,
    waiting: usize,
}

impl Senders {
    fn new(asks: bool) -> Senders {
        let config = PlatformConfig {
            info: DeviceInfo {
                device_id: "TV-1".to_owned(),
                model: "TV".to_owned(),
                friendly_name: "The TV".to_owned(),
                capabilities: 5,
            },
            version: "1".to_owned(),
            apps: AppSpec::chrome_mirroring(),
            abilities: abilities(),
            session_prefix: SESSION_PREFIX.to_owned(),
            ask_before_launch: asks,
            authenticates: true,
            level: 1.0,
            muted: false,
        };
        Senders {
            platform: Platform::new(config),
            now: Instant::now(),
            open: BTreeSet::new(),
            running: None,
            waiting: 0,
        }
    }

    fn handle(&mut self, input: Input) {
        self.platform.handle(self.now, input);
        for _ in 0..MAX_OUTPUTS {
            let Some(output) = self.platform.poll(self.now) else {
                let running = self.platform.status().applications.len();
                assert_eq!(running, usize::from(self.running.is_some()));
                return;
            };
            match output {
                Output::Send(to, message) => {
                    assert!(self.open.contains(&to), "a message to a closed connection");
                    assert!(message.encode().is_ok());
                }
                Output::Disconnect(connection) => {
                    self.open.remove(&connection);
                }
                Output::Event(event) => self.on_event(event),
            }
        }
        panic!("it never comes to rest");
    }

    fn on_event(&mut self, event: Event) {
        let command = match event {
            Event::Launched { session_id, .. } => {
                let before = self.running.replace(session_id);
                assert_eq!(before, None, "one application at a time");
                return;
            }
            Event::Stopped { session_id, .. } => {
                assert_eq!(self.running.take(), Some(session_id));
                assert_eq!(self.waiting, 0, "no OFFER outlives its application");
                return;
            }
            Event::OfferWithdrawn(_) => {
                self.waiting -= 1;
                return;
            }
            Event::Offered(offered) => {
                assert_eq!(self.waiting, 0, "one OFFER at a time");
                // Some are answered later, which is never.
                if offered.offer.audio.len() == 2 {
                    self.waiting += 1;
                    return;
                }
                let answer = Answer::to(&offered.selection, NonZeroU16::MIN);
                Command::Answer(offered.id, Ok(Box::new(answer)))
            }
            Event::LaunchRequested { launch, .. } => Command::Permit(launch, true),
            Event::Challenge { connection, .. } => Command::Authenticate(connection, vec![1]),
            _ => return,
        };
        self.platform.handle(self.now, Input::Command(command));
    }

    fn step(&mut self, script: &mut Script<'_>) -> Option<()> {
        let kind = script.u8()?;
        let connection = ConnectionId(u64::from(kind >> 4));
        match kind % 16 {
            0 => {
                if self.open.insert(connection) {
                    self.handle(Input::Opened(connection));
                }
            }
            1 => {
                self.open.remove(&connection);
                self.handle(Input::Closed(connection));
            }
            2 => {
                self.now += Duration::from_millis(script.u16()?.into());
                while let Some(at) = self.platform.next_timeout().filter(|at| *at <= self.now) {
                    let before = at;
                    // Nothing is told to it; it looks at the time by itself.
                    self.handle(Input::Closed(ConnectionId(u64::MAX)));
                    assert_ne!(
                        self.platform.next_timeout(),
                        Some(before),
                        "time stands still"
                    );
                }
            }
            3 => self.handle(Input::Command(Command::Stop)),
            kind => {
                let session = format!("{SESSION_PREFIX}-1");
                let (namespace, to) = match kind {
                    4 => (CONNECTION, PLATFORM_RECEIVER),
                    5 => (CONNECTION, session.as_str()),
                    6 => (HEARTBEAT, PLATFORM_RECEIVER),
                    7 => (DISCOVERY, PLATFORM_RECEIVER),
                    8 => (SETUP, PLATFORM_RECEIVER),
                    9 | 10 | 11 => (WEBRTC, session.as_str()),
                    12 => (RECEIVER, "*"),
                    13 => (DEVICE_AUTH, PLATFORM_RECEIVER),
                    _ => (RECEIVER, PLATFORM_RECEIVER),
                };
                let payload = script.slice()?;
                let message = if kind == 13 {
                    CastMessage::binary("sender-1", to, namespace, payload.to_vec())
                } else {
                    let text = String::from_utf8_lossy(payload);
                    CastMessage::text("sender-1", to, namespace, text)
                };
                self.handle(Input::Message(connection, message));
            }
        }
        Some(())
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((asks, rest)) = data.split_first() else {
        return;
    };
    let mut senders = Senders::new(asks & 1 == 1);
    let mut script = Script::new(rest);
    while senders.step(&mut script).is_some() {}
});
