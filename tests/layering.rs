// SPDX-License-Identifier: GPL-3.0-or-later
//! The layering rules of `src/lib.rs`, read from the `use` lines and paths of every file: which room may know which
//! other room, and which outside crates.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

/// A room, the rooms that it may name, and the outside crates that it must not name.
struct Rule {
    room: &'static str,
    may_use: &'static [&'static str],
    never: &'static [&'static str],
}

const SHELL_OF_CAST: &[&str] = &[
    "tokio",
    "gstreamer",
    "gstreamer_app",
    "gstreamer_video",
    "gtk4",
    "pipewire",
    "ashpd",
    "zbus",
    "clap",
    "anyhow",
    "rand",
    "socket2",
    "rustix",
    "rustls",
    "mdns_sd",
    "tracing",
    "async_channel",
];
const PROJECTION: &[&str] = &[
    "gstreamer",
    "gstreamer_app",
    "gstreamer_video",
    "gstreamer_audio",
    "pipewire",
    "ashpd",
    "rustls",
    "mdns_sd",
    "socket2",
];

/// The bottom line of every room: what knows nothing of the others.
const GROUND: &[&str] = &["clock", "config", "files", "priority", "testcard"];

const RULES: &[Rule] = &[
    Rule {
        room: "cast",
        may_use: &[],
        never: SHELL_OF_CAST,
    },
    Rule {
        room: "clock",
        may_use: &[],
        never: &["tokio", "gtk4"],
    },
    Rule {
        room: "config",
        may_use: &[],
        never: SHELL_OF_CAST,
    },
    Rule {
        room: "files",
        may_use: &[],
        never: SHELL_OF_CAST,
    },
    Rule {
        room: "portal",
        may_use: &[],
        never: &["gtk4", "gstreamer", "pipewire", "clap", "anyhow"],
    },
    // the bus is all that it is about
    Rule {
        room: "priority",
        may_use: &[],
        never: &["gtk4", "gstreamer", "clap", "anyhow", "ashpd"],
    },
    Rule {
        room: "testcard",
        may_use: &[],
        never: SHELL_OF_CAST,
    },
    // what encode and decode share of GStreamer
    Rule {
        room: "chain",
        may_use: &[],
        never: &["gtk4", "clap", "anyhow", "tokio"],
    },
    Rule {
        room: "discovery",
        may_use: &["cast"],
        never: &["gtk4", "gstreamer", "clap", "anyhow"],
    },
    Rule {
        room: "capture",
        may_use: &["portal"],
        never: &["gtk4", "gstreamer", "clap", "anyhow"],
    },
    // the one arrow between neighbours: capture hands its RawFrames to encode
    Rule {
        room: "encode",
        may_use: &["cast", "capture::frame", "chain"],
        never: &["gtk4", "clap", "anyhow", "ashpd", "pipewire", "socket2"],
    },
    Rule {
        room: "decode",
        may_use: &["cast", "chain"],
        never: &["gtk4", "clap", "anyhow", "ashpd", "socket2"],
    },
    Rule {
        room: "session",
        may_use: &["cast", "capture", "encode"],
        never: &[
            "gtk4",
            "clap",
            "anyhow",
            "gstreamer",
            "pipewire",
            "ashpd",
            "zbus",
        ],
    },
    // the other arrow between neighbours: a receiver announces itself
    Rule {
        room: "receiver",
        may_use: &["cast", "decode", "discovery::advertise"],
        never: &["gtk4", "clap", "anyhow", "gstreamer"],
    },
    Rule {
        room: "engine",
        may_use: &[
            "cast",
            "discovery",
            "session",
            "capture",
            "encode",
            "decode",
            "receiver",
            "portal",
        ],
        never: &["gtk4", "clap", "anyhow", "gstreamer"],
    },
    Rule {
        room: "words",
        may_use: &["engine"],
        never: PROJECTION,
    },
    Rule {
        room: "ui",
        may_use: &["engine", "words"],
        never: PROJECTION,
    },
    // the command line opens the windows that its commands stand for, and talks to the engine that runs elsewhere
    Rule {
        room: "cli",
        may_use: &["engine", "words", "ui", "dbus"],
        never: PROJECTION,
    },
    Rule {
        room: "dbus",
        may_use: &["engine", "words"],
        never: PROJECTION,
    },
];

/// All that `cast` may name, and all that there is with `--cfg cast_alone`.
const CRATES_OF_CAST: &[&str] = &[
    "aes",
    "aws_lc_rs",
    "bytes",
    "ctr",
    "prost",
    "serde",
    "serde_json",
    "thiserror",
    "x509_parser",
];

/// What `cast` must not do, whatever it names: read a clock, draw randomness, open a socket, start a thread.
const NOT_SANS_IO: &[&str] = &[
    "Instant::now",
    "SystemTime",
    "std::thread",
    "UdpSocket",
    "TcpStream",
    "TcpListener",
    "std::env",
    "std::fs",
];

