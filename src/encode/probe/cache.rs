// SPDX-License-Identifier: GPL-3.0-or-later
//! The file that remembers which encoders work: `telecast/encoders.json` in the user's cache.
//!
//! ```json
//! {"version": 1, "encoders": {"h264/x264enc": {"identity": "1.26.2 0f…", "works": true, "unfinished": 0}}}
//! ```
//! Losing it costs a second at the next start; so a file that cannot be read or written is no error.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::files;

const VERSION: u32 = 1;

/// Attempts that never came back after which an encoder counts as failing: one may have been stopped by the user.
const CRASHES: u32 = 2;

/// What is known of an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Works,
    Fails,
    Unknown,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    identity: String,
    works: Option<bool>,
    unfinished: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct Content {
    version: u32,
    encoders: BTreeMap<String, Entry>,
}

impl Default for Content {
    fn default() -> Content {
        Content {
            version: VERSION,
            encoders: BTreeMap::new(),
        }
    }
}

/// The file's content, written back with every change.
#[derive(Debug)]
pub(super) struct Cache {
    path: Option<PathBuf>,
    content: Content,
}

/// Where the file of this user is; `None` without a home.
pub(super) fn path_of_user() -> Option<PathBuf> {
    files::in_cache_folder("encoders.json")
}

impl Cache {
    /// Reads the file; without one, or with one of another version, nothing is known.
    pub(super) fn load(path: Option<&Path>) -> Cache {
        let content = path
            .and_then(|path| files::read(path).ok())
            .and_then(|bytes| serde_json::from_slice::<Content>(&bytes).ok())
            .filter(|content| content.version == VERSION)
            .unwrap_or_default();
        Cache {
            path: path.map(Path::to_owned),
            content,
        }
    }

    /// What is known of an encoder in exactly this environment.
    pub(super) fn verdict(&self, name: &str, identity: &str) -> Verdict {
        match self.content.encoders.get(name) {
            Some(entry) if entry.identity == identity => match entry.works {
                Some(true) => Verdict::Works,
                Some(false) => Verdict::Fails,
                None if entry.unfinished >= CRASHES => Verdict::Fails,
                None => Verdict::Unknown,
            },
            _ => Verdict::Unknown,
        }
    }

    /// Notes that an attempt begins.
    pub(super) fn begin(&mut self, name: &str, identity: &str) {
        let before = self.content.encoders.get(name);
        let unfinished = before
            .filter(|entry| entry.identity == identity)
            .map_or(0, |entry| entry.unfinished);
        self.note(name, identity, None, unfinished.saturating_add(1));
    }

    /// Notes how it ended.
    pub(super) fn finish(&mut self, name: &str, identity: &str, works: bool) {
        self.note(name, identity, Some(works), 0);
    }

    fn note(&mut self, name: &str, identity: &str, works: Option<bool>, unfinished: u32) {
        let entry = Entry {
            identity: identity.to_owned(),
            works,
            unfinished,
        };
        self.content.encoders.insert(name.to_owned(), entry);
        if let Err(error) = self.save() {
            tracing::debug!(%error, "which encoders work cannot be remembered");
        }
    }

    fn save(&self) -> io::Result<()> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        files::replace(path, &serde_json::to_vec_pretty(&self.content)?)
    }
}

#[cfg(test)]
mod tests {
    use std::{env, fs};

    use super::*;

    fn path(name: &str) -> PathBuf {
        env::temp_dir().join(format!("telecast-{name}-{}.json", std::process::id()))
    }

    #[test]
    fn a_verdict_holds_until_driver_or_version_change() {
        let path = path("verdict");
        let mut cache = Cache::load(Some(&path));
        cache.begin("vp8/a", "1");
        cache.finish("vp8/a", "1", true);
        cache.begin("vp8/b", "1");
        cache.finish("vp8/b", "1", false);
        let read = Cache::load(Some(&path));
        fs::remove_file(&path).unwrap();
        assert_eq!(read.verdict("vp8/a", "1"), Verdict::Works);
        assert_eq!(read.verdict("vp8/b", "1"), Verdict::Fails);
        assert_eq!(read.verdict("vp8/a", "2"), Verdict::Unknown);
        assert_eq!(read.verdict("vp8/c", "1"), Verdict::Unknown);
    }

    #[test]
    fn an_encoder_that_took_the_process_down_twice_is_not_tried_again() {
        let path = path("crash");
        Cache::load(Some(&path)).begin("h264/bad", "1");
        assert_eq!(
            Cache::load(Some(&path)).verdict("h264/bad", "1"),
            Verdict::Unknown
        );
        Cache::load(Some(&path)).begin("h264/bad", "1");
        let read = Cache::load(Some(&path));
        fs::remove_file(&path).unwrap();
        assert_eq!(read.verdict("h264/bad", "1"), Verdict::Fails);
        assert_eq!(read.verdict("h264/bad", "2"), Verdict::Unknown);
    }

    #[test]
    fn a_broken_file_is_like_none() {
        let path = path("broken");
        fs::write(&path, "{\"version\": 1, \"encoders\": 7}").unwrap();
        let read = Cache::load(Some(&path));
        fs::remove_file(&path).unwrap();
        assert_eq!(read.verdict("vp8/a", "1"), Verdict::Unknown);
    }
}
