// SPDX-License-Identifier: GPL-3.0-or-later
//! The arrangement that is measured: a desktop with a test card, a receiver that reads it, senders that come and go.

use std::ffi::OsStr;
use std::process::Command;
use std::time::Duration;

use rustix::process::geteuid;
use serde_json::Value;

use crate::support::folder::Folder;
use crate::support::network::Network;
use crate::support::program::Program;
use crate::support::session::Session;
use crate::support::wait_until;

const TELECAST: &str = env!("CARGO_BIN_EXE_telecast");
/// Where the receiver listens. Not the usual port: on one host somebody may be there.
const PORT: u16 = 18_009;
/// The receiver's name on the network.
pub const TV: &str = "Bench TV";
/// Programs start, encoders are proven.
const START: Duration = Duration::from_mins(1);
const END: Duration = Duration::from_secs(10);

/// Fields are dropped in this order: programs before their desktops, these before their hosts.
pub struct Rig {
    pub receiver: Program,
    card: Option<Program>,
    #[expect(dead_code, reason = "held for its drop")]
    tv: Session,
    desktop: Session,
    network: Option<Network>,
    #[expect(dead_code, reason = "held for its drop")]
    folder: Folder,
    size: String,
}

impl Rig {
    /// Starts everything but a sender. A first cast asks for the permission that the others restore, and fills the caches.
    pub fn start(size: &str) -> Rig {
        let folder = Folder::new();
        let network = geteuid()
            .is_root()
            .then(|| Network::up(folder.name(), 0))
            .flatten();
        let tv = Session::sound_only(network.as_ref().map(Network::b).as_deref());
        let receiver = Program::start(
            "receiver",
            tv.command(TELECAST)
                .args(["receive", "--name", TV, "--headless", "--measure"])
                .args(["--stats", "json", "--port", &PORT.to_string()]),
        );
        let desktop = Session::desktop(size, network.as_ref().map(Network::a).as_deref());
        let mut rig = Rig {
            receiver,
            card: None,
            tv,
            desktop,
            network,
            folder,
            size: size.to_owned(),
        };
        rig.show_card();
        let mut first = rig.mirror(&[]);
        rig.desktop.press(&["Share"]);
        Rig::wait_streaming(&mut first);
        rig.finish(first);
        rig
    }

    /// The receiver's address.
    pub fn address(&self) -> String {
        let host = if self.network.is_some() {
            "10.77.0.2"
        } else {
            "127.0.0.1"
        };
        format!("{host}:{PORT}")
    }

    /// Whether there are two hosts, between which names are found.
    pub fn has_hosts(&self) -> bool {
        self.network.is_some()
    }

    /// Opens the test card in a window, drawn anew for each frame of the compositor as a desktop's own animations are, and
    /// with its sound. (A card of 30 pictures a second lets the compositor fall asleep between them: it then takes half
    /// a refresh longer to see each, which says nothing about the cast.)
    pub fn show_card(&mut self) {
        if self.card.is_some() {
            return;
        }
        let card = Program::start("test card", self.desktop.command(TELECAST).arg("test-card"));
        self.card = Some(card);
        wait_until("the test card's window", START, || {
            let windows = self.desktop.windows();
            windows.iter().any(|window| !window["title"].is_null())
        });
    }

    /// Leaves the desktop still.
    pub fn hide_card(&mut self) {
        self.card = None;
    }

    /// Starts to mirror the screen to the receiver's address.
    pub fn mirror(&self, options: &[&str]) -> Program {
        self.mirror_to(&self.address(), options)
    }

    /// Starts to mirror the screen to `device`.
    pub fn mirror_to(&self, device: &str, options: &[&str]) -> Program {
        let always = ["mirror", device, "--source", "screen", "--stats", "json"];
        let always = always
            .into_iter()
            .chain(["--max-size", &self.size, "--trust", "any"]);
        self.run(TELECAST, always.chain(options.iter().copied()))
    }

    /// Starts a program on the desktop.
    pub fn run<'a>(
        &self,
        program: impl AsRef<OsStr>,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Program {
        Program::start("sender", self.command(program).args(arguments))
    }

    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        self.desktop.command(program)
    }

    /// Waits until the sender streams.
    pub fn wait_streaming(sender: &mut Program) {
        sender.wait_for_object("streaming", START, |object| object["state"] == "streaming");
    }

    /// Ends the sender; the receiver is idle again afterwards. Everything that the sender said.
    pub fn finish(&mut self, mut sender: Program) -> Vec<Value> {
        let before = self.receiver.objects().len();
        sender.interrupt(END);
        let objects = sender.objects();
        drop(sender);
        wait_until("an idle receiver", END, || {
            let objects = self.receiver.objects();
            objects.iter().skip(before).any(|it| it["state"] == "idle")
        });
        objects
    }

    /// The receiver's last numbers of a cast.
    pub fn received(&self) -> Value {
        let objects = self.receiver.objects();
        let streaming = objects.into_iter().rev();
        streaming
            .into_iter()
            .find(|object| object["state"] == "streaming")
            .expect("the receiver streamed")
    }
}
