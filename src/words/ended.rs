// SPDX-License-Identifier: GPL-3.0-or-later
//! What the window says of a cast that has ended: a [`CastStatus`] in, its [`Ended`] page in words out. The command line
//! says the same in one line (see [`explain`]).

use std::time::SystemTime;

use gettextrs::gettext;

use super::codec::codec;
use super::duration::{about, moment};
use super::{explain, fill};
use crate::engine::{
    CastStatus, Ending, Missing, PreferencesPage, Reason, Remedies, Remedy, SourceKind, VideoCodec,
};

/// The page of a cast that ended by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// A few words.
    pub title: String,
    /// One sentence: what happened.
    pub what: String,
    /// One sentence: what to do about it. Empty when the buttons say it all.
    pub next: String,
    /// One sentence: what nobody sees any more.
    pub privacy: String,
    /// The technical side: what each line is, and the line.
    pub details: Vec<(String, String)>,
}

/// The page for `cast`, which ended because of `reason`. While `others` run, the screen is still shared with those.
pub fn ended(cast: &CastStatus, reason: &Reason, others: bool) -> Ended {
    let explanation = explain(reason, &cast.name);
    Ended {
        title: match cast.ended.and_then(|ending| ending.lasted) {
            Some(_) => gettext("Casting Ended"),
            None => explanation.title,
        },
        what: explanation.what,
        next: next(reason).unwrap_or(explanation.next),
        privacy: privacy(cast, others),
        details: details(cast, reason),
    }
}

/// What to do, where the words of the command line are of no use in a window.
fn next(reason: &Reason) -> Option<String> {
    Some(match reason {
        Reason::DeviceNotFound(_) | Reason::HostUnknown(_) => {
            gettext("Choose it in the list of devices, or check the spelling of its address.")
        }
        Reason::Missing(Missing::Interface(_)) => gettext("Choose another one in the preferences."),
        Reason::Missing(Missing::AudioApplication(_)) => {
            gettext("Start its playback first, or cast without sound.")
        }
        Reason::NotTrusted(distrust) => super::trust::what_to_do(*distrust),
        Reason::PortInUse { .. } => gettext("Choose other ports in the preferences."),
        Reason::Broken(_) | Reason::System(_) => gettext(
            "Try again; if it happens again, the troubleshooting report helps to find out why.",
        ),
        _ => return None,
    })
}

/// What of the person's own is safe from now on, or always was.
fn privacy(cast: &CastStatus, others: bool) -> String {
    let [no_longer, no_longer_with, not, not_with] = match cast.source {
        _ if !cast.has_picture => [
            "Your sound is no longer shared.",
            "Your sound is no longer shared with {device}.",
            "Your sound was not shared.",
            "Your sound was not shared with {device}.",
        ],
        SourceKind::Window => [
            "Your window is no longer shared.",
            "Your window is no longer shared with {device}.",
            "Your window was not shared.",
            "Your window was not shared with {device}.",
        ],
        _ => [
            "Your screen is no longer shared.",
            "Your screen is no longer shared with {device}.",
            "Your screen was not shared.",
            "Your screen was not shared with {device}.",
        ],
    };
    let text = match (cast.shared, others) {
        (true, false) => no_longer,
        (true, true) => no_longer_with,
        (false, false) => not,
        (false, true) => not_with,
    };
    fill(text, &[("device", &cast.name)])
}

fn details(cast: &CastStatus, reason: &Reason) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    if let Some(ending) = cast.ended {
        lines.push((gettext("Ended"), when(ending, SystemTime::now())));
    }
    lines.push((gettext("Reason"), sentence_case(&reason.to_string())));
    if let Some(address) = cast.address {
        lines.push((gettext("Address"), address.to_string()));
    }
    let stats = cast.stats.borrow();
    if let (Some(name), Some(width), Some(height)) = (stats.codec, stats.width, stats.height) {
        let codec = VideoCodec::from_name(name).map_or(name, codec);
        let encoder = stats.encoder.as_deref().unwrap_or("–");
        lines.push((
            gettext("Sent"),
            fill(
                "{codec} from {encoder}, {width} × {height}",
                &[
                    ("codec", codec),
                    ("encoder", encoder),
                    ("width", &width.to_string()),
                    ("height", &height.to_string()),
                ],
            ),
        ));
    }
    lines
}

fn when(ending: Ending, now: SystemTime) -> String {
    let moment = moment(ending.at, now);
    match ending.lasted {
        Some(lasted) => fill(
            // Translators: "moment" is as in "Today at 21:14", "duration" as in "48 minutes".
            "{moment}, after {duration}",
            &[("moment", &moment), ("duration", &about(lasted))],
        ),
        None => fill("{moment}, before it began", &[("moment", &moment)]),
    }
}

