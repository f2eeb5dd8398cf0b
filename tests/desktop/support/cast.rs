// SPDX-License-Identifier: GPL-3.0-or-later
//! A whole cast: a desktop with the test card on one host, a receiver with a sound of its own on the other, and
//! `telecast mirror` between them. Nothing in it is simulated but the display and the cable.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::folder::Folder;
use super::likeness;
use super::network::Network;
use super::program::Program;
use super::session::Session;

/// The name that the receiver shows.
pub const TV: &str = "Test TV";
/// The program under test.
pub const TELECAST: &str = env!("CARGO_BIN_EXE_telecast");
/// Programs start, mDNS answers, encoders are proven: on a busy machine.
pub const START: Duration = Duration::from_secs(45);

/// A receiver on this machine, at a free port of loopback; and where it listens.
pub fn receiver(session: &Session, options: &[&str]) -> (Program, String) {
    let mut receiver = Program::start(
        "receiver",
        session
            .command(TELECAST)
            .args(["receive", "--listen", "127.0.0.1", "--port", "0"])
            .args(["--stats", "json"])
            .args(options),
    );
    let address = receiver.wait_for_words("Listening on ", START);
    (receiver, address)
}

/// A sender that casts `source` to this device.
pub fn mirror(session: &Session, to: &str, source: &str, options: &[&str]) -> Program {
    Program::start(
        "mirror",
        session
            .command(TELECAST)
            .args(["mirror", to, "--source", source, "--stats", "json"])
            .args(["--trust", "any"])
            .args(options),
    )
}

/// Fields are dropped in this order: programs before their desktops, these before their hosts.
pub struct Cast {
    pub mirror: Program,
    pub receiver: Program,
    #[expect(dead_code, reason = "held for its drop")]
    card: Program,
    pub tv: Session,
    pub desktop: Session,
    #[expect(dead_code, reason = "held for its drop")]
    network: Network,
    #[expect(dead_code, reason = "held for its drop")]
    folder: Folder,
}

impl Cast {
    /// Starts everything; `buttons` answer the portal's dialog. `None`, on record, where hosts cannot be made.
    #[track_caller]
    pub fn start(source: &str, buttons: &[&str], options: &[&str]) -> Option<Self> {
        let folder = Folder::new();
        let network = Network::up(folder.name(), 0)?;
        let tv = Session::sound_only(Some(&network.b()));
        let receiver = Program::start(
            "receiver",
            tv.command(TELECAST)
                .args(["receive", "--name", TV, "--headless", "--measure"])
                .args(["--stats", "json", "--snapshot"])
                .arg(tv.path("tv.png")),
        );
        let desktop = Session::desktop("1280x720", Some(&network.a()));
        // As many pictures a second as are cast: the desktop is rendered without a GPU.
        let card = Program::start(
            "test card",
            desktop.command(TELECAST).args(["test-card", "--fps", "30"]),
        );
        super::wait_until("the test card's window", START, || {
            desktop
                .windows()
                .iter()
                .any(|window| !window["title"].is_null())
        });
        let mirror = mirror(&desktop, TV, source, options);
        desktop.press(buttons);
        let mut cast = Cast {
            mirror,
            receiver,
            card,
            tv,
            desktop,
            network,
            folder,
        };
        cast.mirror
            .wait_for_object("streaming", START, |object| object["state"] == "streaming");
        Some(cast)
    }

    /// The picture that the receiver decoded last.
    fn tv_picture(&self) -> PathBuf {
        self.tv.path("tv.png")
    }

    /// Waits until the receiver's picture is like the screen's.
    pub fn wait_for_likeness(&self, what: likeness::Cast) {
        likeness::wait_for_likeness(&self.desktop, &self.tv_picture(), what);
    }

    /// Waits for statistics of the receiver that fulfil `condition`.
    pub fn wait_for_tv(&mut self, what: &str, condition: impl Fn(&Value) -> bool) -> Value {
        self.receiver.wait_for_object(what, START, condition)
    }

    /// Ends the sender as a person does, with Ctrl-C. It must end well, and the receiver with it be idle again.
    pub fn stop(&mut self) {
        let status = self.mirror.interrupt(Duration::from_secs(10));
        assert!(
            status.success(),
            "{status}: {:?}",
            self.mirror.error_lines()
        );
        self.wait_for_tv_to_be_idle();
        let status = self.receiver.interrupt(Duration::from_secs(10));
        assert!(
            status.success(),
            "{status}: {:?}",
            self.receiver.error_lines()
        );
    }

    /// Waits until the receiver says that nobody casts any more.
    pub fn wait_for_tv_to_be_idle(&self) {
        super::wait_until("an idle receiver", Duration::from_secs(10), || {
            self.receiver
                .objects()
                .last()
                .is_some_and(|object| object["state"] == "idle")
        });
    }
}