#[test]
fn every_room_names_only_the_rooms_below_it() {
    let mut broken = Vec::new();
    for (file, room) in sources() {
        let Some(rule) = RULES.iter().find(|rule| rule.room == room) else {
            broken.push(format!("{}: no rule for the room `{room}`", file.display()));
            continue;
        };
        for path in crate_paths(&code_of(&file)) {
            let target = path.split("::").next().unwrap_or_default();
            let allowed = target == room
                || GROUND.contains(&target) && room != "cast"
                || rule
                    .may_use
                    .iter()
                    .any(|may| path == *may || path.starts_with(&format!("{may}::")));
            if !allowed {
                broken.push(format!(
                    "{}: `{room}` names `crate::{path}`",
                    file.display()
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_room_keeps_away_from_the_crates_that_are_not_its_business() {
    let mut broken = Vec::new();
    for (file, room) in sources() {
        let Some(rule) = RULES.iter().find(|rule| rule.room == room) else {
            continue;
        };
        let code = code_of(&file);
        for name in rule.never {
            if names_crate(&code, name) {
                broken.push(format!(
                    "{}: `{room}` names the crate `{name}`",
                    file.display()
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_protocol_core_names_its_few_crates_and_no_other() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let manifest = fs::read_to_string(manifest).expect("readable manifest");
    let manifest: toml::Table = manifest.parse().expect("TOML");
    let names = |table: &toml::Value| -> Vec<String> {
        let table = table["dependencies"].as_table().expect("a table");
        table.keys().map(|name| name.replace('-', "_")).collect()
    };
    let always = names(&toml::Value::Table(manifest.clone()));
    assert_eq!(always, CRATES_OF_CAST, "what is there with `cast_alone`");
    let others: Vec<String> = manifest["target"]
        .as_table()
        .expect("targets")
        .values()
        .flat_map(names)
        .collect();
    assert!(others.len() > 10, "the other crates are there: {others:?}");
    let mut broken = Vec::new();
    for (file, _) in sources().into_iter().filter(|(_, room)| room == "cast") {
        let code = code_of(&file);
        for name in others.iter().filter(|name| names_crate(&code, name)) {
            broken.push(format!("{}: `cast` names `{name}`", file.display()));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_protocol_core_takes_time_and_randomness_as_arguments() {
    let mut broken = Vec::new();
    for (file, _) in sources().into_iter().filter(|(_, room)| room == "cast") {
        let code = code_of(&file);
        for word in NOT_SANS_IO.iter().filter(|word| code.contains(**word)) {
            broken.push(format!("{}: `cast` uses `{word}`", file.display()));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn only_words_and_front_ends_translate() {
    let mut broken = Vec::new();
    for (file, room) in sources() {
        if !["words", "ui", "cli"].contains(&room.as_str()) && code_of(&file).contains("gettext") {
            broken.push(format!("{}: `{room}` translates", file.display()));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_reader_of_use_lines_sees_nested_lists_and_ignores_comments() {
    let code = "use crate::{cast::rtp, session::{self, media}};\n// crate::ui::x\nlet x = crate::engine::y();\n";
    let code = strip_comments(code);
    let paths = crate_paths(&code);
    assert_eq!(
        paths,
        ["cast::rtp", "session", "session::media", "engine::y"]
    );
}

/// Every source file below `src` with the name of its room; `main.rs` and `lib.rs` only start and list.
fn sources() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&folder, &mut files);
    assert!(files.len() > 10, "the sources are there");
    files
        .into_iter()
        .filter_map(|file| {
            let first = file
                .strip_prefix(&folder)
                .ok()?
                .components()
                .next()?
                .as_os_str()
                .to_str()?
                .to_owned();
            let room = first.trim_end_matches(".rs").to_owned();
            (room != "lib" && room != "main").then_some((file, room))
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("readable folder") {
        let path = entry.expect("readable entry").path();
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// A file without comments and without its unit tests, which stand last.
fn code_of(file: &Path) -> String {
    let text = fs::read_to_string(file).expect("readable source");
    let code = strip_comments(&text);
    match code.find("#[cfg(test)]\nmod ") {
        Some(end) => code[..end].to_owned(),
        None => code,
    }
}

fn strip_comments(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    lines.join("\n")
}

/// The paths that follow `crate::`, with nested lists spelled out.
fn crate_paths(code: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find("crate::") {
        let follows_word =
            rest[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
        rest = &rest[at + "crate::".len()..];
        if !follows_word {
            expand(rest, "", &mut paths);
        }
    }
    paths
}

/// Reads one use tree at the start of `text` into `paths`; returns how far it reached.
fn expand(text: &str, prefix: &str, paths: &mut Vec<String>) -> usize {
    if text.starts_with('{') {
        let mut at = 1;
        loop {
            at += text[at..].len() - text[at..].trim_start().len();
            match text[at..].chars().next() {
                None => return at,
                Some('}') => return at + 1,
                Some(',') => at += 1,
                Some(_) => at += expand(&text[at..], prefix, paths).max(1),
            }
        }
    }
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let path = match (prefix, name) {
        (prefix, "self" | "") => prefix.to_owned(),
        ("", name) => name.to_owned(),
        (prefix, name) => format!("{prefix}::{name}"),
    };
    if let Some(tail) = rest.strip_prefix("::") {
        let is_path = tail.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '{');
        if is_path && path.matches("::").count() < 3 {
            return end + 2 + expand(tail, &path, paths);
        }
    }
    if let Some(alias) = rest.strip_prefix(" as ") {
        paths.push(path);
        return end
            + 4
            + alias
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(alias.len());
    }
    paths.push(path);
    end
}

fn names_crate(code: &str, name: &str) -> bool {
    let name_path = format!("{name}::");
    code.match_indices(&name_path)
        .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
        || code.contains(&format!("use {name};"))
}
