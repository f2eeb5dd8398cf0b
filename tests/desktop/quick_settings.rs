// SPDX-License-Identifier: GPL-3.0-or-later
//! The toggle in GNOME's Quick Settings, in the shell that runs it: with pointer, keyboard and eyes. The program is started
//! by the session bus, as for somebody who has installed it.

mod panel;

use rustix::process::{Pid, Signal, kill_process};

use self::panel::{EXTENSION, Panel};
use super::support::accessible::named;
use super::support::cast::{START, TV};
use super::support::home::{Home, cast_button, casts_of, switch_on, wait_until_idle};
use super::support::program::Program;
use super::support::wait_until;

/// A home whose desktop has the extension, a TV that is on, and somebody before the panel.
#[track_caller]
fn home() -> Option<(Home, Panel, Program)> {
    let home = Home::installed()?;
    let receiver = home.switch_on(TV);
    let panel = Panel::of(&home);
    Some((home, panel, receiver))
}

/// Casts the screen to the TV.
#[track_caller]
fn cast(home: &Home, panel: &mut Panel) {
    panel.open(home);
    panel.person.press(cast_button(TV));
    home.desktop.press(&["Share"]);
    panel.person.see(panel::indicator(TV));
}

#[test]
fn a_screen_is_cast_and_steered_and_stopped_without_the_window() {
    let Some((mut home, mut panel, mut receiver)) = home() else {
        return;
    };
    home.show_card();
    assert!(panel::is_active(&home), "{EXTENSION} is not active");
    assert!(
        panel::engine(&home).is_none(),
        "it starts nothing by itself"
    );

    cast(&home, &mut panel);
    // However busy the machine is, and so however small the picture.
    receiver.wait_for_object("the screen's test card on the TV", START, |object| {
        object["screen_to_decoded_ms"]["p50"].as_f64() > Some(0.0)
    });
    panel.open(&home);
    panel.person.see("Casting to Test TV");
    panel
        .person
        .see(named("Stop Casting to Test TV").state("checked"));
    volume_follows_both_ways(&home, &mut panel);
    assert!(!home.has_window("Telecast"), "nobody has opened it");

    panel.person.press("Stop Casting");
    wait_until_idle(&receiver);
    panel.person.miss(panel::indicator(TV));
    panel.close(&home);
    assert_eq!(casts_of(&receiver), 1);
    assert_eq!(panel::complaints(&home), [""; 0]);
}

fn volume_follows_both_ways(home: &Home, panel: &mut Panel) {
    let level = named("35%").role("label");
    home.volume(&["0.35"]);
    panel.person.see(level);
    panel.person.press("Raise the volume of Test TV");
    panel.person.see(named("40%").role("label"));
    panel.person.press("Raise the volume of Test TV");
    panel.person.press("Lower the volume of Test TV");
    wait_until("the TV follows", START, || {
        (home.volume(&[]).level - 0.4).abs() < 0.01
    });
    panel.person.see(named("40%").role("label"));
}

#[test]
fn the_menu_follows_an_app_that_is_killed_and_a_device_that_goes() {
    let Some((home, mut panel, mut receiver)) = home() else {
        return;
    };
    cast(&home, &mut panel);
    panel.open(&home);
    panel.person.see(named("Stop Casting to Test TV"));
    let engine = panel::engine(&home).expect("an engine that casts");
    kill_process(Pid::from_raw(engine).unwrap(), Signal::KILL).unwrap();
    panel.person.miss(panel::indicator(TV));
    panel.person.miss("Stop Casting");
    panel.person.see("No Devices Found");
    panel.close(&home);

    // As good as new.
    panel.open(&home);
    panel.person.see(cast_button(TV));
    assert_ne!(panel::engine(&home), Some(engine));
    assert!(receiver.interrupt(START).success());
    panel.person.miss(cast_button(TV));
    panel.person.see("Looking for devices");
    panel.close(&home);
    assert_eq!(panel::complaints(&home), [""; 0]);
}

#[test]
fn a_second_monitor_is_cast_and_the_toggle_itself_stops_it() {
    let Some((home, mut panel, receiver)) = home() else {
        return;
    };
    panel.open(&home);
    panel.person.see(cast_button(TV));
    panel.person.press("Second Monitor");
    panel.person.press(cast_button(TV));
    home.desktop.press(&["Share"]);
    panel.person.see(panel::indicator(TV));
    wait_until("a monitor more", START, || {
        home.desktop.monitors().len() == 2
    });
    panel.open_settings(&home);
    panel.person.press(panel::tile());
    wait_until_idle(&receiver);
    panel.person.miss(panel::indicator(TV));
    wait_until("it is gone", START, || home.desktop.monitors().len() == 1);
    panel.close(&home);
    assert_eq!(panel::complaints(&home), [""; 0]);
}

#[test]
fn a_refusal_is_told_in_the_menu_and_telecast_is_a_click_away() {
    let Some(home) = Home::installed() else {
        return;
    };
    let _receiver = switch_on(&home.tv, TV, &["--accept", "known"]);
    let mut panel = Panel::of(&home);
    // The tile opens its menu while nothing is cast.
    panel.open_settings(&home);
    panel.person.press(panel::tile());
    panel.person.press(cast_button(TV));
    home.desktop.press(&["Share"]);
    panel.open(&home);
    panel.person.see("The cast was not allowed on Test TV.*");
    panel.person.press("Open Telecast");
    wait_until("the window", START, || home.has_window("Telecast"));
    panel.person.miss("Open Telecast");
    assert_eq!(panel::complaints(&home), [""; 0]);
}

#[test]
fn it_hides_without_the_app_and_leaves_nothing_when_it_is_disabled() {
    let Some((home, mut panel, _receiver)) = home() else {
        return;
    };
    panel.open(&home);
    panel.person.see(cast_button(TV));
    let enabled = panel::traces(&home);
    // With its menu open, which is when there is most of it.
    panel::enable(&home, false);
    let disabled = panel::traces(&home);
    for (name, count) in &disabled {
        assert!(enabled[name] > *count, "{name}: {enabled:?}, {disabled:?}");
    }
    panel.close(&home);
    for _ in 0..3 {
        panel::enable(&home, true);
        panel.open(&home);
        panel.person.see(cast_button(TV));
        panel.close(&home);
        panel::enable(&home, false);
        assert_eq!(panel::traces(&home), disabled);
    }

    panel::enable(&home, true);
    panel.open_settings(&home);
    panel.person.see(panel::tile());
    let desktop_file = "home/.local/share/applications/io.github.telecast.Telecast.desktop";
    std::fs::remove_file(home.desktop.path(desktop_file)).unwrap();
    panel.person.miss(panel::tile());
    panel.close(&home);
    assert_eq!(panel::complaints(&home), [""; 0]);
}

#[test]
fn a_flatpak_which_cannot_install_it_says_where_it_is() {
    let Some(mut home) = Home::new() else {
        return;
    };
    home.open_with(&[("FLATPAK_ID", "io.github.telecast.Telecast")]);
    home.key("F10");
    home.person.press(named("About Telecast").role("menu item"));
    home.person.press("Details");
    home.person.see("Extension for GNOME Quick Settings");
    assert_eq!(home.complaints(), [""; 0]);
}
