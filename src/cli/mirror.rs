// SPDX-License-Identifier: GPL-3.0-or-later
//! `telecast mirror`: one cast from the command line, until it ends or is interrupted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::args::{Audio, Bitrate, Codec, MirrorArguments, Profile, Source, Trust};
use super::left_behind;
use super::print;
use super::remote;
use super::signals::Signals;
use super::trust;
use crate::dbus::{Client, Service, Sharing};
use crate::engine::{
    AllLeftBehind, AudioChoice, CastStatus, CodecChoice, DesktopOptions, Device, DeviceKind,
    Engine, EngineOptions, MirrorOptions, MirrorRequest, Reason, SessionHandle, SessionState,
    SessionStats, SourceKind, Unsent, VideoCodec, desktop_of_user,
};
use crate::words;

/// How long a device is looked for by name. Everybody is asked at once, after 1/4, 1 and 3 s; who has not answered by
/// now is not there, and somebody waits.
const LOOK: Duration = Duration::from_secs(5);

/// How long the list of casts may lag behind a session.
const SETTLE: Duration = Duration::from_millis(500);

/// Runs one cast.
pub async fn run(arguments: MirrorArguments) -> anyhow::Result<()> {
    let mut signals =
        Signals::new().map_err(|error| anyhow::anyhow!(words::system_failed(&error)))?;
    if may_be_elsewhere(&arguments)
        && let Some(client) = Client::of_running_engine().await
    {
        return remote::run(client, &arguments, &request(&arguments), &mut signals).await;
    }
    let engine = Arc::new(Engine::start(EngineOptions {
        interface: arguments.interface.clone(),
        trust: trust::options(&arguments)?,
        ..EngineOptions::default()
    }));
    let words = words::for_desktop();
    let desktop = tokio::task::spawn_blocking(|| desktop_of_user(words)).await?;
    engine.set_desktop(DesktopOptions {
        // A terminal has its own.
        shortcuts: None,
        ..desktop
    });
    let service = tokio::spawn(on_the_bus(Arc::clone(&engine)));
    let telling = tokio::spawn(tell_left_behind(engine.left_behind()));
    let found = tokio::select! {
        found = engine.find(&arguments.device, LOOK) => found,
        () = signals.next() => Err(Reason::UserStopped),
    };
    let outcome = match found {
        Ok(device) => {
            let ended = match engine.mirror(&device, request(&arguments)) {
                Ok(session) => follow(&session, &device, &arguments, &mut signals).await,
                Err(reason) => Ok(reason),
            };
            (ended, device.name)
        }
        Err(reason) => (Ok(reason), arguments.device.clone()),
    };
    if !signals.came() {
        outlast(&engine, &mut signals).await;
    }
    if let Ok(service) = service.await {
        drop(service);
    }
    telling.abort();
    engine.shut_down().await;
    let (reason, name) = (outcome.0?, outcome.1);
    let line = words::explain(&reason, &name).line();
    if reason.is_failure() {
        anyhow::bail!(line);
    }
    if !matches!(reason, Reason::DialogCancelled) {
        print::note(&line);
    }
    Ok(())
}

/// Whether the engine that runs in this session may cast instead: its trust is its own, and so is where it looks.
fn may_be_elsewhere(arguments: &MirrorArguments) -> bool {
    arguments.trust == Trust::Ask
        && arguments.trust_root.is_empty()
        && arguments.interface.is_none()
}

/// Lets others see and steer the cast, where there is a session bus and no other engine on it.
async fn on_the_bus(engine: Arc<Engine>) -> Option<Service> {
    let service = Service::start(engine, Sharing::default()).await;
    service
        .inspect_err(|error| tracing::debug!(%error, "not on the session bus"))
        .ok()
}

/// Says which casts were cut off. What is left on the device that is cast to now is stopped without many words.
async fn tell_left_behind(mut all: watch::Receiver<AllLeftBehind>) {
    let mut teller = left_behind::Teller::default();
    loop {
        teller.say(&all.borrow_and_update());
        if all.changed().await.is_err() {
            return;
        }
    }
}

