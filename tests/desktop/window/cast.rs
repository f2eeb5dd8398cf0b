// SPDX-License-Identifier: GPL-3.0-or-later
//! One cast in the window, from the click to the end, as a person sees it and as the receiver does.

use crate::support::accessible::named;
use crate::support::cast::{START, TV};
use crate::support::home::{Home, cast_button, casts_of, last, wait_until_idle, wait_until_state};
use crate::support::likeness::{self, wait_for_likeness};
use crate::support::picture::{Area, Picture, psnr};
use crate::support::program::Program;
use crate::support::wait_until;

/// Two pictures of one thing, coded again: in dB. The card's moving parts alone bring others far below.
const SAME_PICTURE: f64 = 36.0;
/// Between two looks at the receiver's picture, which is written once a second.
const LOOK: std::time::Duration = std::time::Duration::from_secs(3);

#[test]
fn a_window_is_cast_and_steered_until_it_is_stopped() {
    let Some(mut home) = Home::new() else {
        return;
    };
    home.set("window-size=(400, 640)");
    home.show_card();
    home.open();
    home.step_aside();
    home.person.see("No Devices Found");
    let receiver = home.switch_on(TV);
    home.person.see(cast_button(TV));
    home.person.press(named("Window").below("What to cast"));
    home.click_on(TV);
    home.person.see("Choose What to Share");
    home.desktop.press(&["Telecast Test Card*", "Share"]);
    home.person.miss("Choose What to Share");
    home.person.see("Stop Casting");
    wait_for_likeness(
        &home.desktop,
        &home.tv_picture(),
        likeness::Cast::WindowOrSmaller,
    );

    statistics_move(&mut home, &receiver);
    latency_changes(&mut home, &receiver);
    volume_follows_both_ways(&mut home);
    pause_freezes(&mut home);
    assert_eq!(casts_of(&receiver), 1, "it never connected again");
    stop(&mut home, &receiver);
    home.quit();
}

/// The numbers of the panel follow what is sent, and are those of what the receiver shows; the panel takes the place of the
/// menu.
fn statistics_move(home: &mut Home, receiver: &Program) {
    let panel = named("Statistics").role("toggle button");
    home.person.see("Main Menu");
    home.person.press(panel.clone());
    home.person.miss("Main Menu");
    let graph = |title: &str| named(&format!("{title}*")).role("image");
    let mut first = None;
    wait_until("numbers that change", START, || {
        let numbers = ["Bitrate", "Network delay", "Frame rate"]
            .map(|title| home.person.see(graph(title))["name"].to_string());
        *first.get_or_insert_with(|| numbers.clone()) != numbers
    });
    wait_until("the size of the receiver's picture", START, || {
        let shown = last(receiver);
        let size = format!("{} × {} at*", shown["width"], shown["height"]);
        shown["fps"]["shown"].as_f64() > Some(0.0) && home.person.sees(size.as_str())
    });
    home.person.press(panel);
    home.person.miss(graph("Bitrate"));
    home.person.see("Main Menu");
}

/// What is chosen is what the receiver keeps to. While frames come too late, the sender asks for more than was chosen.
fn latency_changes(home: &mut Home, receiver: &Program) {
    let delay = || last(receiver)["target_delay_ms"].as_u64();
    home.person
        .see("Hides short network hiccups from the picture");
    home.person.press(named("Robust").below("Latency"));
    home.person.see("Longest delay, best for films");
    wait_until("a long delay", START, || delay() >= Some(400));
    home.person.press(named("Responsive").below("Latency"));
    home.person.see("Shortest delay, may stutter on busy Wi-Fi");
    wait_until("a short delay", START, || {
        delay().is_some_and(|delay| delay < 400)
    });
}

fn volume_follows_both_ways(home: &mut Home) {
    let slider = named(&format!("Volume of {TV}"));
    home.person.see(slider.clone());
    assert!((home.volume(&["0.35"]).level - 0.35).abs() < 0.001);
    wait_until("the slider follows the TV", START, || {
        let level = home.person.see(slider.clone())["value"].as_f64();
        level.is_some_and(|level| (level - 0.35).abs() < 0.01)
    });
    home.person.set(slider, 0.8);
    wait_until("the TV follows the slider", START, || {
        (home.volume(&[]).level - 0.8).abs() < 0.01
    });
    let [mute, unmute] = [format!("Mute {TV}"), format!("Unmute {TV}")];
    home.person.press(mute.as_str());
    home.person.see(unmute.as_str());
    wait_until("a muted TV", START, || home.volume(&[]).muted);
    assert!(!home.volume(&["--unmute"]).muted);
    home.person.see(mute.as_str());
}

/// What the receiver shows stands still while the card goes on, and then does not.
fn pause_freezes(home: &mut Home) {
    home.person.press("Pause Picture");
    home.person.see("Resume Picture");
    wait_until("a picture that stands still", START, || {
        picture_stands(home)
    });
    home.person.press("Resume Picture");
    home.person.see("Pause Picture");
    wait_until("a picture that moves", START, || !picture_stands(home));
}

fn picture_stands(home: &Home) -> bool {
    let read = || Picture::read(&home.tv_picture());
    let before = read();
    std::thread::sleep(LOOK);
    let (Some(before), Some(after)) = (before, read()) else {
        return false;
    };
    let whole = Area {
        x: 0,
        y: 0,
        width: before.width,
        height: before.height,
    };
    (before.width, before.height) == (after.width, after.height)
        && psnr(&before, whole, &after, (0, 0)) > SAME_PICTURE
}

fn stop(home: &mut Home, receiver: &Program) {
    wait_until_state(receiver, "streaming");
    home.person.press("Stop Casting");
    home.person.see("What to cast");
    home.person.miss("Stop Casting");
    assert!(!home.person.sees("Casting Ended"), "the person's own end");
    wait_until_idle(receiver);
    assert_eq!(home.complaints(), [""; 0]);
}
