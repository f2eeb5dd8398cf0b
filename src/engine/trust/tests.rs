// SPDX-License-Identifier: GPL-3.0-or-later

use std::sync::Mutex;

use super::*;
use crate::cast::auth::{CrlState, Fingerprint};

const GENUINE: Verdict = Verdict::Genuine { audio_only: false };

fn key(number: u8) -> Fingerprint {
    Fingerprint([number; 32])
}

fn proved(verdict: Verdict, leaf: Option<u8>, tls: u8) -> Assessment {
    Assessment {
        verdict,
        leaf_key: leaf.map(key),
        common_name: None,
        crl: CrlState::Absent,
        tls_key: key(tls),
    }
}

/// Says the same to every question, and counts them.
#[derive(Debug)]
struct Says(bool, Mutex<Vec<bool>>);

impl TrustAsker for Says {
    fn ask(&self, question: TrustQuestion) {
        self.1.lock().unwrap().push(question.is_about_a_change());
        question.answer(self.0);
    }
}

/// A person, and what is remembered of devices.
struct Ground {
    says: Arc<Says>,
    memory: Memory,
}

impl Ground {
    fn new(yes: bool) -> Ground {
        Ground {
            says: Arc::new(Says(yes, Mutex::default())),
            memory: Memory::at(None),
        }
    }

    fn trust(&self, rule: TrustRule, id: &str) -> DeviceTrust {
        DeviceTrust {
            id: id.to_owned(),
            name: String::from("TV"),
            options: TrustOptions {
                rule,
                asker: Some(self.says.clone()),
                ..TrustOptions::default()
            },
            added: nothing_added(),
            memory: self.memory.clone(),
        }
    }

    async fn decide_as(
        &self,
        rule: TrustRule,
        id: &str,
        assessment: &Assessment,
    ) -> Option<Result<(), Distrust>> {
        self.trust(rule, id).decide(assessment).await
    }

    /// Whether nobody waits for the answer of this device, under these rules.
    async fn silent(&self, id: &str, tls: u8) -> [bool; 3] {
        let mut silent = [false; 3];
        let rules = [TrustRule::Ask, TrustRule::Certified, TrustRule::Any];
        for (rule, silent) in rules.into_iter().zip(&mut silent) {
            *silent = self.trust(rule, id).expect(key(tls)).await.silent;
        }
        silent
    }

    async fn decide(&self, id: &str, assessment: &Assessment) -> Option<Result<(), Distrust>> {
        self.decide_as(TrustRule::Ask, id, assessment).await
    }

    /// The questions so far: whether each was about a change.
    fn asked(&self) -> Vec<bool> {
        self.says.1.lock().unwrap().clone()
    }
}

fn nothing_added() -> AddedRoots {
    AddedRoots::in_folder("/nonexistent".into())
}

const GO: Option<Result<(), Distrust>> = Some(Ok(()));

#[tokio::test]
async fn certified_devices_need_no_question() {
    let ground = Ground::new(false);
    let audio_only = false;
    for (id, verdict) in [
        ("a", GENUINE),
        ("b", Verdict::Developer { audio_only }),
        (
            "c",
            Verdict::ExpiredIntermediate {
                audio_only,
                known: true,
            },
        ),
    ] {
        assert_eq!(ground.decide(id, &proved(verdict, Some(1), 1)).await, GO);
    }
    assert!(ground.asked().is_empty());
}

#[tokio::test]
async fn others_are_asked_about_once_by_their_key_wherever_they_are() {
    let ground = Ground::new(true);
    let device = proved(Verdict::SelfMade, Some(1), 1);
    assert_eq!(ground.decide("a", &device).await, GO);
    let renewed = proved(Verdict::SelfMade, Some(1), 2);
    assert_eq!(ground.decide("a", &renewed).await, GO);
    assert_eq!(ground.decide("moved", &renewed).await, GO);
    assert_eq!(ground.asked(), [false]);
}