/// Waits for the casts that other programs have begun here.
async fn outlast(engine: &Engine, signals: &mut Signals) {
    let mut casts = engine.sessions();
    let over = |casts: &Arc<[CastStatus]>| casts.iter().all(|cast| cast.state.ended().is_some());
    // The cast that has just ended may be listed for another moment.
    let settled = tokio::time::timeout(SETTLE, casts.wait_for(over))
        .await
        .is_ok();
    if settled {
        return;
    }
    print::note(&words::bus::casts_on());
    let ended = async { casts.wait_for(over).await.is_ok() };
    tokio::select! {
        _ = ended => {}
        () = signals.next() => engine.stop_all().await,
    }
}

/// Shows what the session does until it is over.
async fn follow(
    session: &SessionHandle,
    device: &Device,
    arguments: &MirrorArguments,
    signals: &mut Signals,
) -> anyhow::Result<Reason> {
    let (mut state, mut numbers) = (session.state(), session.stats());
    let mut trust = session.trust();
    let limit = arguments.duration.map(Duration::from_secs_f64);
    // Counts from the first frame: the time in the dialog is the user's own.
    let mut deadline = None;
    let mut printed = SessionStats::default().uptime_s;
    let ended = session.ended();
    tokio::pin!(ended);
    let mut unsent = Unsent::default();
    let mut teller = Teller::default();
    teller.say(&state.borrow_and_update(), device.kind);
    let mut asked = false;
    loop {
        tokio::select! {
            reason = &mut ended => return Ok(reason),
            Ok(()) = state.changed() => {
                let now = state.borrow_and_update().clone();
                teller.say(&now, device.kind);
                if matches!(now, SessionState::Streaming(_)) && deadline.is_none() {
                    deadline = limit.map(|limit| tokio::time::Instant::now() + limit);
                }
            }
            Ok(()) = trust.changed() => {
                let verdict = trust.borrow_and_update().as_ref().map(|proved| proved.verdict);
                teller.say_trust(verdict.and_then(|verdict| words::noteworthy(verdict, &device.name)));
            }
            Ok(()) = numbers.changed() => {
                let latest = numbers.borrow_and_update().clone();
                // A change of state alone has been said already, and there is one object a second.
                if latest.uptime_s <= printed {
                    continue;
                }
                printed = latest.uptime_s;
                say_unsent(unsent, latest.unsent);
                unsent = latest.unsent;
                if let Err(error) = print::numbers(arguments.stats, &latest, || words::sending(&latest)) {
                    session.stop();
                    ended.await;
                    return Err(error.into());
                }
            }
            () = sleep_until(deadline) => {
                deadline = None;
                session.command(crate::engine::Command::Stop(Reason::Finished));
            }
            () = signals.next() => {
                // Asked twice: it is stopping already and the user does not want to wait.
                if std::mem::replace(&mut asked, true) || !session.stop() {
                    return Ok(Reason::UserStopped);
                }
            }
        }
    }
}

