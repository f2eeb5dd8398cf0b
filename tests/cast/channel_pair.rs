// SPDX-License-Identifier: GPL-3.0-or-later
//! Our sender and our receiver joined in memory: whole casts over a byte stream cut in every way, on a fake clock.

use std::num::NonZeroU16;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use telecast::cast::answer::Answer;
use telecast::cast::channel::client::{
    ChannelEnd, Client, ClientConfig, Command, Event, Input, Loss, MirroringApp, Output,
};
use telecast::cast::channel::framing::Framer;
use telecast::cast::channel::platform::{self, ConnectionId, Platform, PlatformConfig, StopReason};
use telecast::cast::codec::VideoCodec;

use crate::channel_client::an_offer;
use crate::channel_platform::a_config;

const WIRE: ConnectionId = ConnectionId(1);

/// Both sides and the two byte streams between them.
struct Pair {
    client: Client,
    platform: Platform,
    now: Instant,
    /// Bytes are handed over in pieces of these sizes, in turn.
    pieces: Vec<usize>,
    framer: Framer,
    to_platform: Vec<u8>,
    to_client: Vec<u8>,
    events: Vec<Event>,
    shown: Vec<platform::Event>,
    /// Whether the embedder takes every OFFER at once.
    takes_offers: bool,
}

impl Pair {
    fn new(config: PlatformConfig, pieces: &[usize]) -> Pair {
        let now = Instant::now();
        let sender = ClientConfig {
            sender_id: 12,
            user_agent: "Test".into(),
            version: "1".into(),
        };
        let mut pair = Pair {
            client: Client::new(sender, now),
            platform: Platform::new(config),
            now,
            pieces: pieces.to_vec(),
            framer: Framer::default(),
            to_platform: Vec::new(),
            to_client: Vec::new(),
            events: Vec::new(),
            shown: Vec::new(),
            takes_offers: true,
        };
        pair.platform.handle(now, platform::Input::Opened(WIRE));
        pair.settle();
        pair
    }

    fn command(&mut self, command: Command) {
        self.client.handle(self.now, Input::Command(command));
        self.settle();
    }

    fn viewer(&mut self, command: platform::Command) {
        self.platform
            .handle(self.now, platform::Input::Command(command));
        self.settle();
    }

    fn mirror(&mut self) {
        let offer = Box::new(an_offer());
        self.command(Command::Mirror {
            app: MirroringApp::AudioVideo,
            offer,
            leftover: None,
            within: telecast::cast::channel::client::NEGOTIATION_LIMIT,
        });
    }

    /// Carries bytes until both are quiet.
    fn settle(&mut self) {
        loop {
            while let Some(output) = self.client.poll(self.now) {
                match output {
                    Output::Transmit(bytes) => self.to_platform.extend(bytes),
                    Output::Event(event) => self.events.push(event),
                }
            }
            while let Some(output) = self.platform.poll(self.now) {
                match output {
                    platform::Output::Send(_, message) => {
                        self.to_client.extend(message.encode().unwrap());
                    }
                    platform::Output::Disconnect(_) => panic!("nobody is turned away"),
                    platform::Output::Event(event) => self.show(event),
                }
            }
            if self.to_platform.is_empty() && self.to_client.is_empty() {
                return;
            }
            let (upward, downward) = (
                std::mem::take(&mut self.to_platform),
                std::mem::take(&mut self.to_client),
            );
            for piece in cut(&upward, &self.pieces) {
                self.framer.push(piece);
                while let Some(message) = self.framer.next_message().unwrap() {
                    self.platform
                        .handle(self.now, platform::Input::Message(WIRE, message));
                }
            }
            for piece in cut(&downward, &self.pieces) {
                self.client.handle(self.now, Input::Received(piece));
            }
        }
    }

    fn show(&mut self, event: platform::Event) {
        if let (true, platform::Event::Offered(offered)) = (self.takes_offers, &event) {
            let answer = Answer::to(&offered.selection, NonZeroU16::new(4000).unwrap());
            let command = platform::Command::Answer(offered.id, Ok(Box::new(answer)));
            self.platform
                .handle(self.now, platform::Input::Command(command));
        }
        self.shown.push(event);
    }

    fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            let next = [self.client.next_timeout(), self.platform.next_timeout()]
                .into_iter()
                .flatten()
                .min();
            self.now = next.unwrap_or(end).min(end);
            self.settle();
        }
    }

    fn negotiations(&self) -> usize {
        self.events
            .iter()
            .filter(|event| matches!(event, Event::Negotiated(_)))
            .count()
    }
}