#[tokio::test]
async fn a_no_ends_the_cast_and_is_not_remembered() {
    let ground = Ground::new(false);
    let device = proved(Verdict::SelfMade, Some(1), 1);
    for asked in 1..3 {
        assert_eq!(ground.decide("a", &device).await, None);
        assert_eq!(ground.asked().len(), asked);
    }
}

#[tokio::test]
async fn a_device_that_proves_nothing_is_asked_about_again_when_its_connection_has_another_key() {
    let ground = Ground::new(true);
    for tls in [1, 1, 2, 2] {
        let device = proved(Verdict::NoAnswer, None, tls);
        assert_eq!(ground.decide("a", &device).await, GO);
    }
    assert_eq!(ground.asked(), [false, true]);
}

#[tokio::test]
async fn another_key_is_another_device_whatever_it_proves() {
    let ground = Ground::new(true);
    ground.decide("a", &proved(GENUINE, Some(1), 1)).await;
    ground
        .decide("b", &proved(Verdict::SelfMade, Some(3), 1))
        .await;
    let refused = Some(Err(Distrust::OtherKey));
    for id in ["a", "b"] {
        for verdict in [GENUINE, Verdict::SelfMade] {
            let other = proved(verdict, Some(2), 1);
            for rule in [TrustRule::Ask, TrustRule::Certified, TrustRule::Any] {
                assert_eq!(ground.decide_as(rule, id, &other).await, refused);
            }
        }
    }
}

#[tokio::test]
async fn less_than_before_is_refused_under_every_rule() {
    let ground = Ground::new(true);
    ground.decide("a", &proved(GENUINE, Some(1), 1)).await;
    ground
        .decide("b", &proved(Verdict::SelfMade, Some(3), 1))
        .await;
    for rule in [TrustRule::Ask, TrustRule::Certified, TrustRule::Any] {
        for (verdict, leaf) in [(Verdict::SelfMade, Some(1)), (Verdict::NoAnswer, None)] {
            assert_eq!(
                ground.decide_as(rule, "a", &proved(verdict, leaf, 1)).await,
                Some(Err(Distrust::NoLongerCertified(verdict)))
            );
        }
        assert_eq!(
            ground
                .decide_as(rule, "b", &proved(Verdict::NotFresh, None, 1))
                .await,
            Some(Err(Distrust::NoLongerProven(Verdict::NotFresh)))
        );
    }
}

#[tokio::test]
async fn a_certified_device_that_is_none_any_more_is_refused_under_another_id_too() {
    let ground = Ground::new(true);
    ground.decide("a", &proved(GENUINE, Some(1), 1)).await;
    let moved = proved(Verdict::Revoked, Some(1), 1);
    assert_eq!(
        ground.decide("b", &moved).await,
        Some(Err(Distrust::NoLongerCertified(Verdict::Revoked)))
    );
}

#[tokio::test]
async fn an_allowed_device_that_proves_something_else_is_asked_about_again() {
    let ground = Ground::new(true);
    for verdict in [Verdict::SelfMade, Verdict::Revoked, Verdict::Revoked] {
        assert_eq!(ground.decide("a", &proved(verdict, Some(1), 1)).await, GO);
    }
    assert_eq!(ground.asked(), [false, true]);
}

#[tokio::test]
async fn a_speaker_that_is_taken_for_a_screen_is_asked_about_and_not_refused() {
    let ground = Ground::new(true);
    let speaker = Verdict::Genuine { audio_only: true };
    ground.decide("a", &proved(speaker, Some(1), 1)).await;
    let by_address = proved(Verdict::SoundAlone, Some(1), 1);
    assert_eq!(ground.decide("b", &by_address).await, GO);
    assert_eq!(ground.asked(), [false]);
}

