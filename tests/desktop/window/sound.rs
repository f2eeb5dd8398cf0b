// SPDX-License-Identifier: GPL-3.0-or-later
//! The sound of one application, chosen on the page of a cast, while another one plays louder.

use crate::support::cast::{START, TV};
use crate::support::home::{Home, wait_until_idle};
use crate::support::program::Program;
use crate::support::session::Session;
use crate::support::wait_until;

/// The tones of the two applications, in Hz: neither is near a multiple of the other.
const FLUTE: f64 = 880.0;
const ORGAN: f64 = 320.0;

#[test]
fn the_sound_of_one_application_is_cast_and_not_the_louder_one_of_another() {
    let Some(mut home) = Home::new() else {
        return;
    };
    let receiver = home.switch_on(TV);
    let _flute = play(&home.desktop, "Flute", FLUTE, 0.2);
    let organ = play(&home.desktop, "Organ", ORGAN, 0.8);
    home.open();
    home.cast_to(TV, &["Share"]);
    wait_for_tone(&receiver, ORGAN);

    // After the TV and both; in the order of their names.
    choose(&mut home, &["Home", "Down", "Down"], "Only Flute");
    wait_for_tone(&receiver, FLUTE);
    choose(&mut home, &["Home", "Down", "Down", "Down"], "Only Organ");
    wait_for_tone(&receiver, ORGAN);

    // What is chosen stays so when it ends, and is heard again when it comes back.
    drop(organ);
    wait_until("silence", START, || frequency(&receiver).is_none());
    let organ = play(&home.desktop, "Organ", ORGAN, 0.8);
    wait_for_tone(&receiver, ORGAN);
    home.person.see("Only Organ");

    choose(&mut home, &["Home"], "On the TV");
    drop(organ);
    wait_for_tone(&receiver, FLUTE);
    home.person.press("Stop Casting");
    wait_until_idle(&receiver);
    assert_eq!(home.complaints(), [""; 0]);
    home.quit();
}

/// An application of this name that plays a tone.
fn play(desktop: &Session, name: &str, hz: f64, volume: f64) -> Program {
    Program::start(
        name,
        desktop.command("gst-launch-1.0").args([
            "-q",
            "audiotestsrc",
            &format!("freq={hz}"),
            &format!("volume={volume}"),
            "!",
            "pulsesink",
            &format!("client-name={name}"),
        ]),
    )
}

/// Chooses a sound, again if the application was not in the list yet.
fn choose(home: &mut Home, keys: &[&str], what: &str) {
    wait_until(what, START, || {
        home.choose("Sound", keys);
        home.person.sees(what)
    });
}

/// The strongest tone that the receiver plays now.
fn frequency(receiver: &Program) -> Option<f64> {
    receiver.objects().last()?["audio"]["frequency_hz"].as_f64()
}

fn wait_for_tone(receiver: &Program, hz: f64) {
    wait_until(&format!("a tone of {hz} Hz"), START, || {
        frequency(receiver).is_some_and(|heard| (heard - hz).abs() < 10.0)
    });
}