/// The bytes in pieces of these sizes, in turn.
fn cut<'a>(mut bytes: &'a [u8], pieces: &[usize]) -> Vec<&'a [u8]> {
    let mut sizes = pieces.iter().copied().cycle();
    let mut cut = Vec::new();
    while !bytes.is_empty() {
        let (piece, rest) =
            bytes.split_at(sizes.next().unwrap_or(bytes.len()).clamp(1, bytes.len()));
        cut.push(piece);
        bytes = rest;
    }
    cut
}

/// A cast from the launch to the last CLOSE.
fn whole_cast(pieces: &[usize]) {
    let mut pair = Pair::new(a_config(), pieces);
    pair.mirror();
    let [
        Event::Volume(_),
        Event::Launched { session_id, .. },
        Event::Negotiated(negotiated),
    ] = &pair.events[..]
    else {
        panic!("{:?}", pair.events)
    };
    assert_eq!(session_id, "run-1");
    let video = negotiated.agreement.video.as_ref().unwrap();
    let platform::Event::Offered(offered) = &pair.shown[1] else {
        panic!("{:?}", pair.shown)
    };
    let (codec, offered) = offered.selection.video.as_ref().unwrap();
    assert_eq!((video.codec, *codec), (VideoCodec::Vp8, VideoCodec::Vp8));
    assert_eq!(video.stream, *offered, "both sides have the same keys");

    pair.command(Command::Offer(Box::new(an_offer())));
    assert_eq!(pair.negotiations(), 2);
    pair.command(Command::SetLevel(0.5));
    assert!(matches!(
        pair.shown.last(),
        Some(platform::Event::Volume { muted: false, .. })
    ));
    assert!(matches!(pair.events.last(), Some(Event::Volume(volume)) if volume.level < 0.51));
    pair.wait(Duration::from_mins(1));
    pair.command(Command::Close);
    assert_eq!(
        pair.events[pair.events.len() - 2..],
        [
            Event::Stopped { vanished: true },
            Event::Ended(ChannelEnd::Closed)
        ]
    );
    let stopped = platform::Event::Stopped {
        session_id: "run-1".into(),
        reason: StopReason::Requested,
    };
    assert_eq!(pair.shown.last(), Some(&stopped));
}

#[test]
fn a_whole_cast_works_whatever_the_size_of_the_pieces() {
    for size in (1..=130).chain([1000, 100_000]) {
        whole_cast(&[size]);
    }
}

#[test]
fn the_viewer_may_take_minutes_to_agree() {
    let config = PlatformConfig {
        ask_before_launch: true,
        ..a_config()
    };
    let mut pair = Pair::new(config, &[7]);
    pair.mirror();
    assert_eq!(pair.events.last(), Some(&Event::ConfirmationNeeded));
    pair.wait(Duration::from_secs(100));
    let Some(platform::Event::LaunchRequested { launch, .. }) = pair.shown.last() else {
        panic!("{:?}", pair.shown)
    };
    let permit = platform::Command::Permit(*launch, true);
    pair.viewer(permit);
    assert!(pair.events.contains(&Event::Confirmed));
    assert_eq!(pair.negotiations(), 1);
}

#[test]
fn the_viewers_stop_reaches_the_sender_as_a_loss() {
    let mut pair = Pair::new(a_config(), &[64]);
    pair.mirror();
    pair.viewer(platform::Command::Stop);
    assert_eq!(
        pair.events.last(),
        Some(&Event::Lost(Loss::Gone { stand_by: false }))
    );
    // And the next cast works over the same connection.
    pair.mirror();
    assert_eq!(pair.negotiations(), 2);
}

#[test]
fn a_receiver_that_never_answers_an_offer_costs_four_seconds() {
    let mut pair = Pair::new(a_config(), &[64]);
    pair.takes_offers = false;
    pair.mirror();
    pair.wait(Duration::from_secs(4));
    assert!(
        matches!(pair.events.last(), Some(Event::OfferFailed(_))),
        "{:?}",
        pair.events
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_whole_cast_works_at_any_splits(pieces in prop::collection::vec(1..400_usize, 1..12)) {
        whole_cast(&pieces);
    }

    #[test]
    fn the_client_survives_any_bytes(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..8)) {
        let mut pair = Pair::new(a_config(), &[16]);
        pair.mirror();
        for piece in &pieces {
            pair.client.handle(pair.now, Input::Received(piece));
        }
        pair.settle();
        let ended = pair.events.iter().filter(|event| matches!(event, Event::Ended(_))).count();
        prop_assert!(ended <= 1);
    }
}
