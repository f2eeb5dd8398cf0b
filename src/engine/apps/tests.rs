// SPDX-License-Identifier: GPL-3.0-or-later

use std::time::{Duration, Instant};

use super::*;

fn device(port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], port))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
}

/// A folder that is removed again.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        Folder(std::env::temp_dir().join(format!("telecast-apps-{name}-{}", std::process::id())))
    }

    fn store(&self, runtime: &tokio::runtime::Runtime) -> Arc<Apps> {
        let file = self.0.join("apps.json");
        Arc::new(Apps::in_file(Some(file), runtime.handle().clone()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn cast(apps: &Arc<Apps>) -> OfCast {
    OfCast::new(Arc::clone(apps), "id".to_owned(), "Test TV".to_owned())
}

/// Waits until what was begun has been written.
fn until(what: &str, so: impl Fn() -> bool) {
    let waiting = Instant::now();
    while !so() {
        assert!(waiting.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn another_process_knows_what_was_left() {
    let (folder, runtime) = (Folder::new("other"), runtime());
    let first = folder.store(&runtime);
    let killed = cast(&first);
    killed.remember(device(1), "a");
    killed.remember(device(1), &"x".repeat(MAX_ID + 1));
    assert_eq!(killed.on(device(1)).as_deref(), Some("a"));
    let other = || folder.store(&runtime);
    until("written", || cast(&other()).on(device(1)).is_some());
    assert_eq!(cast(&other()).on(device(1)).as_deref(), Some("a"));
    assert_eq!(cast(&other()).on(device(2)), None);
    assert_eq!(other().devices(), [device(1).ip()]);
}

#[test]
fn what_a_running_cast_shows_has_not_been_left_behind() {
    let (folder, runtime) = (Folder::new("left"), runtime());
    let left = || folder.store(&runtime).left();
    let first = folder.store(&runtime);
    let running = cast(&first);
    running.remember(device(1), "a");
    running.remember(device(2), "b");
    running.remember(device(3), "b");
    until("written", || {
        cast(&folder.store(&runtime)).on(device(3)).is_some()
    });
    assert_eq!((left(), first.left()), (Vec::new(), Vec::new()));
    // It has moved, and ended.
    running.forget("b");
    drop(running);
    let expected = vec![Left {
        address: device(1),
        session: "a".to_owned(),
        device: "id".to_owned(),
        name: "Test TV".to_owned(),
    }];
    assert_eq!(first.left(), expected, "also before it is written");
    until("written", || left() == expected);
    assert_eq!(cast(&first).on(device(2)), None);
    first.forget("a");
    assert_eq!(first.left(), []);
    until("forgotten", || left().is_empty());
    assert_eq!(first.devices(), [device(1).ip()], "it is a device still");
}

#[test]
fn what_a_killed_process_showed_has_been_left_behind() {
    let (folder, runtime) = (Folder::new("killed"), runtime());
    let first = folder.store(&runtime);
    let running = cast(&first);
    running.remember(device(1), "a");
    let left = || folder.store(&runtime).left();
    until("written", || {
        cast(&folder.store(&runtime)).on(device(1)).is_some()
    });
    assert_eq!(left(), []);
    // The kernel does this to a process that is killed; it says nothing to anybody.
    let mark = folder.0.join("running").join(first.run());
    std::fs::remove_file(&mark).unwrap();
    File::create(&mark).unwrap();
    let sessions: Vec<String> = left().into_iter().map(|left| left.session).collect();
    assert_eq!(sessions, ["a"]);
    assert_eq!(first.left(), [], "its own casts go on");
}

#[test]
fn the_file_does_not_grow_without_bound_and_keeps_the_newest() {
    let mut all = All::new();
    for port in 0..100 {
        let device = device(port).to_string();
        let app = App {
            session: Some(port.to_string()),
            device: String::new(),
            name: String::new(),
            run: None,
        };
        Change::Keep(device.clone(), app).apply(&mut all);
        assert!(all.len() <= MAX_DEVICES && all.contains_key(&device));
    }
    // Where nothing runs any more goes first.
    let ended = all.values().nth(3).unwrap().session.clone().unwrap();
    Change::Forget(ended.clone()).apply(&mut all);
    let app = all.values().next().unwrap().clone();
    Change::Keep("192.0.2.9:1".to_owned(), app).apply(&mut all);
    assert!(all.values().all(|app| app.session.is_some()));
    assert_eq!(all.len(), MAX_DEVICES);
}

#[test]
fn without_a_file_it_remembers_for_itself() {
    let runtime = runtime();
    let apps = Arc::new(Apps::in_file(None, runtime.handle().clone()));
    let cast = cast(&apps);
    cast.remember(device(1), "a");
    assert_eq!(cast.on(device(1)).as_deref(), Some("a"));
    cast.forget("a");
    assert_eq!(cast.on(device(1)), None);
    assert_eq!(apps.left(), []);
}
