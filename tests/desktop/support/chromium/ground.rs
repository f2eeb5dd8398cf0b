// SPDX-License-Identifier: GPL-3.0-or-later
//! Two hosts: a receiver of ours on one, and what a browser needs on the other.

use std::path::{Path, PathBuf};

use super::Chromium;
use crate::skipping::{can_make_namespaces, has_program};
use crate::support::cast::{START, TELECAST, TV};
use crate::support::folder::Folder;
use crate::support::network::Network;
use crate::support::program::Program;
use crate::support::session::Session;

/// Fields are dropped in this order.
pub struct Ground {
    /// It is called [`TV`], proves who it is, and keeps its last picture in [`snapshot`](Self::snapshot).
    pub receiver: Program,
    pub tv: Session,
    pub desk: Session,
    #[expect(dead_code, reason = "held for its drop")]
    network: Network,
    #[expect(dead_code, reason = "held for its drop")]
    folder: Folder,
}

impl Ground {
    /// `None`, on record, where this machine cannot.
    #[track_caller]
    pub fn new() -> Option<Ground> {
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

    /// A browser with the page of known colours, a movement and a tone, that believes receivers with this root.
    pub fn browser(&self, root: &Path) -> Chromium {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/moving-page.html");
        Chromium::start(&self.desk, root, &page)
    }

    /// The certificate by which the receiver is believed.
    pub fn root(&self) -> PathBuf {
        self.tv.path("keys/root.crt")
    }

    /// The last decoded picture.
    pub fn snapshot(&self) -> PathBuf {
        self.tv.path("tv.png")
    }
}