async fn sleep_until(deadline: Option<tokio::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// How often it is said that a device is still being sought.
const STILL: Duration = Duration::from_secs(10);

/// Says what the session does, and nothing twice in a row.
#[derive(Debug, Default)]
struct Teller {
    said: String,
    /// When something was said about a device that is sought.
    sought: Option<Instant>,
    /// What was said last of what the device proves. It does so anew on each connection.
    proved: Option<String>,
}

impl Teller {
    fn say_trust(&mut self, line: Option<String>) {
        if let Some(line) = line.filter(|line| self.proved.as_ref() != Some(line)) {
            print::note(&line);
            self.proved = Some(line);
        }
    }

    fn say(&mut self, state: &SessionState, kind: DeviceKind) {
        if matches!(state, SessionState::Ended(_)) {
            return;
        }
        let words = words::describe(state, kind);
        if words != self.said {
            print::note(&words);
            self.said = words;
        }
        let SessionState::Reconnecting(absence) = state else {
            self.sought = None;
            return;
        };
        let now = Instant::now();
        if now.saturating_duration_since(*self.sought.get_or_insert(now)) >= STILL {
            self.sought = Some(now);
            print::note(&words::still_reconnecting(absence, kind, now));
        }
    }
}

/// Says why packets do not leave, once for each reason.
fn say_unsent(before: Unsent, now: Unsent) {
    for (fault, _) in now.iter() {
        if before.of(fault) == 0 {
            print::note(&words::not_sent(fault));
        }
    }
}

fn request(arguments: &MirrorArguments) -> MirrorRequest {
    let defaults = MirrorOptions::default();
    let of_profile = Duration::from_millis(match arguments.profile {
        Profile::Responsive => 100,
        Profile::Balanced => 200,
        Profile::Robust => 400,
    });
    let options = MirrorOptions {
        audio: arguments.audio != Audio::None,
        codec: match arguments.codec {
            Codec::Auto => CodecChoice::Auto,
            Codec::Vp8 => CodecChoice::Only(VideoCodec::Vp8),
            Codec::Vp9 => CodecChoice::Only(VideoCodec::Vp9),
            Codec::H264 => CodecChoice::Only(VideoCodec::H264),
            Codec::Av1 => CodecChoice::Only(VideoCodec::Av1),
        },
        hardware: !arguments.no_hardware,
        pointer: !arguments.no_pointer,
        max_size: arguments.max_size.unwrap_or(defaults.max_size),
        frame_rate: arguments.fps,
        bitrate: match arguments.bitrate {
            Bitrate::Auto => None,
            Bitrate::Limit(bits) => Some(bits),
        },
        target_delay: arguments
            .latency
            .map_or(of_profile, |ms| Duration::from_millis(ms.into())),
        // A value that was named is kept.
        max_target_delay: match arguments.latency {
            Some(_) => Duration::ZERO,
            None => of_profile * 2,
        },
        interface: arguments.interface.clone(),
        ports: arguments.port_range.map(|(first, last)| first..=last),
        overscan_pct: arguments.overscan,
        reconnect: Duration::from_secs_f64(arguments.reconnect),
        ..defaults
    };
    MirrorRequest {
        options,
        source: match arguments.source {
            Source::Screen => SourceKind::Screen,
            Source::Window => SourceKind::Window,
            Source::Virtual => SourceKind::Virtual,
            Source::TestCard => SourceKind::TestCard,
        },
        audio: match &arguments.audio {
            Audio::Tv => AudioChoice::Tv,
            Audio::Both => AudioChoice::Both,
            Audio::App(name) => AudioChoice::App(name.clone()),
            Audio::None => AudioChoice::None,
            Audio::Tone => AudioChoice::Tone,
        },
        restore: !arguments.no_restore,
        parent_window: None,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::args::{Arguments, Command};
    use super::*;

    fn parsed(line: &str) -> MirrorRequest {
        match Arguments::try_parse_from(line.split(' '))
            .expect("valid")
            .command
        {
            Some(Command::Mirror(arguments)) => request(&arguments),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn options_reach_the_request() {
        let request = parsed(
            "telecast mirror TV --source window --audio app=mpv --codec h264 --max-size 640x360 --bitrate 2000000 \
             --latency 150 --no-restore --port-range 5000-5010 --overscan 5 --no-hardware --no-pointer",
        );
        assert_eq!(request.source, SourceKind::Window);
        assert_eq!(request.audio, AudioChoice::App("mpv".into()));
        assert_eq!(request.options.codec, CodecChoice::Only(VideoCodec::H264));
        assert_eq!(request.options.max_size, (640, 360));
        assert_eq!(request.options.bitrate, Some(2_000_000));
        assert_eq!(request.options.target_delay, Duration::from_millis(150));
        assert_eq!(request.options.max_target_delay, Duration::ZERO);
        assert_eq!(request.options.ports, Some(5000..=5010));
        assert_eq!(request.options.overscan_pct, 5);
        assert!(!request.options.hardware && !request.options.pointer);
        assert!(!request.restore);
    }

    #[test]
    fn the_default_is_the_balanced_profile() {
        let balanced = MirrorOptions {
            max_target_delay: Duration::from_millis(400),
            ..MirrorOptions::default()
        };
        assert_eq!(parsed("telecast mirror TV").options, balanced);
        assert!(!parsed("telecast mirror TV --audio none").options.audio);
    }
}
