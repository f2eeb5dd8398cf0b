// SPDX-License-Identifier: GPL-3.0-or-later
//! `mirror --trust` and `--trust-root`: which devices are cast to, asked on a terminal and where there is none.

use telecast::receiver::{ReceiverHandle, ReceiverOptions};

use super::super::receive::{options, start};
use super::terminal::Terminal;
use super::*;

/// A receiver with keys and a sender that remembers, in a folder of the test's.
struct Ground {
    folder: PathBuf,
    receiver: ReceiverHandle,
}

impl Ground {
    async fn new(name: &str, has_credentials: bool) -> Ground {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("trust-{name}-{}", std::process::id()));
        let receiver = start(ReceiverOptions {
            credentials: has_credentials.then(|| folder.join("keys")),
            ..options()
        });
        let receiver = receiver.await;
        Ground { folder, receiver }
    }

    /// The same address again, with other keys.
    async fn with_other_keys(self) -> Ground {
        let port = self.receiver.address().port();
        self.receiver.stop().await;
        let receiver = start(ReceiverOptions {
            credentials: Some(self.folder.join("other-keys")),
            port,
            ..options()
        });
        Ground {
            receiver: receiver.await,
            folder: self.folder,
        }
    }

    fn root(&self) -> String {
        let file = self.folder.join("keys/root.crt");
        file.to_str().expect("a path in ASCII").to_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let to = self.receiver.address().to_string();
        let always = ["--audio", "none", "--stats", "none", "--duration", "1"];
        let all = [&["mirror", &to], CARD, &always[..], arguments].concat();
        let mut program = command(env!("CARGO_BIN_EXE_telecast"), &all);
        program.env("XDG_STATE_HOME", self.folder.join("state"));
        program
    }

    async fn mirror(&self, arguments: &[&str]) -> Ended {
        Telecast::spawn(self.command(arguments)).end().await
    }

    async fn finish(self) {
        self.receiver.stop().await;
        std::fs::remove_dir_all(&self.folder).expect("removed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_of_a_root_of_ours_needs_no_question_until_it_is_another_one() {
    let ground = Ground::new("root", true).await;
    let root = ground.root();
    let cast = ground.mirror(&["--trust-root", &root]).await;
    cast.succeeded();
    let said = |ended: &Ended, words: &str| ended.errors.iter().any(|line| line.contains(words));
    assert!(said(&cast, "certified by a root that you added"), "{cast}");
    // Without the root it is less than before.
    let less = ground.mirror(&["--trust", "any"]).await;
    less.failed_with(&[
        "certified device before and is not now",
        "trusted-devices.json",
    ]);
    ground
        .mirror(&["--trust", "certified", "--trust-root", &root])
        .await
        .succeeded();
    // One that was added in the preferences counts here, too.
    let added = ground.folder.join("state/telecast/trusted-roots");
    std::fs::create_dir(&added).expect("a folder");
    std::fs::copy(&root, added.join("mine.crt")).expect("a copy");
    ground.mirror(&[]).await.succeeded();
    let ground = ground.with_other_keys().await;
    let other = ground.mirror(&["--trust", "any"]).await;
    other.failed_with(&["another key", "trusted-devices.json"]);
    ground.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_terminal_a_device_that_is_not_certified_is_refused() {
    for (name, has_credentials, why) in [
        ("self-made", true, "Nobody known has certified it"),
        ("nothing", false, "does not prove who it is"),
    ] {
        let ground = Ground::new(name, has_credentials).await;
        let refused = ground.mirror(&[]).await;
        refused.failed_with(&["is not certified", why, "--trust any"]);
        let refused = ground.mirror(&["--trust", "certified"]).await;
        refused.failed_with(&["is not certified", why, "--trust-root"]);
        ground.mirror(&["--trust", "any"]).await.succeeded();
        ground.mirror(&[]).await.failed_with(&["is not certified"]);
        std::fs::create_dir_all(&ground.folder).expect("a folder");
        ground.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_at_the_terminal_is_asked_once() {
    let ground = Ground::new("terminal", true).await;
    let (mut terminal, end) = Terminal::open();
    let asked = |ground: &Ground| {
        let mut program = ground.command(&[]);
        program
            .stdin(end.try_clone().expect("a handle"))
            .stderr(end.try_clone().expect("a handle"));
        Telecast::spawn(program)
    };
    let refused = asked(&ground);
    let question = terminal.shows("[y/N] ").await;
    for words in ["is not certified", "Its key: "] {
        assert!(question.contains(words), "{question}");
    }
    terminal.type_line("no");
    assert_eq!(refused.end().await.status.code(), Some(0));
    let allowed = asked(&ground);
    terminal.shows("[y/N] ").await;
    terminal.type_line("y");
    assert_eq!(allowed.end().await.status.code(), Some(0));
    // Remembered: no question, with or without somebody to ask.
    ground.mirror(&[]).await.succeeded();
    let stopped = Ground::new("terminal-stop", false).await;
    let waiting = asked(&stopped);
    terminal.shows("[y/N] ").await;
    waiting.signal(Signal::INT);
    assert_eq!(waiting.end().await.status.code(), Some(0));
    std::fs::create_dir_all(&stopped.folder).expect("a folder");
    stopped.finish().await;
    ground.finish().await;
}

#[tokio::test]
async fn a_root_that_cannot_be_one_is_named() {
    let ended = Telecast::start(&["mirror", "TV", "--trust-root", "/nonexistent.crt"])
        .end()
        .await;
    ended.failed_with(&[
        "/nonexistent.crt is not a root",
        "certificate of an authority",
    ]);
}