fn sentence_case(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// A line of the details, as it is copied.
pub fn labelled(label: &str, line: &str) -> String {
    fill("{label}: {line}", &[("label", label), ("line", line)])
}

/// The button for `remedy`, with its mnemonic.
pub fn remedy(remedy: Remedy) -> String {
    gettext(match remedy {
        Remedy::ChooseSource => "Choose Another _Source",
        Remedy::WithoutSound => "Cast _Without Sound",
        Remedy::OtherDevice => "Choose Another _Device",
        Remedy::AddByAddress => "_Add by Address…",
        Remedy::Preferences(PreferencesPage::Casting) => "Change _Picture Settings",
        Remedy::Preferences(PreferencesPage::Network) => "Change _Network Settings",
        Remedy::Preferences(PreferencesPage::Trust) => "Change _Trust Settings",
        Remedy::ForgetDevice => "_Forget This Device…",
        Remedy::Troubleshooting => "Open _Troubleshooting",
        _ => "_Try Again",
    })
}

/// The helps for `reason` with their buttons, the better one first.
pub fn remedies(reason: &Reason) -> Vec<(Remedy, String)> {
    let remedies = Remedies::after(reason);
    let both = [Some(remedies.first), remedies.second];
    both.into_iter()
        .flatten()
        .map(|help| (help, remedy(help)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::watch;

    use super::*;
    use crate::engine::samples::reasons;
    use crate::engine::{SessionState, SessionStats};

    fn cast(reason: &Reason, lasted: Option<Duration>) -> CastStatus {
        let stats = SessionStats {
            codec: Some("vp8"),
            encoder: Some("vp8enc".into()),
            width: Some(1280),
            height: Some(720),
            ..SessionStats::default()
        };
        let over = SessionState::Ended(reason.clone());
        CastStatus {
            stats: watch::Sender::new(stats).subscribe(),
            shared: lasted.is_some(),
            ended: Some(Ending {
                at: SystemTime::now(),
                lasted,
            }),
            address: Some([192, 0, 2, 7].into()),
            ..CastStatus::in_state("id", over)
        }
    }

    #[test]
    fn every_reason_has_a_title_a_sentence_the_privacy_fact_and_a_button() {
        for reason in reasons() {
            let page = ended(&cast(&reason, None), &reason, false);
            assert!(!page.title.is_empty() && !page.title.ends_with('.'));
            for sentence in [&page.what, &page.privacy] {
                assert!(sentence.ends_with('.'), "{reason:?}: {page:?}");
            }
            assert!(!reason.is_failure() || page.next.ends_with('.'), "{page:?}");
            for text in [&page.title, &page.what, &page.next] {
                assert!(!text.contains(['!', '{', '}']), "{page:?}");
                assert!(!text.contains("telecast"), "a command: {page:?}");
            }
            assert_eq!(page.privacy, "Your screen was not shared.");
            let buttons = remedies(&reason);
            assert!((1..=2).contains(&buttons.len()), "{reason:?}");
            for (_, label) in &buttons {
                assert_eq!(label.matches('_').count(), 1, "{label}");
            }
        }
    }

    #[test]
    fn titles_are_written_with_capitals() {
        for reason in reasons() {
            let title = explain(&reason, "Kitchen").title;
            for word in title.split(' ').filter(|word| word.len() > 3) {
                assert!(word.starts_with(char::is_uppercase), "{title}");
            }
        }
    }

    #[test]
    fn what_was_on_the_tv_ended_and_what_was_not_says_why() {
        let reason = Reason::DeviceClosed;
        let page = ended(
            &cast(&reason, Some(Duration::from_mins(48))),
            &reason,
            false,
        );
        assert_eq!(page.title, "Casting Ended");
        assert!(
            page.details[0].1.ends_with(", after 48 minutes"),
            "{page:?}"
        );
        assert_eq!(page.details[2].1, "192.0.2.7");
        assert_eq!(page.details[3].1, "VP8 from vp8enc, 1280 × 720");
        let page = ended(&cast(&reason, None), &reason, false);
        assert_ne!(page.title, "Casting Ended");
        assert!(page.details[0].1.ends_with(", before it began"), "{page:?}");
    }

    #[test]
    fn while_another_device_shows_the_screen_it_is_not_said_to_be_unshared() {
        let reason = Reason::DeviceClosed;
        let page = |lasted| ended(&cast(&reason, lasted), &reason, true).privacy;
        assert_eq!(
            page(Some(Duration::from_secs(1))),
            "Your screen is no longer shared with Kitchen."
        );
        assert_eq!(page(None), "Your screen was not shared with Kitchen.");
    }

    #[test]
    fn what_was_never_sent_is_not_said_to_be_shared_no_longer() {
        let reason = Reason::Missing(Missing::VideoEncoder);
        for (source, has_picture, what) in [
            (SourceKind::Screen, true, "screen"),
            (SourceKind::Virtual, true, "screen"),
            (SourceKind::Window, true, "window"),
            (SourceKind::Window, false, "sound"),
        ] {
            let page = |lasted| {
                let cast = CastStatus {
                    source,
                    has_picture,
                    ..cast(&reason, lasted)
                };
                ended(&cast, &reason, false).privacy
            };
            assert_eq!(page(None), format!("Your {what} was not shared."));
            let second = Some(Duration::from_secs(1));
            assert_eq!(page(second), format!("Your {what} is no longer shared."));
        }
    }
}
