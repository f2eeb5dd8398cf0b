// SPDX-License-Identifier: GPL-3.0-or-later
//! Values of arguments that are more than a word or a number, and how they are read: text in, value out, or what was
//! expected.

/// What is to become of the volume.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Loudness {
    /// This, 0 to 1.
    To(f64),
    /// More by this, or less.
    By(f64),
    /// Silence, or no longer.
    Muted(bool),
}

/// Where the sound plays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audio {
    Tv,
    Both,
    App(String),
    None,
    Tone,
}

/// Bits a second for the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bitrate {
    /// As the network allows.
    Auto,
    /// At most this.
    Limit(u32),
}

/// `tv`, `both`, `none`, `tone`, or `app=NAME`.
pub(super) fn audio(text: &str) -> Result<Audio, String> {
    match text {
        "tv" => Ok(Audio::Tv),
        "both" => Ok(Audio::Both),
        "none" => Ok(Audio::None),
        "tone" => Ok(Audio::Tone),
        _ => match text.strip_prefix("app=") {
            Some(name) if !name.is_empty() => Ok(Audio::App(name.to_owned())),
            _ => Err("expected tv, both, app=NAME, none or tone".to_owned()),
        },
    }
}

/// `0` to `100`, `+N`, `-N`, `mute` or `unmute`.
pub(super) fn loudness(text: &str) -> Result<Loudness, String> {
    let percent = |text: &str| {
        let number = text.trim_end_matches('%').parse::<u8>().ok()?;
        (number <= 100).then(|| f64::from(number) / 100.0)
    };
    let loudness = match text {
        "mute" => Some(Loudness::Muted(true)),
        "unmute" => Some(Loudness::Muted(false)),
        _ => match (text.strip_prefix('+'), text.strip_prefix('-')) {
            (Some(more), _) => percent(more).map(Loudness::By),
            (_, Some(less)) => percent(less).map(|by| Loudness::By(-by)),
            _ => percent(text).map(Loudness::To),
        },
    };
    loudness.ok_or_else(|| "expected 0 to 100, +N, -N, mute or unmute".to_owned())
}

/// `auto`, or 100 kbit/s to 100 Mbit/s in bits.
pub(super) fn bitrate(text: &str) -> Result<Bitrate, String> {
    if text == "auto" {
        return Ok(Bitrate::Auto);
    }
    match text.parse() {
        Ok(bits @ 100_000..=100_000_000) => Ok(Bitrate::Limit(bits)),
        _ => Err("expected auto, or 100000 to 100000000 bits a second".to_owned()),
    }
}

/// `WxH`: 64x64 to 7680x4320.
pub(super) fn size(text: &str) -> Result<(u32, u32), String> {
    let parts = text
        .split_once(['x', 'X'])
        .and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    match parts {
        Some(size @ (64..=7680, 64..=4320)) => Ok(size),
        _ => Err("expected WIDTHxHEIGHT, as in 1280x720".to_owned()),
    }
}

/// `A-B`, both of them ports.
pub(super) fn port_range(text: &str) -> Result<(u16, u16), String> {
    let parts = text
        .split_once('-')
        .and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    match parts {
        Some((first, last)) if 0 < first && first <= last => Ok((first, last)),
        _ => Err("expected FIRST-LAST, as in 32768-32800".to_owned()),
    }
}

/// 0, or as [`seconds`].
pub(super) fn patience(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(0.0) => Ok(0.0),
        _ => seconds(text),
    }
}

/// 0.1 to 10 million seconds.
pub(super) fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.1..=1e7).contains(&seconds) => Ok(seconds),
        _ => Err("expected a number of seconds, at least 0.1".to_owned()),
    }
}
