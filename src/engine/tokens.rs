// SPDX-License-Identifier: GPL-3.0-or-later
//! The portal's restore tokens, kept per kind of source, so that the second cast of the same screen needs no dialog.
//!
//! They stand for a permission, so only the user can read the file. One that cannot be written costs the user a dialog
//! and nothing more.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::store;
use crate::capture::source::SourceKind;
use crate::files;

/// A token is a UUID in practice; what is much longer is not one.
const MAX_TOKEN: usize = 512;

/// The store of restore tokens.
#[derive(Debug, Clone)]
pub struct Tokens {
    file: Option<PathBuf>,
}

impl Tokens {
    /// The store in the user's state folder.
    pub fn of_user() -> Tokens {
        Tokens {
            file: files::in_state_folder("restore-tokens.json"),
        }
    }

    /// The store in this file.
    #[cfg(test)]
    pub(super) fn in_file(file: PathBuf) -> Tokens {
        Tokens { file: Some(file) }
    }

    /// The token for `kind`. It stays until [`Tokens::keep`] says what has become of it: a portal that cannot be reached
    /// has not used it up.
    pub fn get(&self, kind: SourceKind) -> Option<String> {
        self.read().remove(key(kind)?)
    }

    /// The portal has answered: this is the token for the next start of `kind`, or there is none. The one before has
    /// been used up.
    pub fn keep(&self, kind: SourceKind, token: Option<&str>) {
        let Some(key) = key(kind) else { return };
        let mut all = self.read();
        let before = all.remove(key);
        let token = token.filter(|token| !token.is_empty() && token.len() <= MAX_TOKEN);
        if let Some(token) = token {
            all.insert(key.to_owned(), token.to_owned());
        }
        if before.as_deref() != token {
            self.write(&all);
        }
    }

    /// The kinds that have a token.
    pub fn kinds(&self) -> Vec<SourceKind> {
        let all = self.read();
        let known = [SourceKind::Screen, SourceKind::Window, SourceKind::Virtual];
        known
            .into_iter()
            .filter(|kind| key(*kind).is_some_and(|key| all.contains_key(key)))
            .collect()
    }

    fn read(&self) -> BTreeMap<String, String> {
        self.file.as_deref().map(store::read).unwrap_or_default()
    }

    fn write(&self, all: &BTreeMap<String, String>) {
        if let Some(file) = &self.file
            && let Err(error) = store::replace(file, all)
        {
            tracing::warn!(%error, file = %file.display(), "the portal's permission cannot be remembered");
        }
    }
}

fn key(kind: SourceKind) -> Option<&'static str> {
    match kind {
        SourceKind::Screen => Some("screen"),
        SourceKind::Window => Some("window"),
        SourceKind::Virtual => Some("virtual"),
        SourceKind::TestCard => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn store(name: &str) -> (Tokens, PathBuf) {
        let folder =
            std::env::temp_dir().join(format!("telecast-tokens-{}-{name}", std::process::id()));
        let file = folder.join("deep/tokens.json");
        (Tokens::in_file(file.clone()), file)
    }

    #[test]
    fn a_token_stays_until_the_portal_has_answered_and_is_kept_per_kind() {
        let (tokens, file) = store("once");
        tokens.keep(SourceKind::Screen, Some("abc"));
        tokens.keep(SourceKind::Window, Some("def"));
        for _ in 0..2 {
            assert_eq!(tokens.get(SourceKind::Screen).as_deref(), Some("abc"));
        }
        tokens.keep(SourceKind::Screen, Some("ghi"));
        assert_eq!(tokens.get(SourceKind::Screen).as_deref(), Some("ghi"));
        tokens.keep(SourceKind::Screen, None);
        assert_eq!(tokens.get(SourceKind::Screen), None);
        assert_eq!(tokens.get(SourceKind::Window).as_deref(), Some("def"));
        let mode = fs::metadata(&file).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::remove_dir_all(file.parent().expect("a folder").parent().expect("a folder"))
            .expect("removed");
    }

    #[test]
    fn a_spoiled_file_counts_as_empty_and_is_replaced() {
        let (tokens, file) = store("spoiled");
        fs::create_dir_all(file.parent().expect("a folder")).expect("created");
        fs::write(&file, b"{\"screen\": 7").expect("written");
        assert_eq!(tokens.get(SourceKind::Screen), None);
        tokens.keep(SourceKind::Screen, Some("new"));
        assert_eq!(tokens.get(SourceKind::Screen).as_deref(), Some("new"));
        fs::remove_dir_all(file.parent().expect("a folder").parent().expect("a folder"))
            .expect("removed");
    }

    #[test]
    fn what_is_no_token_is_not_kept() {
        let (tokens, file) = store("none");
        tokens.keep(SourceKind::TestCard, Some("abc"));
        tokens.keep(SourceKind::Screen, Some(""));
        tokens.keep(SourceKind::Screen, Some(&"x".repeat(10_000)));
        assert_eq!(tokens.get(SourceKind::Screen), None);
        assert!(!file.exists());
    }
}
