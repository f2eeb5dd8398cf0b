// SPDX-License-Identifier: GPL-3.0-or-later
//! The language of the session decides in which one the program speaks.

use super::*;
use crate::skipping::has_program;

/// A locale, as `locale -a` names it, made in this folder: the system need not have it. `None` where none can be made.
fn made(locale: &str) -> Option<PathBuf> {
    if !has_program("localedef", "no locale can be made: that needs localedef") {
        return None;
    }
    let folder = HOME.join("locales");
    std::fs::create_dir_all(&folder).expect("a folder");
    let made = std::process::Command::new("localedef")
        .args(["-i", locale, "-f", "UTF-8"])
        .arg(folder.join(format!("{locale}.UTF-8")))
        .status()
        .expect("it runs");
    assert!(made.success());
    Some(folder)
}

#[tokio::test]
async fn the_session_decides_and_what_is_not_translated_stays_english() {
    let Some(locales) = made("fr_FR") else {
        return;
    };
    let english = "No device can have the address 224.0.0.1.";
    let expected = [
        ("fr_FR.UTF-8", "", "224.0.0.1"),
        (
            "fr_FR.UTF-8",
            "de",
            "Kein Gerät kann die Adresse 224.0.0.1 haben.",
        ),
        ("fr_FR.UTF-8", "de_AT:fr", "Kein Gerät"),
        ("fr_FR.UTF-8", "tlh:ar", "لا يمكن أن يكون العنوان"),
        ("fr_FR.UTF-8", "en", english),
        // What reads the output of programs asks for this one.
        ("C", "de", english),
    ];
    for (locale, languages, words) in expected {
        let program = env!("CARGO_BIN_EXE_telecast");
        let mut command = command(program, &["mirror", "224.0.0.1", "--source", "test-card"]);
        command
            .env("LOCPATH", &locales)
            .env("LC_ALL", locale)
            .env("LANGUAGE", languages);
        let ended = Telecast::spawn(command).end().await;
        let [line] = ended.telecast_lines()[..] else {
            panic!("{languages}: not one line: {ended}");
        };
        assert!(line.contains(words), "{languages}: {line}");
        assert_eq!(line.contains(english), words == english, "{languages}");
    }
}
