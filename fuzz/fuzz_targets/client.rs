// SPDX-License-Identifier: GPL-3.0-or-later
//! The sender's side of a control channel whose device says anything at all. It comes to rest after each message, and
//! once it is closed it comes to its end.
#![no_main]

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use telecast::cast::channel::client::{
    Client, ClientConfig, Command, Event, Input, MirroringApp, NEGOTIATION_LIMIT, Output,
};
use telecast::cast::channel::message::CastMessage;
use telecast::cast::channel::namespace::{CONNECTION, HEARTBEAT, RECEIVER, WEBRTC};
use telecast::cast::offer::Offer;
use telecast_fuzz::facts::{self, SENDER};
use telecast_fuzz::script::Script;

/// Outputs after one input.
const MAX_OUTPUTS: usize = 200;

static OFFER: LazyLock<Offer> = LazyLock::new(facts::offer);

struct Channel {
    client: Client,
    now: Instant,
    ended: bool,
}

impl Channel {
    fn handle(&mut self, input: Input<'_>) {
        self.client.handle(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        for _ in 0..MAX_OUTPUTS {
            match self.client.poll(self.now) {
                Some(Output::Transmit(bytes)) => assert!(!bytes.is_empty() && !self.ended),
                Some(Output::Event(Event::Ended(_))) => {
                    assert!(!self.ended, "it ends once");
                    self.ended = true;
                }
                Some(Output::Event(_)) => {}
                None => return,
            }
        }
        panic!("it never comes to rest");
    }

    fn command(&mut self, which: u8) {
        let command = match which % 8 {
            0 => Command::Mirror {
                app: MirroringApp::AudioVideo,
                offer: Box::new(OFFER.clone()),
                leftover: None,
                within: NEGOTIATION_LIMIT,
            },
            1 => Command::Mirror {
                app: MirroringApp::AudioOnly,
                offer: Box::new(OFFER.clone()),
                leftover: Some("s".to_owned()),
                within: NEGOTIATION_LIMIT,
            },
            2 => Command::Offer(Box::new(OFFER.clone())),
            3 => Command::GetCapabilities,
            4 => Command::GetAppAvailability(vec!["0F5096E8".to_owned()]),
            5 => Command::SetLevel(0.5),
            6 => Command::SetMuted(true),
            7 if which >= 128 => Command::Find {
                session_id: "s".to_owned(),
            },
            _ => Command::Stop,
        };
        self.handle(Input::Command(command));
    }

    // Text from the platform or the application, a command, raw bytes, or time that passes.
    fn step(&mut self, script: &mut Script<'_>) -> Option<()> {
        match script.u8()? % 8 {
            0 => self.command(script.u8()?),
            1 => self.handle(Input::Received(script.slice()?)),
            2 => {
                self.now += Duration::from_millis(script.u16()?.into());
                self.drain();
            }
            kind => {
                let (namespace, from) = match kind {
                    3 => (CONNECTION, "receiver-0"),
                    4 => (HEARTBEAT, "receiver-0"),
                    5 => (WEBRTC, "s"),
                    6 => (CONNECTION, "s"),
                    _ => (RECEIVER, "receiver-0"),
                };
                let text = String::from_utf8_lossy(script.slice()?);
                let message = CastMessage::text(from, format!("sender-{SENDER}"), namespace, text);
                if let Ok(bytes) = message.encode() {
                    self.handle(Input::Received(&bytes));
                }
            }
        }
        Some(())
    }
}

fuzz_target!(|data: &[u8]| {
    let now = Instant::now();
    let config = ClientConfig {
        sender_id: SENDER,
        user_agent: "Test".to_owned(),
        version: "1".to_owned(),
    };
    let mut channel = Channel {
        client: Client::new(config, now),
        now,
        ended: false,
    };
    channel.drain();
    let mut script = Script::new(data);
    while !channel.ended && channel.step(&mut script).is_some() {}
    channel.handle(Input::Command(Command::Close));
    for _ in 0..20 {
        let Some(at) = channel.client.next_timeout() else {
            break;
        };
        channel.now = at.max(channel.now);
        channel.drain();
    }
    assert!(channel.ended, "3 s to vanish, or 15 s of silence");
});
