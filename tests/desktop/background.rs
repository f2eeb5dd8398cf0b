// SPDX-License-Identifier: GPL-3.0-or-later
//! Casts without a window: what the desktop tells of them, what it lets people do, and what it is kept from.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::support::accessible::named;
use super::support::cast::{START, TELECAST, TV};
use super::support::home::{Home, TITLE, casts_of, wait_until_idle, wait_until_state};
use super::support::notices::Urgency;
use super::support::program::Program;
use super::support::wait_until;

/// A lost TV is missed after some seconds, and looked for with pauses between.
const TOLD: Duration = Duration::from_secs(90);
const LOOK: Duration = Duration::from_millis(200);
const SUSPEND: u32 = 4;
const IDLE: u32 = 8;

/// A cast of the screen, whose window was closed.
fn cast_on() -> Option<(Home, Program)> {
    let mut home = Home::with_session_manager()?;
    let receiver = home.switch_on(TV);
    home.open();
    home.cast_to(TV, &["Share"]);
    wait_until_state(&receiver, "streaming");
    Some((home, receiver))
}

fn close_window(home: &mut Home) {
    home.key("Control_L+w");
    home.person.press("Keep Casting");
    wait_until("no window", START, || !home.has_window(TITLE));
}

/// What the engine tells on the bus about the only cast.
fn cast(home: &Home) -> Value {
    let said = home.desktop.run(START, TELECAST, &["status", "--json"]);
    let mut said: Value = serde_json::from_str(&said).unwrap();
    said["casts"][0].take()
}

#[track_caller]
fn wait_for_inhibitors(home: &Home, flags: &[u32]) {
    wait_until(&format!("inhibitors {flags:?}"), START, || {
        let held = home.desktop.inhibitors();
        assert!(
            held.iter().all(|(_, reason)| reason == "Casting to a TV"),
            "{held:?}"
        );
        held.iter().map(|(flags, _)| *flags).collect::<Vec<_>>() == flags
    });
}

/// Waits until the only notification has such a body; its title, urgency and buttons are as they should be then.
#[track_caller]
fn wait_for_notice(home: &Home, body: fn(&str) -> bool, urgency: Urgency, buttons: &[&str]) {
    let deadline = Instant::now() + TOLD;
    let told = loop {
        let all = home.desktop.notifications();
        match all.as_slice() {
            [one] if body(&one.body) => break one.clone(),
            _ => assert!(
                Instant::now() < deadline,
                "{all:?}; the cast: {}",
                cast(home)
            ),
        }
        sleep(LOOK);
    };
    let ended = if is_over(&told.body) { " Ended" } else { "" };
    assert_eq!(told.title, format!("Casting to {TV}{ended}"));
    assert_eq!((told.urgency, told.buttons), (urgency, strings(buttons)));
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn runs(body: &str) -> bool {
    body == "Casting your screen"
}

fn stands(body: &str) -> bool {
    body == "Picture paused"
}

fn is_sought(body: &str) -> bool {
    body.ends_with("reconnecting")
}

fn is_over(body: &str) -> bool {
    body.contains(TV) && body.ends_with('.')
}

#[track_caller]
fn wait_for_no_notice(home: &Home) {
    wait_until("no notification", START, || {
        home.desktop.notifications().is_empty()
    });
}

#[test]
fn a_cast_without_a_window_is_steered_by_its_notification_and_keeps_the_computer_awake() {
    let Some((mut home, receiver)) = cast_on() else {
        return;
    };
    wait_for_inhibitors(&home, &[SUSPEND | IDLE]);
    assert_eq!(home.desktop.notifications(), [], "there is a window");
    close_window(&mut home);
    let buttons = ["Pause Picture", "Stop Casting", "Open"];
    wait_for_notice(&home, runs, Urgency::Low, &buttons);

    home.desktop.press_notification("Pause Picture");
    let resume = ["Resume Picture", "Stop Casting", "Open"];
    wait_for_notice(&home, stands, Urgency::Low, &resume);
    assert_eq!(cast(&home)["paused"], true);
    // Nobody looks at a picture that stands: the screen may darken.
    wait_for_inhibitors(&home, &[SUSPEND]);
    home.desktop.press_notification("Resume Picture");
    wait_for_notice(&home, runs, Urgency::Low, &buttons);
    wait_for_inhibitors(&home, &[SUSPEND | IDLE]);

    home.desktop.press_notification("Open");
    home.person.see("Pause Picture");
    wait_for_no_notice(&home);
    close_window(&mut home);
    wait_for_notice(&home, runs, Urgency::Low, &buttons);
    home.desktop.press_notification("Stop Casting");
    wait_until_idle(&receiver);
    home.wait_for_end();
    wait_for_no_notice(&home);
    wait_for_inhibitors(&home, &[]);
    assert_eq!(casts_of(&receiver), 1);
}

#[test]
fn a_tv_that_is_lost_and_ends_the_cast_is_told_until_somebody_looks() {
    let Some((mut home, mut receiver)) = cast_on() else {
        return;
    };
    close_window(&mut home);
    let buttons = ["Pause Picture", "Stop Casting", "Open"];
    wait_for_notice(&home, runs, Urgency::Low, &buttons);

    home.network.plug(false);
    wait_for_notice(&home, is_sought, Urgency::Normal, &["Stop Casting", "Open"]);
    wait_for_inhibitors(&home, &[SUSPEND | IDLE]);
    home.network.plug(true);
    wait_for_notice(&home, runs, Urgency::Low, &buttons);

    assert!(receiver.interrupt(START).success());
    // Somebody has switched it off: no failure.
    wait_for_notice(&home, is_over, Urgency::Normal, &["Open"]);
    // Nothing is left to run for.
    home.wait_for_end();
    wait_for_inhibitors(&home, &[]);
}

#[test]
fn nothing_stays_inhibited_when_the_program_is_killed() {
    let Some((mut home, _receiver)) = cast_on() else {
        return;
    };
    wait_for_inhibitors(&home, &[SUSPEND | IDLE]);
    home.kill();
    wait_for_inhibitors(&home, &[]);
}

#[test]
fn a_locked_screen_pauses_the_picture_until_it_is_unlocked() {
    let Some((mut home, receiver)) = cast_on() else {
        return;
    };
    let paused = |home: &Home, paused: bool| {
        wait_until("a picture that is paused, or not", START, || {
            cast(home)["paused"] == paused
        });
    };
    paused(&home, false);
    home.desktop.lock(true);
    paused(&home, true);
    home.person.see("Resume Picture");
    home.desktop.lock(false);
    paused(&home, false);

    // What somebody has paused stays so.
    home.person.press("Pause Picture");
    paused(&home, true);
    home.desktop.lock(true);
    home.desktop.lock(false);
    home.person.press("Resume Picture");
    paused(&home, false);
    home.person.press(named("Stop Casting"));
    wait_until_idle(&receiver);
    home.quit();
}
