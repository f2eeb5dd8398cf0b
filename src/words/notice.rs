// SPDX-License-Identifier: GPL-3.0-or-later
//! What the desktop tells about a cast while nobody looks at the window: a [`Notice`] in, its texts and buttons out.

use gettextrs::gettext;

use super::{cast_line, casting_reason, explain, fill, pause};
use crate::engine::{CastStatus, DesktopWords, Notice, ShortcutWords};

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeWords {
    /// A few words.
    pub title: String,
    /// One sentence, or less.
    pub body: String,
    /// The button that freezes the picture (`true`), or lets it move again.
    pub pause: Option<(String, bool)>,
    /// The button that ends the cast.
    pub stop: Option<String>,
    /// The button that opens the window.
    pub open: String,
}

/// The words of this notice about `cast`.
pub fn notice(cast: &CastStatus, notice: &Notice) -> NoticeWords {
    let device = [("device", cast.name.as_str())];
    let (title, body) = match notice {
        Notice::Ended(reason) => (
            fill("Casting to {device} Ended", &device),
            explain(reason, &cast.name).what,
        ),
        Notice::Casting { .. } | Notice::Seeking => {
            (fill("Casting to {device}", &device), cast_line(cast))
        }
    };
    let paused = match notice {
        Notice::Casting { paused } => *paused,
        Notice::Seeking | Notice::Ended(_) => None,
    };
    let runs = !matches!(notice, Notice::Ended(_));
    NoticeWords {
        title,
        body,
        pause: paused.map(|paused| (without_mnemonic(&pause(paused)), !paused)),
        stop: runs.then(|| without_mnemonic(&gettext("_Stop Casting"))),
        // Translators: a button of a notification; opens the window
        open: gettext("Open"),
    }
}

/// What the desktop shows about casts where the program has no window.
pub fn for_desktop() -> DesktopWords {
    DesktopWords {
        reason: casting_reason(),
        shortcuts: ShortcutWords {
            stop: without_mnemonic(&gettext("_Stop Casting")),
            pause: without_mnemonic(&pause(false)),
        },
    }
}

/// A label for a place that knows no mnemonics. Languages without Latin letters add theirs in brackets.
fn without_mnemonic(label: &str) -> String {
    let Some((before, after)) = label.split_once('_') else {
        return label.to_owned();
    };
    let mut rest = after.chars();
    match (before.strip_suffix('('), rest.next(), rest.next()) {
        (Some(before), Some(_), Some(')')) => format!("{}{}", before.trim_end(), rest.as_str()),
        _ => format!("{before}{after}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Reason, SessionState, Streams, VideoCodec};

    #[test]
    fn labels_lose_their_mnemonics_in_every_script() {
        for (label, plain) in [
            ("_Stop Casting", "Stop Casting"),
            ("Allow _Once", "Allow Once"),
            ("キャストを停止(_S)", "キャストを停止"),
            ("停止投放 (_S)…", "停止投放…"),
            ("Plain", "Plain"),
            ("(_", "("),
        ] {
            assert_eq!(without_mnemonic(label), plain);
        }
    }

    #[test]
    fn what_runs_can_be_steered_and_what_has_ended_says_why() {
        let streams = Streams {
            video: Some(VideoCodec::Vp8),
            audio: None,
        };
        let cast = CastStatus::in_state("tv", SessionState::Streaming(streams));
        let paused = Some(false);
        let told = notice(&cast, &Notice::Casting { paused });
        assert_eq!(told.title, "Casting to Kitchen");
        assert_eq!(told.body, "Casting your screen");
        assert_eq!(told.pause, Some(("Pause Picture".to_owned(), true)));
        assert_eq!(told.stop.as_deref(), Some("Stop Casting"));
        let frozen = CastStatus {
            paused: true,
            ..cast
        };
        let told = notice(&frozen, &Notice::Casting { paused: Some(true) });
        assert_eq!(told.body, "Picture paused");
        assert_eq!(told.pause, Some(("Resume Picture".to_owned(), false)));
        let ended = Notice::Ended(Reason::DeviceStopped { other: None });
        let told = notice(&frozen, &ended);
        assert_eq!(told.title, "Casting to Kitchen Ended");
        assert!(
            told.body.contains("Kitchen") && told.body.ends_with('.'),
            "{told:?}"
        );
        assert_eq!((told.pause, told.stop), (None, None));
    }
}
