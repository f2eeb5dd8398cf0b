// SPDX-License-Identifier: GPL-3.0-or-later
//! Asks for real-time priority for a thread of this program: a thread id in, nothing out. Whoever grants it (the portal, or
//! `RealtimeKit` where there is none) decides; without it the cast goes on as before.
//!
//! The kernel watches threads of that priority: one that never sleeps within the granted time (`RLIMIT_RTTIME`, of the
//! whole process) costs it the process. The media thread, for which this is, sleeps after each
//! round of its loops.

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;
use zbus::{Connection, Error};

/// Above the threads of ordinary programs, below those of the sound server (20 with PipeWire's defaults, 88 at most).
const PRIORITY: u32 = 10;

/// The buses answer within milliseconds, unless a service has to be started.
const PATIENCE: Duration = Duration::from_secs(10);

/// The kernel's warning comes after this part of the granted time.
const WARN_AT_PERCENT: u64 = 75;

/// Who may grant it.
#[derive(Debug, Clone, Copy)]
struct Service {
    name: &'static str,
    path: &'static str,
    interface: &'static str,
}

/// Also for programs in a sandbox.
const PORTAL: Service = Service {
    name: "org.freedesktop.portal.Desktop",
    path: "/org/freedesktop/portal/desktop",
    interface: "org.freedesktop.portal.Realtime",
};

const REALTIME_KIT: Service = Service {
    name: "org.freedesktop.RealtimeKit1",
    path: "/org/freedesktop/RealtimeKit1",
    interface: "org.freedesktop.RealtimeKit1",
};

/// Asks for it. Says in the log what came of it.
pub async fn raise(thread: u64) {
    let portal = async { ask(&Connection::session().await?, PORTAL, thread).await };
    let kit = async { ask(&Connection::system().await?, REALTIME_KIT, thread).await };
    let asked = async {
        match portal.await {
            Ok(()) => Ok(()),
            Err(error) => {
                tracing::debug!(%error, "the portal grants no real-time priority");
                kit.await
            }
        }
    };
    match timeout(PATIENCE, asked).await {
        Ok(Ok(())) => {
            tracing::debug!("the media thread has real-time priority");
            heed_warnings().await;
        }
        Ok(Err(error)) => tracing::info!(%error, "the media thread has no real-time priority"),
        Err(_) => tracing::info!("nobody answers about real-time priority"),
    }
}

async fn ask(bus: &Connection, service: Service, thread: u64) -> Result<(), Error> {
    let highest: i32 = property(bus, service, "MaxRealtimePriority").await?;
    let time: i64 = property(bus, service, "RTTimeUSecMax").await?;
    let refused = |error: rustix::io::Errno| Error::InputOutput(std::sync::Arc::new(error.into()));
    // It is granted to bounded processes only.
    let limit = bounded(getrlimit(Resource::Rttime), time.max(0).unsigned_abs());
    setrlimit(Resource::Rttime, limit).map_err(refused)?;
    let priority = u32::try_from(highest).unwrap_or(0).min(PRIORITY);
    let process = u64::from(std::process::id());
    bus.call_method(
        Some(service.name),
        service.path,
        Some(service.interface),
        "MakeThreadRealtimeWithPID",
        &(process, thread, priority),
    )
    .await?;
    Ok(())
}

async fn property<T>(bus: &Connection, service: Service, name: &str) -> Result<T, Error>
where
    T: TryFrom<zbus::zvariant::OwnedValue>,
{
    let reply = bus
        .call_method(
            Some(service.name),
            service.path,
            Some("org.freedesktop.DBus.Properties"),
            "Get",
            &(service.interface, name),
        )
        .await?;
    let value: zbus::zvariant::OwnedValue = reply.body().deserialize()?;
    T::try_from(value).map_err(|_| Error::InvalidReply)
}

/// The limit of the processor time without sleep: `most` microseconds, unless there is a lower one already.
fn bounded(present: Rlimit, most: u64) -> Rlimit {
    let lower = |present: Option<u64>, bound: u64| present.map_or(bound, |it| it.min(bound));
    let maximum = lower(present.maximum, most);
    Rlimit {
        current: Some(lower(present.current, maximum * WARN_AT_PERCENT / 100)),
        maximum: Some(maximum),
    }
}

/// The warning ends a process that does not know it.
async fn heed_warnings() {
    /// `SIGXCPU` of Linux, on all processors but MIPS and SPARC.
    const PROCESSOR_TIME: i32 = 24;
    match signal(SignalKind::from_raw(PROCESSOR_TIME)) {
        Ok(mut warnings) => {
            while warnings.recv().await.is_some() {
                tracing::warn!("a thread with real-time priority does not sleep");
            }
        }
        Err(error) => tracing::warn!(%error, "warnings about processor time end the program"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use zbus::connection::Builder;

    use super::*;

    /// Grants what it is asked for and remembers it.
    #[derive(Default)]
    struct Granting(Arc<Mutex<Vec<(u64, u64, u32)>>>);

    #[expect(clippy::unused_self, reason = "the form that the bus asks for")]
    #[zbus::interface(name = "org.freedesktop.portal.Realtime")]
    impl Granting {
        #[zbus(property, name = "MaxRealtimePriority")]
        fn highest(&self) -> i32 {
            7
        }

        #[zbus(property, name = "RTTimeUSecMax")]
        fn time(&self) -> i64 {
            200_000
        }

        #[zbus(name = "MakeThreadRealtimeWithPID")]
        fn make_thread_realtime(&self, process: u64, thread: u64, priority: u32) {
            self.0.lock().unwrap().push((process, thread, priority));
        }
    }

    #[tokio::test]
    async fn the_thread_is_named_after_the_process_is_bounded() {
        let granting = Granting::default();
        let asked = Arc::clone(&granting.0);
        let (here, there) = tokio::net::UnixStream::pair().unwrap();
        let service = Builder::unix_stream(there)
            .server(zbus::Guid::generate())
            .unwrap()
            .p2p()
            .serve_at(PORTAL.path, granting)
            .unwrap()
            .build();
        let client = Builder::unix_stream(here).p2p().build();
        let (_service, client) = tokio::try_join!(service, client).unwrap();
        ask(&client, PORTAL, 4711).await.unwrap();
        let process = u64::from(std::process::id());
        assert_eq!(*asked.lock().unwrap(), [(process, 4711, 7)]);
        assert!(getrlimit(Resource::Rttime).maximum <= Some(200_000));
        let elsewhere = ask(&client, REALTIME_KIT, 4711).await;
        assert!(elsewhere.is_err(), "nobody is there");
        assert_eq!(asked.lock().unwrap().len(), 1);
    }

    #[test]
    fn the_time_without_sleep_is_bounded_and_never_more_than_before() {
        let limit = |current, maximum| Rlimit { current, maximum };
        for (present, expected) in [
            (limit(None, None), limit(Some(150_000), Some(200_000))),
            (
                limit(Some(100_000), Some(500_000)),
                limit(Some(100_000), Some(200_000)),
            ),
            (
                limit(Some(90_000), Some(100_000)),
                limit(Some(75_000), Some(100_000)),
            ),
        ] {
            assert_eq!(bounded(present, 200_000), expected);
        }
    }
}
