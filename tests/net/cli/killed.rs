// SPDX-License-Identifier: GPL-3.0-or-later
//! A program that is killed in the middle of a cast, and what the next one does about what is left.

use super::super::session::eventually;
use super::super::session::script::{Device, Script};
use super::*;

/// What is said of a cast that is left somewhere.
const LEFT: &str = "cut off";

/// What programs remember of the casts of one test, and of no other.
struct State(PathBuf);

impl State {
    fn new(name: &str) -> State {
        let home = home::make(name);
        // Of the last time.
        std::fs::remove_dir_all(home.join("telecast")).ok();
        State(home)
    }

    fn start(&self, arguments: &[&str]) -> Telecast {
        let mut program = command(env!("CARGO_BIN_EXE_telecast"), &trusting(arguments));
        program.env("XDG_STATE_HOME", &self.0);
        Telecast::spawn(program)
    }

    /// Whether an app is remembered that may run.
    fn remembers(&self) -> bool {
        let kept = std::fs::read_to_string(self.0.join("telecast/apps.json"));
        kept.is_ok_and(|kept| kept.contains("\"session\":\"app-1\""))
    }

    /// A cast of the test card that has brought pictures, and of which has been written where it is.
    async fn cast(&self, device: &Device) -> Telecast {
        let at = device.address.to_string();
        let arguments = [&["mirror", at.as_str()], CARD, &["--audio", "none"]].concat();
        let cast = self.start(&arguments);
        device.receives(5).await;
        eventually("a record", || self.remembers()).await;
        cast
    }

    /// A program that looks around.
    fn look(&self) -> Telecast {
        self.start(&["devices", "--timeout", "30"])
    }

    /// Looks around until nothing is remembered any more; what is said meanwhile of casts that were cut off.
    async fn forgets(&self) -> Vec<String> {
        let looking = self.look();
        eventually("nothing to remember", || !self.remembers()).await;
        looking.signal(Signal::KILL);
        lines_about(LEFT, &looking.end().await)
    }

    /// Looks around for a moment; what is said of casts that were cut off.
    async fn says_at_once(&self) -> Vec<String> {
        let ended = self.start(&["devices", "--timeout", "1.5"]).end().await;
        ended.succeeded();
        lines_about(LEFT, &ended)
    }
}

fn lines_about(word: &str, ended: &Ended) -> Vec<String> {
    let lines = ended.errors.iter().filter(|line| line.contains(word));
    lines.cloned().collect()
}

async fn kill(cast: Telecast) {
    cast.signal(Signal::KILL);
    cast.end().await;
}

#[tokio::test]
async fn a_killed_cast_is_offered_to_be_ended_and_ended_by_stop() {
    let state = State::new("killed");
    let device = Device::start(Script::default()).await;
    let at = device.address.to_string();
    let cast = state.cast(&device).await;
    let asked = device.count("GET_STATUS");
    assert_eq!(state.says_at_once().await, [""; 0], "it runs");
    assert_eq!(device.count("GET_STATUS"), asked, "nobody else asked");
    kill(cast).await;
    let mut looking = state.look();
    let offer = looking.says(LEFT).await;
    assert!(offer.contains(&format!("telecast stop “{at}”")), "{offer}");
    assert_eq!(device.count("STOP"), 0, "nobody wanted that yet");
    kill(looking).await;

    let other = state.start(&["stop", "Another TV"]).end().await;
    other.failed_with(&["Nothing is being cast"]);
    assert_eq!(device.count("STOP"), 0);
    state.start(&["stop", &at]).end().await.succeeded();
    assert_eq!(device.count("STOP"), 1);
    assert!(!state.remembers());
    let nothing = state.start(&["stop", &at]).end().await;
    nothing.failed_with(&["Nothing is being cast"]);
}

#[tokio::test]
async fn a_device_on_which_a_cast_ended_well_is_left_alone() {
    let state = State::new("ended-well");
    let device = Device::start(Script::default()).await;
    let cast = state.cast(&device).await;
    cast.signal(Signal::INT);
    cast.end().await.succeeded();
    eventually("goodbye", || device.seen().closed_cleanly).await;
    assert!(!state.remembers());
    let before = device.seen().types;
    assert_eq!(state.says_at_once().await, [""; 0]);
    assert_eq!(device.seen().types, before, "it was not even asked");
}

#[tokio::test]
async fn what_ended_by_itself_or_with_its_device_is_not_offered() {
    let state = State::new("ended-by-itself");
    let device = Device::start(Script::default()).await;
    let address = device.address.to_string();
    kill(state.cast(&device).await).await;
    // Nothing casts there any more.
    device.unplug().await;
    assert_eq!(state.forgets().await, [""; 0]);

    let again = Device::start_on(&address, Script::default()).await;
    kill(state.cast(&again).await).await;
    again.unplug().await;
    // Somebody else's, on the same device.
    let script = Script {
        running: Some(("CC1AD845", "Somebody's film")),
        ..Script::default()
    };
    let other = Device::start_on(&address, script).await;
    assert_eq!(state.forgets().await, [""; 0]);
    assert_eq!(other.count("STOP"), 0);
    assert_eq!(other.count("GET_STATUS"), 1, "it was asked once");
}

#[tokio::test]
async fn the_next_cast_to_the_device_stops_what_was_left_by_itself() {
    let state = State::new("cast-again");
    let device = Device::start(Script::default()).await;
    kill(state.cast(&device).await).await;
    let again = state.cast(&device).await;
    eventually("the app anew", || device.count("LAUNCH") == 2).await;
    device.receives_more("pictures", 5).await;
    assert_eq!(device.count("STOP"), 1);
    again.signal(Signal::INT);
    again.end().await.succeeded();
    assert!(!state.remembers());
}