#[tokio::test]
async fn rules_without_a_question_ask_none() {
    let ground = Ground::new(true);
    let device = proved(Verdict::SelfMade, Some(1), 1);
    assert_eq!(
        ground.decide_as(TrustRule::Certified, "a", &device).await,
        Some(Err(Distrust::NotCertified(Verdict::SelfMade)))
    );
    assert_eq!(ground.decide_as(TrustRule::Any, "a", &device).await, GO);
    assert!(ground.asked().is_empty());
    let nobody = DeviceTrust {
        id: String::from("a"),
        name: String::from("TV"),
        options: TrustOptions {
            rule: TrustRule::Ask,
            ..TrustOptions::default()
        },
        added: nothing_added(),
        memory: ground.memory.clone(),
    };
    assert_eq!(
        nobody.decide(&device).await,
        Some(Err(Distrust::NobodyToAsk(Verdict::SelfMade)))
    );
}

#[tokio::test]
async fn a_device_that_never_answers_is_waited_for_once_until_its_connection_has_another_key() {
    let ground = Ground::new(true);
    let mute = proved(Verdict::NoAnswer, None, 1);
    assert_eq!(ground.silent("a", 1).await, [false; 3]);
    assert_eq!(ground.decide("a", &mute).await, GO);
    assert_eq!(ground.silent("a", 1).await, [true, false, true]);
    assert_eq!(ground.silent("a", 2).await, [false; 3]);
    assert_eq!(ground.silent("b", 1).await, [false; 3]);
}

#[tokio::test]
async fn one_that_nobody_allowed_is_not_waited_for_only_where_all_are_taken() {
    let ground = Ground::new(true);
    let mute = proved(Verdict::NoAnswer, None, 1);
    assert_eq!(ground.decide_as(TrustRule::Any, "a", &mute).await, GO);
    assert_eq!(ground.silent("a", 1).await, [false, false, true]);
    // Being cast to under that rule allows nothing under another.
    assert_eq!(ground.decide("a", &mute).await, GO);
    assert_eq!(ground.asked(), [false]);
}

#[tokio::test]
async fn only_what_says_nothing_is_taken_for_silent() {
    let ground = Ground::new(true);
    ground.decide("a", &proved(GENUINE, Some(1), 1)).await;
    ground
        .decide("b", &proved(Verdict::Declined, None, 1))
        .await;
    ground
        .decide("c", &proved(Verdict::SelfMade, Some(3), 1))
        .await;
    for id in ["a", "b", "c"] {
        assert_eq!(ground.silent(id, 1).await, [false; 3], "{id}");
    }
}

