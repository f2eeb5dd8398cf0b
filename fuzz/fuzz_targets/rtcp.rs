// SPDX-License-Identifier: GPL-3.0-or-later
//! One RTCP datagram, as a sender and as a receiver read it. Nothing that comes out is larger than the input allows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telecast::cast::frame::FrameId;
use telecast::cast::rtcp::{FeedbackReader, find_sender_report, route};
use telecast_fuzz::facts::VIDEO;
use telecast_fuzz::memory::in_proportion;

fuzz_target!(|datagram: &[u8]| {
    let mut reader = FeedbackReader::new(VIDEO.sender, VIDEO.receiver);
    for newest in [FrameId::LEADER, FrameId(300), FrameId(i64::MAX)] {
        let read = in_proportion(datagram.len(), || reader.read(datagram, newest));
        let Ok(events) = read else {
            continue;
        };
        if let Some(feedback) = events.feedback {
            assert!(feedback.checkpoint <= newest);
            assert!(feedback.missing.len() <= datagram.len() * 9);
            assert!(feedback.acknowledged.len() <= datagram.len() * 8);
            assert!(feedback.missing.is_sorted() && feedback.acknowledged.is_sorted());
        }
        let logged: usize = events.log.iter().map(|frame| frame.events.len()).sum();
        assert!(logged <= datagram.len() / 4);
    }
    if let Ok(Some(report)) = find_sender_report(datagram, VIDEO.sender, VIDEO.receiver) {
        assert!(route(datagram).is_some());
        let mut written = Vec::new();
        report.write(&mut written);
        let again = find_sender_report(&written, VIDEO.sender, VIDEO.receiver);
        assert_eq!(again, Ok(Some(report)));
    }
});
