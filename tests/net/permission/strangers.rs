// SPDX-License-Identifier: GPL-3.0-or-later
//! What is cast with permission, and others who meddle with it.

use super::*;

/// An answer to the request of this id.
async fn reply(sender: &mut Sender, request: &Value) -> Value {
    sender
        .send(ME, "receiver-0", namespace::RECEIVER, request)
        .await;
    let id = request["requestId"].clone();
    sender.wait_for(|value| value["requestId"] == id).await
}

/// A sender at this address, connected to the receiver.
async fn visitor(tv: &Tv, from: IpAddr) -> Sender {
    let mut sender = Sender::connect_from(from, tv.receiver.address()).await;
    let connect = json!({ "type": "CONNECT" });
    sender
        .send(ME, "receiver-0", namespace::CONNECTION, &connect)
        .await;
    sender
}

fn stop() -> Value {
    json!({ "type": "STOP", "requestId": 21 })
}

fn mute() -> Value {
    json!({ "type": "SET_VOLUME", "requestId": 22, "volume": { "muted": true } })
}

/// Asks for the id of what runs, connects to that; whether it was let in.
async fn is_let_in(sender: &mut Sender) -> bool {
    let status = reply(sender, &json!({ "type": "GET_STATUS", "requestId": 23 })).await;
    let app = &status["status"]["applications"][0];
    let transport = app["transportId"].as_str().expect("something runs");
    let connect = json!({ "type": "CONNECT" });
    sender
        .send(ME, transport, namespace::CONNECTION, &connect)
        .await;
    // Of what runs; answered only to who is connected to it.
    let ask = json!({ "type": "GET_CAPABILITIES", "seqNum": 24 });
    sender.send(ME, transport, namespace::WEBRTC, &ask).await;
    let answer = sender
        .wait_for(|value| value["type"] == "CLOSE" || value["seqNum"] == 24)
        .await;
    answer["seqNum"] == 24
}

#[tokio::test]
async fn a_stranger_can_neither_stop_nor_mute_nor_take_over_what_was_permitted() {
    let mut tv = Tv::asks().await;
    let mut guest = tv.knock(LOCALHOST).await;
    tv.question().await.answer(Permission::Once);
    is_allowed(&mut guest).await;

    let mut stranger = visitor(&tv, NEIGHBOUR).await;
    for request in [stop(), mute()] {
        let refused = reply(&mut stranger, &request).await;
        assert_eq!(refused["reason"], "NOT_ALLOWED", "{refused}");
    }
    assert!(!is_let_in(&mut stranger).await);
    tv.nobody_is_asked();

    // The same computer on another connection, as after a broken one.
    let mut again = visitor(&tv, LOCALHOST).await;
    assert!(is_let_in(&mut again).await);
    let muted = reply(&mut again, &mute()).await;
    assert_eq!(muted["status"]["volume"]["muted"], true, "{muted}");
    reply(&mut again, &stop()).await;
    state(&tv.receiver, ReceiverState::Idle).await;

    // Once was once.
    let refused = reply(&mut again, &mute()).await;
    assert_eq!(refused["reason"], "NOT_ALLOWED", "{refused}");
    tv.receiver.stop().await;
}

#[tokio::test]
async fn a_known_sender_may_stop_what_another_casts_and_everybody_where_everybody_may() {
    let file = known_senders("stops");
    let known = Arc::new(KnownFile::in_file(file.clone()));
    let mut tv = Tv::start(
        AcceptPolicy::Ask,
        ReceiverOptions {
            known: Some(known),
            ..options()
        },
    )
    .await;
    let mut neighbour = tv.knock(NEIGHBOUR).await;
    tv.question().await.answer(Permission::Always);
    is_allowed(&mut neighbour).await;
    reply(&mut neighbour, &stop()).await;
    let mut guest = tv.knock(LOCALHOST).await;
    tv.question().await.answer(Permission::Once);
    is_allowed(&mut guest).await;
    reply(&mut neighbour, &stop()).await;
    state(&tv.receiver, ReceiverState::Idle).await;
    tv.receiver.stop().await;
    remove(&file);

    let tv = Tv::start(AcceptPolicy::Any, options()).await;
    is_allowed(&mut tv.knock(LOCALHOST).await).await;
    let mut stranger = visitor(&tv, NEIGHBOUR).await;
    reply(&mut stranger, &stop()).await;
    state(&tv.receiver, ReceiverState::Idle).await;
    tv.receiver.stop().await;
}