#[tokio::test]
async fn a_silent_device_that_answers_one_day_is_taken_for_what_it_proves() {
    for (verdict, certified) in [(GENUINE, true), (Verdict::SelfMade, false)] {
        let ground = Ground::new(true);
        ground
            .decide("a", &proved(Verdict::NoAnswer, None, 1))
            .await;
        let answer = proved(verdict, Some(7), 1);
        ground.trust(TrustRule::Ask, "a").learn(&answer).await;
        assert_eq!(ground.silent("a", 1).await, [false; 3]);
        assert_eq!(ground.memory.all()["a"].certified, certified);
        // From now on it is held to that, or asked about.
        assert_eq!(ground.decide("a", &answer).await, GO);
        let asked = if certified { 1 } else { 2 };
        assert_eq!(ground.asked().len(), asked);
        let mute_again = proved(Verdict::NoAnswer, None, 1);
        let refused = ground.decide("a", &mute_again).await;
        assert!(matches!(refused, Some(Err(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn a_device_that_is_forgotten_is_like_a_new_one_under_all_its_ids_until_that_is_undone() {
    let ground = Ground::new(true);
    ground.decide("a", &proved(GENUINE, Some(1), 1)).await;
    ground.decide("b", &proved(GENUINE, Some(1), 1)).await;
    ground.decide("c", &proved(GENUINE, Some(2), 2)).await;
    let other = proved(Verdict::SelfMade, Some(9), 3);
    let refused = Some(Err(Distrust::OtherKey));
    assert_eq!(ground.decide("a", &other).await, refused);
    let forgotten = ground.memory.forget("a", None).expect("it was known");
    assert!(ground.memory.forget("a", None).is_none());
    let left: Vec<String> = ground.memory.all().into_keys().collect();
    assert_eq!(left, ["c"]);
    let shown = ground.memory.watch().borrow().clone();
    assert_eq!(*shown, ground.memory.all());

    ground.memory.restore(forgotten);
    assert_eq!(ground.decide("a", &other).await, refused);
    ground.memory.forget("a", None);
    assert_eq!(ground.decide("a", &other).await, GO);
    assert_eq!(ground.asked(), [false]);
}

#[tokio::test]
async fn a_device_that_is_known_under_another_id_is_forgotten_by_its_key() {
    let ground = Ground::new(true);
    ground.decide("a", &proved(GENUINE, Some(1), 1)).await;
    let revoked = proved(Verdict::Revoked, Some(1), 1);
    assert!(matches!(ground.decide("b", &revoked).await, Some(Err(_))));
    assert!(ground.memory.forget("b", None).is_none());
    assert!(ground.memory.forget("b", revoked.leaf_key).is_some());
    assert_eq!(ground.decide("b", &revoked).await, GO);
    assert_eq!(ground.asked(), [false]);
}

#[test]
fn what_is_remembered_outlives_the_program_and_a_spoiled_file_is_set_aside() {
    let folder = std::env::temp_dir().join(format!("telecast-trust-{}", std::process::id()));
    let file = folder.join("trusted-devices.json");
    let entry = Remembered {
        name: String::from("TV"),
        verdict: GENUINE.code().to_owned(),
        certified: true,
        allowed: false,
        silent: false,
        leaf_key: Some(key(1)),
        tls_key: key(2),
    };
    Memory::at(Some(file.clone())).remember("a", entry.clone());
    let again = Memory::at(Some(file.clone()));
    let both = Before {
        id: Some(entry.clone()),
        key: Some(entry),
    };
    assert_eq!(again.of("a", Some(key(1))), both);
    assert_eq!(again.of("b", Some(key(2))), Before::default());
    std::fs::write(&file, "[").unwrap();
    assert_eq!(again.of("a", None), Before::default());
    assert!(folder.join("trusted-devices.json.spoiled").exists());
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Keeps questions and answers none.
#[derive(Debug, Default)]
struct Waits(Mutex<Vec<TrustQuestion>>);

impl TrustAsker for Waits {
    fn ask(&self, question: TrustQuestion) {
        self.0.lock().unwrap().push(question);
    }
}

/// Has nobody to ask.
#[derive(Debug)]
struct Nobody;

impl TrustAsker for Nobody {
    fn ask(&self, question: TrustQuestion) {
        question.nobody();
    }
}

#[tokio::test]
async fn the_first_of_two_front_ends_answers_and_the_other_question_is_withdrawn() {
    let now = proved(Verdict::SelfMade, Some(1), 2);
    for (says, expected) in [(true, Some(Ok(()))), (false, None)] {
        let (waits, says) = (Arc::new(Waits::default()), Says(says, Mutex::default()));
        let mut options = TrustOptions {
            asker: Some(waits.clone()),
            beside: Some(Arc::new(says)),
            ..TrustOptions::default()
        };
        assert_eq!(options.ask("TV", &now, false).await, expected);
        std::mem::swap(&mut options.asker, &mut options.beside);
        assert_eq!(options.ask("TV", &now, false).await, expected);
        let asked = waits.0.lock().unwrap();
        assert!(asked.len() == 2 && asked.iter().all(TrustQuestion::is_withdrawn));
    }
}

#[tokio::test]
async fn a_front_end_beside_may_be_the_only_one_but_does_not_keep_a_lone_cast_waiting() {
    let now = proved(Verdict::SelfMade, Some(1), 2);
    let mut options = TrustOptions {
        beside: Some(Arc::new(Says(true, Mutex::default()))),
        ..TrustOptions::default()
    };
    assert_eq!(options.ask("TV", &now, false).await, Some(Ok(())));
    options.asker = Some(Arc::new(Nobody));
    options.beside = Some(Arc::new(Waits::default()));
    let nobody = Some(Err(Distrust::NobodyToAsk(Verdict::SelfMade)));
    assert_eq!(options.ask("TV", &now, false).await, nobody);
}
