// SPDX-License-Identifier: GPL-3.0-or-later
//! The id under which a receiver of this user is announced: the same at each start, so that senders know it again.

use std::collections::BTreeMap;
use std::path::Path;

use super::store;
use crate::files;

/// Names of receivers that are remembered; a person has one or two.
const MAX_NAMES: usize = 64;

/// The id of the receiver called `name`: 32 hexadecimal digits. A new one when there is none yet.
pub fn of(name: &str) -> String {
    match files::in_state_folder("receiver-ids.json") {
        Some(file) => remembered(&file, name),
        None => random(),
    }
}

fn remembered(file: &Path, name: &str) -> String {
    let mut all: BTreeMap<String, String> = store::read(file);
    let known = all
        .get(name)
        .filter(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()));
    if let Some(id) = known {
        return id.clone();
    }
    let id = random();
    if all.len() >= MAX_NAMES {
        all.clear();
    }
    all.insert(name.to_owned(), id.clone());
    if let Err(error) = store::replace(file, &all) {
        tracing::debug!(%error, "the receiver's id cannot be remembered");
    }
    id
}

fn random() -> String {
    format!("{:032x}", rand::random::<u128>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_id_and_another_name_has_another() {
        let file = std::env::temp_dir().join(format!("telecast-ids-{}.json", std::process::id()));
        let first = remembered(&file, "Desk");
        assert_eq!(first.len(), 32);
        assert_eq!(remembered(&file, "Desk"), first);
        assert_ne!(remembered(&file, "Den"), first);
        std::fs::write(&file, r#"{"Desk":"not an id"}"#).expect("written");
        assert_eq!(
            remembered(&file, "Desk").len(),
            32,
            "a spoiled id is replaced"
        );
        std::fs::remove_file(&file).expect("removed");
    }
}
