// SPDX-License-Identifier: GPL-3.0-or-later
//! Somebody else's sender: Chromium finds our receiver, has it prove who it is, and mirrors a page with moving content and
//! sound to it, over the network between two hosts.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::skipping::{can_make_namespaces, has_program};
use crate::support::cast::{START, TELECAST, TV};
use crate::support::chromium::{Cast, Chromium};
use crate::support::folder::Folder;
use crate::support::home::wait_until_idle;
use crate::support::network::Network;
use crate::support::picture::Picture;
use crate::support::program::Program;
use crate::support::session::Session;
use crate::support::wait_until;

/// A second with fewer decoded pictures is none of moving content.
const LEAST_RATE: f64 = 15.0;
/// How long that may take: Chromium makes its pictures small, and then fewer, while the machine is busy, and recovers
/// slowly.
const LIMIT: Duration = Duration::from_mins(3);
/// What the page plays, in Hz, and how far off it may be.
const TONE: (f64, f64) = (1000.0, 20.0);
/// How far a colour may be off in each of its three parts: it was made limited-range, and coded.
const COLOUR: f64 = 24.0;
/// The fields of the page: at which part of its width and height, and their colours.
const RED: [f64; 3] = [192.0, 48.0, 48.0];
const GREEN: [f64; 3] = [48.0, 160.0, 64.0];
const BLUE: [f64; 3] = [48.0, 80.0, 192.0];
const YELLOW: [f64; 3] = [208.0, 192.0, 48.0];
const PAGE: [((f64, f64), [f64; 3]); 4] = [
    ((0.2, 0.2), RED),
    ((0.8, 0.2), GREEN),
    ((0.2, 0.8), BLUE),
    ((0.8, 0.8), YELLOW),
];
/// The same where the browser's own controls are above the page.
const SCREEN: [((f64, f64), [f64; 3]); 4] = [
    ((0.2, 0.35), RED),
    ((0.8, 0.35), GREEN),
    ((0.2, 0.85), BLUE),
    ((0.8, 0.85), YELLOW),
];

/// Two hosts: a receiver on one, and what a browser needs on the other. Fields are dropped in this order.
struct Ground {
    receiver: Program,
    tv: Session,
    desk: Session,
    #[expect(dead_code, reason = "held for its drop")]
    network: Network,
    #[expect(dead_code, reason = "held for its drop")]
    folder: Folder,
}

impl Ground {
    #[track_caller]
    fn new() -> Option<Ground> {
        if !can_make_namespaces() || !has_program("chromium", "Chromium is not installed") {
            return None;
        }
        let folder = Folder::new();
        let network = Network::up(folder.name(), 0)?;
        let tv = Session::sound_only(Some(&network.b()));
        let desk = Session::sound_only(Some(&network.a()));
        let mut command = tv.command(TELECAST);
        command
            .args(["-v", "receive", "--name", TV, "--headless"])
            .args(["--stats", "json"])
            .arg("--credentials")
            .arg(tv.path("keys"))
            .arg("--snapshot")
            .arg(tv.path("tv.png"));
        let mut receiver = Program::start("receiver", &mut command);
        receiver.wait_for_words("Listening on ", START);
        Some(Ground {
            receiver,
            tv,
            desk,
            network,
            folder,
        })
    }

    fn browser(&self, root: &Path) -> Chromium {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/moving-page.html");
        Chromium::start(&self.desk, root, &page)
    }

    fn root(&self) -> PathBuf {
        self.tv.path("keys/root.crt")
    }

    /// Waits for statistics of the receiver from now on.
    fn wait_for(&self, what: &str, condition: impl Fn(&Value) -> bool) {
        let before = self.receiver.objects().len();
        wait_until(what, LIMIT, || {
            let objects = self.receiver.objects();
            objects.iter().skip(before).any(&condition)
        });
    }

    /// Waits until the receiver's picture has these colours at these places.
    fn wait_for_picture(&self, fields: &[((f64, f64), [f64; 3])]) {
        let file = self.tv.path("tv.png");
        let mut seen = Vec::new();
        wait_until("the picture", LIMIT, || {
            let Some(picture) = Picture::read(&file) else {
                return false;
            };
            let at = |part: f64, whole: u32| (part * f64::from(whole)) as u32;
            seen = fields
                .iter()
                .map(|((x, y), colour)| {
                    let place = (at(*x, picture.width), at(*y, picture.height));
                    (picture.colour_around(place), *colour)
                })
                .collect();
            seen.iter().all(|(seen, colour)| is_like(*seen, *colour))
        });
    }

    /// The last picture is no proof of the next cast.
    fn forget_picture(&self) {
        fs::remove_file(self.tv.path("tv.png")).unwrap();
    }
}

fn is_like(one: [f64; 3], other: [f64; 3]) -> bool {
    one.iter()
        .zip(other)
        .all(|(one, other)| (one - other).abs() < COLOUR)
}

fn is_moving(object: &Value) -> bool {
    object["state"] == "streaming" && object["fps"]["decoded"].as_f64() >= Some(LEAST_RATE)
}

fn plays_the_tone(object: &Value) -> bool {
    let (tone, off) = TONE;
    let heard = object["audio"]["frequency_hz"].as_f64();
    object["state"] == "streaming" && heard.is_some_and(|heard| (heard - tone).abs() < off)
}

#[test]
fn chromium_mirrors_a_tab_with_its_sound_again_and_again_and_a_whole_screen() {
    let Some(ground) = Ground::new() else {
        return;
    };
    let mut browser = ground.browser(&ground.root());
    for _ in 0..2 {
        browser.cast(TV, Cast::Tab);
        ground.wait_for("moving pictures", is_moving);
        ground.wait_for("the tone", plays_the_tone);
        ground.wait_for_picture(&PAGE);
        browser.stop(TV);
        wait_until_idle(&ground.receiver);
        ground.forget_picture();
    }
    browser.cast(TV, Cast::Desktop);
    ground.wait_for_picture(&SCREEN);
    browser.stop(TV);
    wait_until_idle(&ground.receiver);
}

/// What shows that the test above proves something: Chromium looks at the proof.
#[test]
fn chromium_does_not_believe_a_receiver_of_another_developer() {
    let Some(mut ground) = Ground::new() else {
        return;
    };
    let other = ground.desk.path("other-keys");
    let mut stranger = Program::start(
        "another receiver",
        ground
            .desk
            .command(TELECAST)
            .args(["receive", "--headless", "--listen", "127.0.0.1"])
            .arg("--credentials")
            .arg(&other),
    );
    stranger.wait_for_words("Listening on ", START);
    assert!(stranger.interrupt(START).success());
    let mut browser = ground.browser(&other.join("root.crt"));
    ground.receiver.wait_for_words("connected peer=", LIMIT);
    ground
        .receiver
        .wait_for_words("the connection ended", LIMIT);
    assert!(!browser.finds(TV, 10), "it is believed");
}
