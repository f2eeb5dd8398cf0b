// SPDX-License-Identifier: GPL-3.0-or-later
//! Who may cast: the viewer is asked, answers, remembers, or is not there.

mod strangers;

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use telecast::cast::channel::namespace;
use telecast::engine::KnownFile;
use telecast::receiver::{
    AcceptPolicy, Permission, Question, ReceiverHandle, ReceiverOptions, ReceiverState, Viewer,
};
use tokio::sync::mpsc;

use super::receive::{LOCALHOST, MIRRORING, options, start, state};
use super::sender::{ME, Sender};

/// Another host, as far as the receiver can tell.
const NEIGHBOUR: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const LONG: Duration = Duration::from_secs(10);

/// Hands the questions to the test.
struct Asked(mpsc::UnboundedSender<Question>);

impl Viewer for Asked {
    fn ask(&self, question: Question) {
        self.0.send(question).expect("the test listens");
    }
}

/// A receiver with a viewer, and the questions that reach that one.
struct Tv {
    receiver: ReceiverHandle,
    questions: mpsc::UnboundedReceiver<Question>,
}

impl Tv {
    async fn start(accept: AcceptPolicy, more: ReceiverOptions) -> Tv {
        let (sender, questions) = mpsc::unbounded_channel();
        let receiver = start(ReceiverOptions {
            accept,
            viewer: Some(Arc::new(Asked(sender))),
            ..more
        })
        .await;
        Tv {
            receiver,
            questions,
        }
    }

    async fn asks() -> Tv {
        Tv::start(AcceptPolicy::Ask, options()).await
    }

    /// A sender at `from` that has asked to launch.
    async fn knock(&self, from: IpAddr) -> Sender {
        let mut sender = Sender::connect_from(from, self.receiver.address()).await;
        sender.request_launch(MIRRORING).await;
        sender
    }

    async fn question(&mut self) -> Question {
        tokio::time::timeout(LONG, self.questions.recv())
            .await
            .expect("the viewer is asked in time")
            .expect("the receiver runs")
    }

    fn nobody_is_asked(&mut self) {
        assert!(self.questions.try_recv().is_err(), "the viewer is asked");
    }
}

async fn hears(sender: &mut Sender, kind: &str) -> Value {
    let wanted = |value: &Value| {
        value["type"] == kind && (value["requestId"] == 7 || value["launchRequestId"] == 7)
    };
    sender.wait_for(wanted).await
}

async fn is_pending(sender: &mut Sender) {
    let status = hears(sender, "LAUNCH_STATUS").await;
    assert_eq!(status["status"], "USER_PENDING_AUTHORIZATION");
}

async fn is_allowed(sender: &mut Sender) {
    let status = hears(sender, "RECEIVER_STATUS").await;
    assert_eq!(status["status"]["applications"][0]["appId"], MIRRORING);
}

async fn is_refused(sender: &mut Sender) {
    let error = hears(sender, "LAUNCH_ERROR").await;
    assert_eq!(
        (&error["reason"], &error["extendedError"]),
        (&json!("NOT_ALLOWED"), &json!("USER_NOT_ALLOWED"))
    );
}

async fn is_withdrawn(mut question: Question) {
    tokio::time::timeout(LONG, question.withdrawn())
        .await
        .expect("the question is withdrawn");
    // Too late, and without effect.
    question.answer(Permission::Always);
}

fn known_senders(name: &str) -> PathBuf {
    let file = format!("known-{}-{name}/senders.json", std::process::id());
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(file)
}

fn remove(known: &std::path::Path) {
    std::fs::remove_dir_all(known.parent().expect("a folder")).expect("removed");
}

#[tokio::test]
async fn the_viewer_hears_who_it_is_and_what_it_says_is_done() {
    let mut tv = Tv::asks().await;
    let mut sender = tv.knock(LOCALHOST).await;
    is_pending(&mut sender).await;
    state(&tv.receiver, ReceiverState::Asking).await;
    let question = tv.question().await;
    assert_eq!(question.visitor().address, LOCALHOST);
    assert_eq!(question.visitor().user_agent.as_deref(), Some("Test/1"));
    question.answer(Permission::Once);
    is_allowed(&mut sender).await;
    state(&tv.receiver, ReceiverState::Launched).await;
    drop(sender);
    state(&tv.receiver, ReceiverState::Idle).await;

    // Once was once. A question that is dropped is a no.
    let mut sender = tv.knock(LOCALHOST).await;
    drop(tv.question().await);
    is_refused(&mut sender).await;
    state(&tv.receiver, ReceiverState::Idle).await;
    tv.receiver.stop().await;
}

#[tokio::test]
async fn everybody_may_where_everybody_may_and_nobody_unknown_where_only_the_known_may() {
    let mut tv = Tv::start(AcceptPolicy::Any, options()).await;
    is_allowed(&mut tv.knock(LOCALHOST).await).await;
    tv.nobody_is_asked();
    tv.receiver.stop().await;

    let mut tv = Tv::start(AcceptPolicy::Known, options()).await;
    is_refused(&mut tv.knock(LOCALHOST).await).await;
    tv.nobody_is_asked();
    tv.receiver.stop().await;

    // Nobody can be asked: that is a no.
    let receiver = start(ReceiverOptions {
        accept: AcceptPolicy::Ask,
        ..options()
    })
    .await;
    let mut sender = Sender::connect(receiver.address()).await;
    sender.request_launch(MIRRORING).await;
    is_refused(&mut sender).await;
    receiver.stop().await;
}

