// SPDX-License-Identifier: GPL-3.0-or-later
//! What the desktop itself knows of the program: its notifications in GNOME Shell's list, who keeps the computer awake, and
//! the lock screen.

use std::time::Duration;

use serde_json::Value;

use super::session::Session;

const CALL: Duration = Duration::from_secs(20);

/// The program's notifications, as GNOME Shell has them in its list, where there are some of its own, too.
const OURS: &str = "Main.messageTray.getSources().filter(source => source.title === 'Telecast')
    .flatMap(source => source.notifications)";
/// How one of them is told.
const TOLD: &str = "({title: n.title, body: n.body, urgency: n.urgency, buttons: n.actions.map(action => action.label)})";

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    pub title: String,
    pub body: String,
    pub urgency: Urgency,
    pub buttons: Vec<String>,
}

/// As GNOME Shell's `MessageTray.Urgency`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    Low,
    Normal,
    High,
    Critical,
}

impl Session {
    /// The program's notifications that are shown or listed.
    pub fn notifications(&self) -> Vec<Notification> {
        let listed = self.shell(&["eval", &format!("{OURS}.map(n => {TOLD})")]);
        let listed = listed.as_array().unwrap_or_else(|| panic!("{listed}"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        listed
            .iter()
            .map(|notification| Notification {
                title: text(&notification["title"]),
                body: text(&notification["body"]),
                urgency: match notification["urgency"].as_u64() {
                    Some(0) => Urgency::Low,
                    Some(1) => Urgency::Normal,
                    Some(2) => Urgency::High,
                    _ => Urgency::Critical,
                },
                buttons: notification["buttons"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(text)
                    .collect(),
            })
            .collect()
    }

    /// Presses a button of the only notification; the notification itself when `button` is empty.
    pub fn press_notification(&self, button: &str) {
        let javascript = format!(
            "(() => {{ const all = {OURS};
                if (all.length !== 1) throw new Error(`${{all.length}} notifications`);
                const label = {button:?};
                if (!label) return all[0].activate();
                const action = all[0].actions.find(action => action.label === label);
                if (!action) throw new Error('no such button');
                action.activate(); }})()"
        );
        self.shell(&["eval", &javascript]);
    }

    /// What programs keep from happening, as the session manager knows it: flags (4: suspend, 8: idle) with reasons.
    pub fn inhibitors(&self) -> Vec<(u32, String)> {
        let paths = self.call_manager(
            "/org/gnome/SessionManager",
            "org.gnome.SessionManager.GetInhibitors",
        );
        let paths = paths.split('\'').filter(|part| part.starts_with('/'));
        paths
            .map(|path| {
                let of = |method: &str| {
                    self.call_manager(
                        path,
                        &format!("org.gnome.SessionManager.Inhibitor.{method}"),
                    )
                };
                let (flags, reason) = (of("GetFlags"), of("GetReason"));
                let digits = flags
                    .rsplit(' ')
                    .next()
                    .unwrap()
                    .trim_matches(['(', ')', ',']);
                let reason = reason.trim_matches(['(', ')', ',', '\'']);
                (digits.parse().unwrap(), reason.to_owned())
            })
            .collect()
    }

    fn call_manager(&self, path: &str, method: &str) -> String {
        let call = [
            "call",
            "--session",
            "-d",
            "org.gnome.SessionManager",
            "-o",
            path,
            "-m",
            method,
        ];
        self.run(CALL, "gdbus", &call)
    }

    /// Locks the screen, or unlocks it.
    pub fn lock(&self, locked: bool) {
        let locked = if locked { "true" } else { "false" };
        let call = [
            "call",
            "--session",
            "-d",
            "org.gnome.ScreenSaver",
            "-o",
            "/org/gnome/ScreenSaver",
        ];
        let method = ["-m", "org.gnome.ScreenSaver.SetActive", locked];
        self.run(CALL, "gdbus", &[&call[..], &method].concat());
    }
}
