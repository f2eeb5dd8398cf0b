// SPDX-License-Identifier: GPL-3.0-or-later
//! A device that is lost while it is cast to, and a cast that was cut off, as the window shows them.

use rustix::process::Signal;
use tokio::runtime::Runtime;

use crate::support::accessible::{Person, named};
use crate::support::cast::{START, TELECAST, TV, mirror};
use crate::support::home::{Home, casts_of, wait_until_idle, wait_until_state};
use crate::support::peer::session::eventually;
use crate::support::peer::session::script::{Device, Script};
use crate::support::program::Program;
use crate::support::session::Session;
use crate::support::wait_until;

/// The line with the time that is left.
const COUNTDOWN: &str = "Reconnecting, giving up in *";

/// Waits until pictures have come for some seconds, so that the sender has heard of it: a device that never answered is
/// not sought.
fn wait_until_it_has_answered(receiver: &Program) {
    wait_until("a receiver that shows something", START, || {
        let objects = receiver.objects();
        let shown = objects
            .iter()
            .filter(|object| object["fps"]["shown"].as_f64() > Some(0.0));
        shown.count() > 3
    });
}

fn kill(receiver: &mut Program) {
    wait_until_it_has_answered(receiver);
    receiver.signal(Signal::KILL);
    receiver.wait(START);
}

#[test]
fn a_tv_that_is_lost_is_sought_with_the_time_in_view_until_it_is_back_or_a_key_ends_it() {
    let Some(mut home) = Home::new() else {
        return;
    };
    let mut receiver = home.switch_on(TV);
    home.open();
    home.cast_to(TV, &["Share"]);
    wait_until_state(&receiver, "streaming");

    kill(&mut receiver);
    home.person.see("TV is not ready yet");
    let mut left = Vec::new();
    wait_until("a time that runs down", START, || {
        let line = home.person.see(COUNTDOWN)["name"].to_string();
        if left.last() != Some(&line) {
            left.push(line);
        }
        left.len() >= 3
    });
    assert!(left.is_sorted_by(|a, b| a > b), "{left:?}");
    assert_eq!(home.person.see_nameless(), [""; 0]);
    // All is as it was but the line.
    home.person.see("Stop Casting");
    home.person.see(named("Pause Picture").state("sensitive"));

    let mut receiver = home.switch_on(TV);
    wait_until_state(&receiver, "streaming");
    home.person.miss(COUNTDOWN);
    assert_eq!(casts_of(&receiver), 1, "without a dialog");

    kill(&mut receiver);
    home.person.see(COUNTDOWN);
    home.key("Escape");
    home.person.see("What to cast");
    assert!(!home.person.sees("Casting Ended"), "the person's own end");
    let receiver = home.switch_on(TV);
    wait_until_idle(&receiver);
    assert_eq!(home.complaints(), [""; 0]);
    home.quit();
}

#[test]
fn a_cast_that_was_cut_off_is_offered_to_be_ended() {
    let runtime = Runtime::new().unwrap();
    let device = runtime.block_on(Device::start(Script::default()));
    let desktop = Session::desktop("1280x720", None);
    let at = device.address.to_string();
    let options = ["--audio", "none", "--max-size", "320x180"];
    let mut cast = mirror(&desktop, &at, "test-card", &options);
    runtime.block_on(device.receives(5));
    let kept = desktop.path("home/.local/state/telecast/apps.json");
    wait_until("a record", START, || {
        std::fs::read_to_string(&kept).is_ok_and(|kept| kept.contains("app-1"))
    });
    cast.signal(Signal::KILL);
    cast.wait(START);

    let mut person = Person::at(&desktop, "telecast");
    let mut window = Program::start("window", &mut desktop.command(TELECAST));
    person.see("A cast that was cut off is still on *");
    let end = || named("End").role("button");
    assert_eq!(device.count("STOP"), 0, "nobody wanted that yet");
    assert_eq!(person.see_nameless(), [""; 0]);
    person.press(end());
    person.miss(end());
    assert_eq!(device.count("STOP"), 1);
    runtime.block_on(eventually("goodbye", || device.seen().disconnected));
    desktop.shell(&["key", "Control_L+q"]);
    let status = window.wait(START);
    assert!(status.success(), "{status}: {:?}", window.error_lines());
}
