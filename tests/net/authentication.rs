// SPDX-License-Identifier: GPL-3.0-or-later
//! Device authentication over real TLS.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use telecast::cast::auth::{
    Assessment, Challenge, CrlRule, Evidence, Roots, Verdict, assess, is_reply,
};
use telecast::cast::channel::message::{CastMessage, Payload};
use telecast::receiver::{CredentialsError, Receiver, ReceiverError, ReceiverOptions};

use super::receive::{options, start};
use super::sender::Sender;

/// A folder that goes with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("authentication-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Scratch(folder)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap().as_secs() as i64
}

/// Asks on this connection, and judges the answer.
async fn challenge(sender: &mut Sender, nonce: u8, roots: &Roots) -> Assessment {
    let challenge = Challenge::new([nonce; 16]);
    sender.write(&challenge.message()).await;
    loop {
        let message = sender.receive().await.expect("an answer");
        if let Some(answer) = is_reply(&message) {
            return assess(
                answer,
                &Evidence {
                    challenge: &challenge,
                    tls_certificate: &sender.certificate,
                    roots,
                    crl_rule: CrlRule::WhenPresent,
                    has_screen: true,
                    now: now(),
                },
            );
        }
    }
}

fn with_credentials(folder: &Scratch) -> ReceiverOptions {
    ReceiverOptions {
        credentials: Some(folder.0.clone()),
        ..options()
    }
}

fn roots_with(folder: &Scratch) -> Roots {
    let mut roots = Roots::cast();
    let root = std::fs::read(folder.0.join("root.crt")).unwrap();
    roots.add_user(&root).unwrap();
    roots
}

#[tokio::test]
async fn a_receiver_with_credentials_proves_who_it_is_to_those_who_have_its_root() {
    let folder = Scratch::new("credentials");
    let developer = Verdict::Developer { audio_only: false };
    let mut keys = Vec::new();
    for _ in 0..2 {
        let receiver = start(with_credentials(&folder)).await;
        let roots = roots_with(&folder);
        for nonce in 1..3 {
            let mut sender = Sender::connect(receiver.address()).await;
            let assessment = challenge(&mut sender, nonce, &roots).await;
            assert_eq!(assessment.verdict, developer);
            keys.push((assessment.leaf_key.expect("proven"), assessment.tls_key));
        }
        let mut stranger = Sender::connect(receiver.address()).await;
        let assessment = challenge(&mut stranger, 9, &Roots::cast()).await;
        assert_eq!(assessment.verdict, Verdict::SelfMade);
        receiver.stop().await;
    }
    keys.dedup();
    assert_eq!(keys.len(), 1, "the same keys on every connection and start");
}

#[tokio::test]
async fn a_receiver_without_credentials_says_so() {
    let receiver = start(options()).await;
    let mut sender = Sender::connect(receiver.address()).await;
    let assessment = challenge(&mut sender, 1, &Roots::cast()).await;
    assert_eq!(assessment.verdict, Verdict::Declined);
    receiver.stop().await;
}

#[tokio::test]
async fn one_connection_gets_only_so_many_signatures() {
    let folder = Scratch::new("signatures");
    let receiver = start(with_credentials(&folder)).await;
    let mut sender = Sender::connect(receiver.address()).await;
    for _ in 0..20 {
        sender.write(&Challenge::new([1; 16]).message()).await;
    }
    let mut answers = 0;
    let silence = Duration::from_secs(1);
    while let Ok(Some(message)) = tokio::time::timeout(silence, sender.receive()).await {
        answers += usize::from(is_reply(&message).is_some());
    }
    assert_eq!(answers, 8);
    let mut another = Sender::connect(receiver.address()).await;
    let verdict = challenge(&mut another, 1, &roots_with(&folder))
        .await
        .verdict;
    assert!(verdict.is_certified(), "{verdict:?}");
    receiver.stop().await;
}

#[tokio::test]
async fn what_is_no_challenge_gets_no_answer() {
    let folder = Scratch::new("no-challenge");
    let receiver = start(with_credentials(&folder)).await;
    let mut sender = Sender::connect(receiver.address()).await;
    let asked = Challenge::new([1; 16]).message();
    for payload in [
        Payload::Text(String::from("{}")),
        Payload::Binary(Vec::new()),
        Payload::Binary(vec![0xff; 40]),
    ] {
        let message = CastMessage {
            payload,
            ..asked.clone()
        };
        sender.write(&message).await;
    }
    // The first answer is that to the first real one.
    let verdict = challenge(&mut sender, 7, &roots_with(&folder))
        .await
        .verdict;
    assert!(verdict.is_certified(), "{verdict:?}");
    receiver.stop().await;
}

#[tokio::test]
async fn credentials_that_cannot_be_had_are_an_error_at_the_start() {
    let folder = Scratch::new("spoiled");
    std::fs::write(folder.0.join("root.key"), "hello").unwrap();
    let error = Receiver::start(with_credentials(&folder))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            ReceiverError::Credentials(CredentialsError::NotAKey(_))
        ),
        "{error:?}"
    );
}
