// SPDX-License-Identifier: GPL-3.0-or-later
//! Keys that stop and pause casts in every program. Input: the wish for them and the keys that are pressed; output: commands
//! to all casts.

use std::sync::Weak;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::{DesktopOptions, is_on};
use crate::engine::{CastStatus, CommandError, Engine};
use crate::portal::PortalError;
use crate::portal::shortcuts::{Shortcuts, Wish};

const STOP: &str = "stop-casting";
const PAUSE: &str = "pause-picture";

/// How long a person may take to choose keys.
const CHOICE: Duration = Duration::from_mins(5);

/// What the keys do, in words for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShortcutWords {
    /// Ends all casts.
    pub stop: String,
    /// Freezes all pictures, or lets them move again.
    pub pause: String,
}

/// How the wish for keys stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ShortcutState {
    /// There is none.
    #[default]
    Off,
    /// The desktop is being asked.
    Asking,
    /// They work.
    On,
    /// The person, or the desktop, has refused.
    Refused,
}

/// What a key does to one cast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Stop,
    Pause(bool),
}

/// What this key does to these casts, by device.
fn effects(key: &str, casts: &[CastStatus]) -> Vec<(String, Effect)> {
    let of = |effect: Effect, concerned: &dyn Fn(&CastStatus) -> bool| {
        let casts = casts.iter().filter(|cast| concerned(cast));
        casts.map(|cast| (cast.device.clone(), effect)).collect()
    };
    match key {
        // Also what has only begun.
        STOP => of(Effect::Stop, &|cast| cast.state.ended().is_none()),
        PAUSE => {
            let shows = |cast: &CastStatus| is_on(&cast.state) && cast.has_picture;
            let pause = casts.iter().any(|cast| shows(cast) && !cast.paused);
            of(Effect::Pause(pause), &|cast| {
                shows(cast) && cast.paused != pause
            })
        }
        _ => Vec::new(),
    }
}

/// Follows the wish until the engine ends.
pub(super) async fn follow(
    engine: Weak<Engine>,
    mut options: watch::Receiver<DesktopOptions>,
    state: watch::Sender<ShortcutState>,
) {
    loop {
        let wanted = options.borrow_and_update().shortcuts.clone();
        let Some(words) = wanted else {
            state.send_replace(ShortcutState::Off);
            if options.changed().await.is_err() {
                return;
            }
            continue;
        };
        state.send_replace(ShortcutState::Asking);
        let other = async {
            options
                .wait_for(|options| options.shortcuts.as_ref() != Some(&words))
                .await
                .is_ok()
        };
        let going_on = tokio::select! {
            () = serve(&engine, &words, &state) => {
                let other = options.wait_for(|options| options.shortcuts.as_ref() != Some(&words));
                other.await.is_ok()
            }
            going_on = other => going_on,
        };
        if !going_on {
            return;
        }
    }
}

/// Has the keys until the portal is gone.
async fn serve(engine: &Weak<Engine>, words: &ShortcutWords, state: &watch::Sender<ShortcutState>) {
    let wishes = [
        Wish {
            id: STOP,
            description: words.stop.clone(),
            keys: "CTRL+ALT+LOGO+x",
        },
        Wish {
            id: PAUSE,
            description: words.pause.clone(),
            keys: "CTRL+ALT+LOGO+p",
        },
    ];
    let asked = timeout(CHOICE, Shortcuts::start(&wishes)).await;
    let mut shortcuts = match asked.unwrap_or(Err(PortalError::Refused)) {
        Ok(shortcuts) => shortcuts,
        Err(error) => {
            tracing::info!(%error, "no keys that work everywhere");
            state.send_replace(ShortcutState::Refused);
            return;
        }
    };
    state.send_replace(ShortcutState::On);
    while let Some(key) = shortcuts.next().await {
        let Some(engine) = engine.upgrade() else {
            return;
        };
        let casts = engine.sessions().borrow().clone();
        for (device, effect) in effects(&key, &casts) {
            if let Err(error) = give(&engine, &device, effect) {
                tracing::debug!(%error, "a key without effect");
            }
        }
    }
    state.send_replace(ShortcutState::Refused);
}

fn give(engine: &Engine, device: &str, effect: Effect) -> Result<(), CommandError> {
    match effect {
        Effect::Stop => engine.stop(device),
        Effect::Pause(paused) => engine.pause(device, paused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Reason, SessionState, Streams};

    fn cast(device: &str, paused: bool) -> CastStatus {
        CastStatus {
            paused,
            ..CastStatus::in_state(device, SessionState::Streaming(Streams::default()))
        }
    }

    fn of(effects: Vec<(String, Effect)>) -> Vec<(char, Effect)> {
        let first = |device: String| device.chars().next().expect("a name");
        effects
            .into_iter()
            .map(|(device, effect)| (first(device), effect))
            .collect()
    }

    #[test]
    fn one_key_stops_all_that_runs_or_begins() {
        let begins = CastStatus::in_state("b", SessionState::Connecting);
        let over = CastStatus::in_state("c", SessionState::Ended(Reason::DeviceClosed));
        let casts = [cast("a", false), begins, over];
        let stopped = of(effects(STOP, &casts));
        assert_eq!(stopped, [('a', Effect::Stop), ('b', Effect::Stop)]);
        assert_eq!(effects("something", &casts), []);
    }

    #[test]
    fn the_other_pauses_all_pictures_and_then_moves_them_all() {
        let sound = CastStatus {
            has_picture: false,
            ..cast("c", false)
        };
        let casts = [cast("a", false), cast("b", true), sound.clone()];
        let paused = of(effects(PAUSE, &casts));
        assert_eq!(paused, [('a', Effect::Pause(true))]);
        let casts = [cast("a", true), cast("b", true), sound];
        let moved = of(effects(PAUSE, &casts));
        assert_eq!(
            moved,
            [('a', Effect::Pause(false)), ('b', Effect::Pause(false))]
        );
    }
}
