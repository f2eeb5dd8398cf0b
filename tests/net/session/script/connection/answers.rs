// SPDX-License-Identifier: GPL-3.0-or-later
//! How the device answers LAUNCH and OFFER: as its script says.

use serde_json::{Value, json};
use telecast::cast::channel::message::CastMessage;
use telecast::cast::channel::namespace;

use super::super::super::media::{Manners, MediaPeer};
use super::super::{Afterwards, OnLaunch, OnOffer};
use super::{Alarm, Connection};

impl Connection {
    pub(super) async fn on_launch(&mut self, message: &CastMessage, body: &Value, request: u64) {
        let app = body["appId"].as_str().unwrap_or_default().to_owned();
        let again = {
            let mut seen = self.seen.lock().unwrap();
            seen.launches.push(app.clone());
            seen.launches.len() > 1
        };
        if again {
            self.script.deaf_from = None;
        }
        match self.script.launch {
            OnLaunch::Start => self.start_app(&app, request, true).await,
            OnLaunch::StartSilently => self.start_app(&app, request, false).await,
            OnLaunch::Refuse(_, Some(accepted)) if accepted == app => {
                self.start_app(&app, request, true).await;
            }
            OnLaunch::Refuse(reason, _) => {
                let reply = json!({"type": "LAUNCH_ERROR", "requestId": request, "reason": reason});
                self.send(message, &reply).await;
            }
            OnLaunch::Ask(allow) => {
                let word = "USER_PENDING_AUTHORIZATION";
                let reply =
                    json!({"type": "LAUNCH_STATUS", "launchRequestId": request, "status": word});
                self.send(message, &reply).await;
                if let Some(after) = allow {
                    self.set_alarm(after, Alarm::Allow(request));
                }
            }
            OnLaunch::Babble => self.babble(message).await,
            OnLaunch::Trickle(pause) => {
                self.app = Some((app, "Chrome Mirroring".to_owned()));
                let status = self.status_body(request);
                self.trickle(&status, pause).await;
            }
            OnLaunch::Ignore => {}
        }
    }

    pub(super) async fn start_app(&mut self, app: &str, request: u64, answer: bool) {
        self.app = Some((app.to_owned(), "Chrome Mirroring".to_owned()));
        self.broadcast_status().await;
        if answer {
            let allowed = json!({"type": "LAUNCH_STATUS", "launchRequestId": request, "status": "USER_ALLOWED"});
            let sender = self.sender.clone();
            self.send_to("receiver-0", &sender, namespace::RECEIVER, &allowed)
                .await;
            let status = self.status_body(request);
            self.send_to("receiver-0", &sender, namespace::RECEIVER, &status)
                .await;
        }
    }

    pub(super) async fn on_offer(&mut self, message: &CastMessage, body: &Value) {
        let streams = body["offer"]["supportedStreams"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let of_type = |kind: &str| -> Vec<Value> {
            let found = streams.iter().filter(|stream| stream["type"] == kind);
            found.cloned().collect()
        };
        let (audio, video) = (of_type("audio_source"), of_type("video_source"));
        let codecs = video
            .iter()
            .filter_map(|stream| stream["codecName"].as_str().map(str::to_owned));
        let codecs: Vec<String> = codecs.collect();
        self.seen.lock().unwrap().offered.push(codecs);
        let seq = &body["seqNum"];
        let number = self.seen.lock().unwrap().offered.len() - 1;
        if self.script.deaf_from.is_some_and(|from| number >= from) {
            return;
        }
        let reply = match self.script.offer {
            OnOffer::Ignore => return,
            OnOffer::Babble => return self.babble(message).await,
            OnOffer::Garbage => {
                json!({"type": "ANSWER", "seqNum": seq, "result": "ok", "answer": 7})
            }
            OnOffer::Unoffered => json!({"type": "ANSWER", "seqNum": seq, "result": "ok",
                "answer": {"udpPort": 9, "sendIndexes": [77], "ssrcs": [1]}}),
            OnOffer::Refuse(code) => json!({"type": "ANSWER", "seqNum": seq, "result": "error",
                "error": {"code": code, "description": "no"}}),
            OnOffer::Accept | OnOffer::AcceptAt(_) | OnOffer::AcceptAsOne => {
                let accepted: Vec<&Value> =
                    audio.first().into_iter().chain(video.first()).collect();
                let picture = match self.script.afterwards {
                    Afterwards::NoPictureUnless(codec) => video
                        .first()
                        .is_some_and(|stream| stream["codecName"] == codec),
                    _ => true,
                };
                let manners = match self.script.afterwards {
                    Afterwards::NoFeedback => Manners::Silent,
                    Afterwards::Noise => Manners::Noisy,
                    Afterwards::AnswersFrom(other) => Manners::From(other),
                    Afterwards::Outage(length) => Manners::Pausing(length),
                    Afterwards::Lies(lie) => Manners::Lying(lie),
                    Afterwards::Strangers(stranger) => Manners::Overheard(stranger),
                    _ => Manners::Good,
                };
                let host = self.stream.get_ref().0.local_addr().unwrap().ip();
                let received = self.received.clone();
                let peer = MediaPeer::start(host, &accepted, picture, manners, received).await;
                let mut answer = json!({
                    "udpPort": peer.port,
                    "sendIndexes": accepted.iter().map(|stream| stream["index"].clone()).collect::<Vec<_>>(),
                    "ssrcs": accepted.iter().map(|stream| stream["ssrc"].as_u64().unwrap() + 1).collect::<Vec<_>>(),
                });
                match self.script.offer {
                    OnOffer::AcceptAt(port) => answer["udpPort"] = json!(port),
                    OnOffer::AcceptAsOne => answer["ssrcs"] = json!(vec![77; accepted.len()]),
                    _ => {}
                }
                if self.script.marks {
                    answer["receiverRtcpDscp"] = answer["sendIndexes"].clone();
                }
                self.received.lock().unwrap().port = peer.port;
                if let Some((constraints, display)) = &self.script.limits {
                    answer["constraints"] = constraints.clone();
                    answer["display"] = display.clone();
                }
                if self.script.afterwards != Afterwards::NoMediaPort {
                    self.media = Some(peer);
                }
                json!({"type": "ANSWER", "seqNum": seq, "result": "ok", "answer": answer})
            }
        };
        self.send(message, &reply).await;
        match self.script.afterwards {
            Afterwards::OtherApp(after) => self.set_alarm(after, Alarm::OtherApp),
            Afterwards::StopApp(after) => self.set_alarm(after, Alarm::StopApp),
            Afterwards::HangUp(after) => self.set_alarm(after, Alarm::HangUp),
            Afterwards::Garbage(after) => self.set_alarm(after, Alarm::Garbage),
            Afterwards::Flood(after) => self.set_alarm(after, Alarm::Flood),
            Afterwards::Noise => self.make_noise().await,
            Afterwards::Bombs => self.throw_bombs().await,
            Afterwards::Play
            | Afterwards::Lies(_)
            | Afterwards::Strangers(_)
            | Afterwards::NoPictureUnless(_)
            | Afterwards::NoFeedback
            | Afterwards::Outage(_)
            | Afterwards::NoMediaPort
            | Afterwards::AnswersFrom(_) => {}
        }
    }
}
