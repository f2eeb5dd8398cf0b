// SPDX-License-Identifier: GPL-3.0-or-later
//! `Permits`: what may be shared again without a dialog, because the person has allowed it once; for lists in which it can
//! be forgotten. Reads and writes the file of the restore tokens: not for a thread that must not block.

use std::fmt;

use super::SourceKind;
use super::tokens::Tokens;

/// The permissions of this user.
#[derive(Debug, Clone)]
pub struct Permits {
    tokens: Tokens,
}

/// A permission that was taken back, as long as that can be undone.
#[derive(Clone)]
pub struct TakenPermit {
    kind: SourceKind,
    token: String,
}

impl TakenPermit {
    /// What it was for.
    pub fn kind(&self) -> SourceKind {
        self.kind
    }
}

// By hand: the token is a secret.
impl fmt::Debug for TakenPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TakenPermit")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl Permits {
    /// Those of this user.
    pub fn of_user() -> Permits {
        Permits {
            tokens: Tokens::of_user(),
        }
    }

    /// What may be shared without a dialog.
    pub fn kinds(&self) -> Vec<SourceKind> {
        self.tokens.kinds()
    }

    /// The next cast of this kind asks again. `None` when it would have asked anyway.
    pub fn forget(&self, kind: SourceKind) -> Option<TakenPermit> {
        let token = self.tokens.get(kind)?;
        self.tokens.keep(kind, None);
        Some(TakenPermit { kind, token })
    }

    /// Takes [`Permits::forget`] back, unless the person has allowed it anew meanwhile.
    pub fn restore(&self, taken: &TakenPermit) {
        if self.tokens.get(taken.kind).is_none() {
            self.tokens.keep(taken.kind, Some(&taken.token));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_forgotten_permission_can_be_had_back_until_a_new_one_is_given() {
        let folder = std::env::temp_dir().join(format!("telecast-permits-{}", std::process::id()));
        let tokens = Tokens::in_file(folder.join("tokens.json"));
        let permits = Permits {
            tokens: tokens.clone(),
        };
        assert_eq!(permits.kinds(), []);
        assert!(permits.forget(SourceKind::Screen).is_none());
        tokens.keep(SourceKind::Virtual, Some("abc"));
        tokens.keep(SourceKind::Screen, Some("def"));
        assert_eq!(permits.kinds(), [SourceKind::Screen, SourceKind::Virtual]);
        let taken = permits.forget(SourceKind::Screen).expect("it was there");
        assert_eq!(permits.kinds(), [SourceKind::Virtual]);
        assert!(!format!("{taken:?}").contains("def"));
        permits.restore(&taken);
        assert_eq!(tokens.get(SourceKind::Screen).as_deref(), Some("def"));
        permits.forget(SourceKind::Screen);
        tokens.keep(SourceKind::Screen, Some("new"));
        permits.restore(&taken);
        assert_eq!(tokens.get(SourceKind::Screen).as_deref(), Some("new"));
        fs::remove_dir_all(folder).expect("removed");
    }
}
