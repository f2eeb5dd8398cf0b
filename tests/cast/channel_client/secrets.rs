// SPDX-License-Identifier: GPL-3.0-or-later
//! The keys of an OFFER are not shown by what carries it.

use telecast::cast::channel::platform::{self, ConnectionId};

use super::*;

/// Each key and mask as it would stand in a log: as hex, as the bytes of that text, as the bytes themselves.
fn forms(offer: &Offer) -> Vec<String> {
    let list = |bytes: &[u8]| {
        let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
        numbers.join(", ")
    };
    let audio = offer.audio.iter().map(|audio| &audio.stream);
    let video = offer.video.iter().map(|video| &video.stream);
    let keys = audio.chain(video).map(|stream| &stream.keys);
    keys.flat_map(|keys| {
        let (key, mask) = (keys.aes_key_hex(), keys.iv_mask_hex());
        [
            list(key.as_bytes()),
            list(mask.as_bytes()),
            list(&keys.aes_key),
            list(&keys.iv_mask),
            key,
            mask,
        ]
    })
    .collect()
}

#[test]
fn the_keys_are_in_no_debug_output_of_what_carries_them() {
    let offer = an_offer();
    let forms = forms(&offer);
    let shows_keys = |text: &str| {
        let text = text.to_lowercase();
        forms.iter().any(|form| text.contains(form))
    };
    let mut shown = Vec::new();

    let mut device = Device::launched();
    device.sent.clear();
    let again = Command::Offer(Box::new(offer));
    shown.push(format!("{again:?}"));
    let input = Input::Command(again);
    shown.push(format!("{input:?}"));
    device.client.handle(device.now, input);
    shown.push(format!("{:?}", device.client));
    let Some(output) = device.client.poll(device.now) else {
        panic!("no OFFER");
    };
    shown.push(format!("{output:?}"));
    let Output::Transmit(bytes) = output else {
        panic!("{output:?}");
    };
    assert!(
        shows_keys(&format!("{bytes:?}")) && shows_keys(&String::from_utf8_lossy(&bytes)),
        "the keys are in these bytes, in a form that this test would find"
    );

    shown.push(format!("{:?}", Input::Received(&bytes)));
    let mut framer = Framer::default();
    framer.push(&bytes);
    shown.push(format!("{framer:?}"));
    let message = framer.next_message().unwrap().unwrap();
    shown.push(format!("{message:?} {:?}", message.payload));
    let (connection, now) = (ConnectionId(1), device.now);
    let received = platform::Input::Message(connection, message.clone());
    shown.push(format!("{received:?}"));
    shown.push(format!("{:?}", platform::Output::Send(connection, message)));

    device.client.handle(now, Input::Closed);
    while let Some(output) = device.client.poll(now) {
        shown.push(format!("{output:?}"));
    }
    for text in shown {
        assert!(!shows_keys(&text), "{text}");
    }
}
