// SPDX-License-Identifier: GPL-3.0-or-later
//! What the report says of the computer: read from the system, the portals, the encoders' proofs and the interfaces.
//! Output: [`Facts`]. What cannot be read is left out.

use std::collections::BTreeMap;
use std::env;
use std::time::Duration;

use crate::encode::probe;

/// How long a portal may take to answer.
const PORTAL_LIMIT: Duration = Duration::from_secs(3);

/// The portals that Telecast uses or that decide how it behaves.
const PORTALS: [&str; 6] = [
    "ScreenCast",
    "Inhibit",
    "Background",
    "GlobalShortcuts",
    "Notification",
    "Settings",
];

/// Names with values, by section.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The system and the session.
    pub system: Vec<(String, String)>,
    /// The desktop's portals.
    pub portals: Vec<(String, String)>,
    /// What works here, by codec.
    pub encoders: Vec<(String, String)>,
    /// The network interfaces, without addresses.
    pub interfaces: Vec<(String, String)>,
}

/// Reads all of it.
pub async fn gather() -> Facts {
    let here = tokio::task::spawn_blocking(|| Facts {
        system: system(),
        portals: Vec::new(),
        encoders: encoders(),
        interfaces: interfaces(),
    });
    let portals = tokio::time::timeout(PORTAL_LIMIT, portals()).await;
    Facts {
        portals: portals.unwrap_or_default(),
        ..here.await.unwrap_or_default()
    }
}

fn system() -> Vec<(String, String)> {
    let mut lines = Vec::new();
    let mut add = |name: &str, value: String| lines.push((name.to_owned(), value));
    if let Some(name) = os_name() {
        add("Operating system", name);
    }
    let kernel = rustix::system::uname();
    add("Kernel", kernel.release().to_string_lossy().into_owned());
    add("Processor", kernel.machine().to_string_lossy().into_owned());
    for (name, variable) in [
        ("Desktop", "XDG_CURRENT_DESKTOP"),
        ("Session", "XDG_SESSION_TYPE"),
    ] {
        if let Ok(value) = env::var(variable) {
            add(name, value);
        }
    }
    // As gettext chooses it: several variables count.
    if let Some(language) = gio::glib::language_names().first() {
        add("Language", language.to_string());
    }
    let flatpak = env::var_os("FLATPAK_ID").is_some();
    add(
        "Sandbox",
        if flatpak { "Flatpak" } else { "none" }.to_owned(),
    );
    add("GStreamer", probe::version());
    lines
}

fn os_name() -> Option<String> {
    let text = ["/etc/os-release", "/usr/lib/os-release"]
        .iter()
        .find_map(|file| std::fs::read_to_string(file).ok())?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(line.trim_matches(['"', '\'']).to_owned())
}

fn encoders() -> Vec<(String, String)> {
    let mut lines: Vec<(String, String)> = probe::available()
        .into_iter()
        .map(|proven| {
            let place = if proven.hardware {
                "hardware"
            } else {
                "processor"
            };
            (
                proven.codec.name().to_owned(),
                format!("{} ({place})", proven.element),
            )
        })
        .collect();
    if probe::audio_works() {
        lines.push(("opus".to_owned(), "works".to_owned()));
    }
    lines
}

fn interfaces() -> Vec<(String, String)> {
    let mut by_name: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for interface in if_addrs::get_if_addrs().unwrap_or_default() {
        if interface.is_loopback() {
            continue;
        }
        let family = if interface.ip().is_ipv4() {
            "IPv4"
        } else {
            "IPv6"
        };
        let families = by_name.entry(interface.name).or_default();
        if !families.contains(&family) {
            families.push(family);
        }
    }
    by_name
        .into_iter()
        .map(|(name, families)| (name, families.join(", ")))
        .collect()
}

async fn portals() -> Vec<(String, String)> {
    let mut lines = Vec::new();
    let Ok(bus) = zbus::Connection::session().await else {
        return lines;
    };
    for name in PORTALS {
        let portal = zbus::Proxy::new(
            &bus,
            "org.freedesktop.portal.Desktop",
            "/org/freedesktop/portal/desktop",
            format!("org.freedesktop.portal.{name}"),
        );
        let Ok(portal) = portal.await else { continue };
        let Ok(version) = portal.get_property::<u32>("version").await else {
            continue;
        };
        let mut line = format!("version {version}");
        for (property, what) in [
            ("AvailableSourceTypes", "sources"),
            ("AvailableCursorModes", "pointers"),
        ] {
            if name == "ScreenCast"
                && let Ok(bits) = portal.get_property::<u32>(property).await
            {
                line = format!("{line}, {what} {bits:#x}");
            }
        }
        lines.push((name.to_owned(), line));
    }
    lines
}