#[tokio::test]
async fn who_is_always_allowed_is_so_after_a_restart_too() {
    let file = known_senders("restart");
    let with_file = || ReceiverOptions {
        known: Some(Arc::new(KnownFile::in_file(file.clone()))),
        ..options()
    };
    let mut tv = Tv::start(AcceptPolicy::Ask, with_file()).await;
    let mut sender = tv.knock(LOCALHOST).await;
    tv.question().await.answer(Permission::Always);
    is_allowed(&mut sender).await;
    // The other one is allowed for this once.
    let mut neighbour = tv.knock(NEIGHBOUR).await;
    tv.question().await.answer(Permission::Once);
    is_allowed(&mut neighbour).await;
    tv.receiver.stop().await;

    for accept in [AcceptPolicy::Ask, AcceptPolicy::Known] {
        let mut tv = Tv::start(accept, with_file()).await;
        is_allowed(&mut tv.knock(LOCALHOST).await).await;
        tv.nobody_is_asked();
        let mut neighbour = tv.knock(NEIGHBOUR).await;
        if accept == AcceptPolicy::Ask {
            tv.question().await.answer(Permission::Refused);
        }
        is_refused(&mut neighbour).await;
        tv.receiver.stop().await;
    }
    remove(&file);
}

#[tokio::test]
async fn without_an_answer_it_is_a_no_after_a_while() {
    let mut tv = Tv::start(
        AcceptPolicy::Ask,
        ReceiverOptions {
            ask_limit: Duration::from_millis(300),
            ..options()
        },
    )
    .await;
    let mut sender = tv.knock(LOCALHOST).await;
    is_pending(&mut sender).await;
    let question = tv.question().await;
    is_refused(&mut sender).await;
    is_withdrawn(question).await;
    state(&tv.receiver, ReceiverState::Idle).await;
    tv.receiver.stop().await;
}

#[tokio::test]
async fn a_sender_that_gives_up_or_vanishes_needs_no_answer() {
    let mut tv = Tv::asks().await;
    let mut sender = tv.knock(LOCALHOST).await;
    is_pending(&mut sender).await;
    let question = tv.question().await;
    let close = json!({ "type": "CLOSE" });
    sender
        .send(ME, "receiver-0", namespace::CONNECTION, &close)
        .await;
    is_withdrawn(question).await;
    state(&tv.receiver, ReceiverState::Idle).await;
    // It may think again on the same connection; that is a new question.
    sender.request_launch(MIRRORING).await;
    let question = tv.question().await;
    state(&tv.receiver, ReceiverState::Asking).await;

    drop(sender);
    is_withdrawn(question).await;
    state(&tv.receiver, ReceiverState::Idle).await;
    tv.nobody_is_asked();

    // The end of the receiver withdraws what is open as well.
    let _sender = tv.knock(LOCALHOST).await;
    let question = tv.question().await;
    tv.receiver.stop().await;
    is_withdrawn(question).await;
}

#[tokio::test]
async fn two_senders_are_asked_about_one_by_one() {
    let mut tv = Tv::asks().await;
    let mut first = tv.knock(LOCALHOST).await;
    let about_first = tv.question().await;
    let mut second = tv.knock(NEIGHBOUR).await;
    let about_second = tv.question().await;
    assert_eq!(about_second.visitor().address, NEIGHBOUR);
    about_second.answer(Permission::Refused);
    is_refused(&mut second).await;
    // The other question stays open.
    let asking = tv.receiver.status().borrow().clone();
    assert_eq!(
        (asking.state, asking.sender),
        (ReceiverState::Asking, Some(LOCALHOST))
    );
    about_first.answer(Permission::Once);
    is_allowed(&mut first).await;
    tv.receiver.stop().await;
}

#[tokio::test]
async fn a_no_and_an_always_settle_all_that_the_same_sender_asks() {
    let file = known_senders("settle");
    let mut tv = Tv::start(
        AcceptPolicy::Ask,
        ReceiverOptions {
            known: Some(Arc::new(KnownFile::in_file(file.clone()))),
            ..options()
        },
    )
    .await;
    for (from, permission) in [
        (LOCALHOST, Permission::Always),
        (NEIGHBOUR, Permission::Refused),
    ] {
        let mut one = tv.knock(from).await;
        let question = tv.question().await;
        let mut other = tv.knock(from).await;
        let moot = tv.question().await;
        question.answer(permission);
        for sender in [&mut one, &mut other] {
            match permission {
                Permission::Refused => is_refused(sender).await,
                _ => is_allowed(sender).await,
            }
        }
        is_withdrawn(moot).await;
        // Who comes again at once finds the same answer and bothers nobody.
        let mut again = tv.knock(from).await;
        match permission {
            Permission::Refused => is_refused(&mut again).await,
            _ => is_allowed(&mut again).await,
        }
        tv.nobody_is_asked();
    }
    tv.receiver.stop().await;
    remove(&file);
}
