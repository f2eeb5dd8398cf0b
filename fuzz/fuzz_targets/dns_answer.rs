// SPDX-License-Identifier: GPL-3.0-or-later
//! A DNS message that answers "which Cast devices are there?".
#![no_main]

use libfuzzer_sys::fuzz_target;
use telecast::discovery::answer;
use telecast_fuzz::facts::QUESTION;
use telecast_fuzz::memory::in_proportion;

/// Records of one message that are read.
const MAX_RECORDS: usize = 64;

fuzz_target!(|message: &[u8]| {
    let announcements = in_proportion(64 * message.len(), || answer(message, QUESTION, None));
    assert!(announcements.len() <= MAX_RECORDS);
    for announcement in announcements {
        assert!(announcement.endpoints.len() <= MAX_RECORDS);
        assert!(announcement.txt.is_some());
    }
});
