// SPDX-License-Identifier: GPL-3.0-or-later
//! The words of the interface for the engine's values, and the values for the words. The same as the command line's.

use crate::engine::{
    AudioChoice, CastStatus, DeviceKind, LatencyProfile, ListedDevice, Quality, SourceKind,
};

/// How the name of an application follows `app=`; longer ones are no names.
const MAX_APPLICATION: usize = 256;

/// All sources.
const SOURCES: [SourceKind; 4] = [
    SourceKind::Screen,
    SourceKind::Window,
    SourceKind::Virtual,
    SourceKind::TestCard,
];

/// What [`source`] takes.
pub(super) const SOURCE_WORDS: &str = "screen, window, virtual or test-card";
/// What [`audio`] takes.
pub(super) const AUDIO_WORDS: &str = "tv, both, app=NAME, none or tone";
/// What [`quality`] takes.
pub(super) const QUALITY_WORDS: &str = "automatic, 720p or 480p";
/// What [`profile`] takes.
pub(super) const PROFILE_WORDS: &str = "responsive, balanced or robust";

pub(super) fn source_word(source: SourceKind) -> &'static str {
    match source {
        SourceKind::Screen => "screen",
        SourceKind::Window => "window",
        SourceKind::Virtual => "virtual",
        SourceKind::TestCard => "test-card",
    }
}

pub(super) fn source(word: &str) -> Option<SourceKind> {
    SOURCES.into_iter().find(|kind| source_word(*kind) == word)
}

pub(super) fn audio_word(audio: &AudioChoice) -> String {
    match audio {
        AudioChoice::Tv => "tv".to_owned(),
        AudioChoice::Both => "both".to_owned(),
        AudioChoice::App(name) => format!("app={name}"),
        AudioChoice::None => "none".to_owned(),
        AudioChoice::Tone => "tone".to_owned(),
    }
}

pub(super) fn audio(word: &str) -> Option<AudioChoice> {
    match word {
        "tv" => Some(AudioChoice::Tv),
        "both" => Some(AudioChoice::Both),
        "none" => Some(AudioChoice::None),
        "tone" => Some(AudioChoice::Tone),
        _ => word
            .strip_prefix("app=")
            .filter(|name| !name.is_empty() && name.len() <= MAX_APPLICATION)
            .map(|name| AudioChoice::App(name.to_owned())),
    }
}

pub(super) fn quality_word(quality: Quality) -> &'static str {
    match quality {
        Quality::Automatic => "automatic",
        Quality::P720 => "720p",
        Quality::P480 => "480p",
    }
}

pub(super) fn quality(word: &str) -> Option<Quality> {
    Quality::ALL
        .into_iter()
        .find(|quality| quality_word(*quality) == word)
}

pub(super) fn profile(word: &str) -> Option<LatencyProfile> {
    LatencyProfile::ALL
        .into_iter()
        .find(|profile| profile.as_str() == word)
}

/// A symbol that every icon theme has.
pub(super) fn icon(kind: DeviceKind) -> &'static str {
    if kind.has_picture() {
        "video-display-symbolic"
    } else {
        "audio-speakers-symbolic"
    }
}

/// How a device stands: the word of its cast, or whether it is there.
pub(super) fn state(device: Option<&ListedDevice>, cast: Option<&CastStatus>) -> &'static str {
    match cast {
        // The device is left alone until the person has chosen.
        Some(cast) if cast.choosing && cast.state.ended().is_none() => "choosing",
        Some(cast) => cast.state.name(),
        None if device.is_some_and(ListedDevice::is_available) => "idle",
        None => "away",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_leads_back_to_its_value_and_others_to_none() {
        for kind in SOURCES {
            assert_eq!(source(source_word(kind)), Some(kind));
        }
        for choice in [
            AudioChoice::Tv,
            AudioChoice::Both,
            AudioChoice::App("Videos = more".into()),
            AudioChoice::None,
            AudioChoice::Tone,
        ] {
            assert_eq!(audio(&audio_word(&choice)), Some(choice));
        }
        for value in Quality::ALL {
            assert_eq!(quality(quality_word(value)), Some(value));
        }
        for value in LatencyProfile::ALL {
            assert_eq!(profile(value.as_str()), Some(value));
        }
        for word in ["", "Screen", "hologram", "app=", "app"] {
            assert_eq!(source(word), None, "{word}");
            assert_eq!(audio(word), None, "{word}");
            assert_eq!(quality(word), None, "{word}");
            assert_eq!(profile(word), None, "{word}");
        }
        assert_eq!(audio(&format!("app={}", "x".repeat(1000))), None);
    }

    #[test]
    fn what_the_words_are_is_what_is_said_to_be_expected() {
        for kind in SOURCES {
            assert!(SOURCE_WORDS.contains(source_word(kind)));
        }
        for quality in Quality::ALL {
            assert!(QUALITY_WORDS.contains(quality_word(quality)));
        }
        for profile in LatencyProfile::ALL {
            assert!(PROFILE_WORDS.contains(profile.as_str()));
        }
    }
}
