// SPDX-License-Identifier: GPL-3.0-or-later
//! Sizes and rates of pictures, as OFFER and ANSWER write them.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use crate::cast::json;

/// A picture's size in pixels; neither is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Resolution {
    /// Pixels in a line.
    pub width: u32,
    /// Lines.
    pub height: u32,
}

/// Pictures per second as a fraction; the denominator is not 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FrameRate {
    numerator: u32,
    denominator: u32,
}

/// A picture's size and how many there are in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dimensions {
    /// The size.
    pub resolution: Resolution,
    /// The rate.
    pub frame_rate: FrameRate,
}

/// The shape of a screen, width to height; neither is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AspectRatio {
    /// Parts across.
    pub width: u32,
    /// Parts down.
    pub height: u32,
}

/// The text is no fraction, or one without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a usable fraction")]
pub struct BadFraction;

impl Resolution {
    /// Reads `{"width":…,"height":…}`; both must be above 0.
    pub(crate) fn read(value: &Value) -> Option<Resolution> {
        let side = |key: &str| json::int(&value[key]).filter(|pixels| *pixels > 0);
        Some(Resolution {
            width: side("width")?,
            height: side("height")?,
        })
    }

    /// Pixels of one picture.
    pub fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

impl FrameRate {
    /// Whole pictures per second.
    pub const fn whole(per_second: u32) -> FrameRate {
        FrameRate {
            numerator: per_second,
            denominator: 1,
        }
    }

    /// Pictures per second.
    pub fn per_second(self) -> f64 {
        f64::from(self.numerator) / f64::from(self.denominator)
    }

    /// Whether there is at least some picture now and then.
    pub fn is_positive(self) -> bool {
        self.numerator > 0
    }

    /// The slower of both.
    #[must_use]
    pub fn min(self, other: FrameRate) -> FrameRate {
        if self.per_second() <= other.per_second() {
            self
        } else {
            other
        }
    }

    /// Reads an integer or a string `N` or `N/D`.
    pub(crate) fn read(value: &Value) -> Option<FrameRate> {
        match value {
            Value::String(text) => text.parse().ok(),
            number => json::int(number).map(FrameRate::whole),
        }
    }
}

impl Dimensions {
    /// Reads `{"width":…,"height":…,"frameRate":…}`; all must be above 0.
    pub(crate) fn read(value: &Value) -> Option<Dimensions> {
        let frame_rate = FrameRate::read(&value["frameRate"]).filter(|rate| rate.is_positive())?;
        Some(Dimensions {
            resolution: Resolution::read(value)?,
            frame_rate,
        })
    }

    /// As it stands in an ANSWER.
    pub(crate) fn to_json(self) -> Value {
        serde_json::json!({
            "width": self.resolution.width,
            "height": self.resolution.height,
            "frameRate": self.frame_rate.to_string(),
        })
    }
}

impl FromStr for FrameRate {
    type Err = BadFraction;
    fn from_str(text: &str) -> Result<FrameRate, BadFraction> {
        let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
        let (numerator, denominator) = (digits(numerator)?, digits(denominator)?);
        if denominator == 0 {
            Err(BadFraction)
        } else {
            Ok(FrameRate {
                numerator,
                denominator,
            })
        }
    }
}

impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => write!(f, "{}", self.numerator),
            denominator => write!(f, "{}/{denominator}", self.numerator),
        }
    }
}

impl FromStr for AspectRatio {
    type Err = BadFraction;
    /// Reads `W:H`.
    fn from_str(text: &str) -> Result<AspectRatio, BadFraction> {
        let (width, height) = text.split_once(':').ok_or(BadFraction)?;
        let (width, height) = (digits(width)?, digits(height)?);
        if width == 0 || height == 0 {
            Err(BadFraction)
        } else {
            Ok(AspectRatio { width, height })
        }
    }
}

impl fmt::Display for AspectRatio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.width, self.height)
    }
}

impl AspectRatio {
    /// The width that belongs to a height, rounded down and at least 1.
    pub fn width_for(self, height: u32) -> u32 {
        let width = u64::from(height) * u64::from(self.width) / u64::from(self.height);
        u32::try_from(width).unwrap_or(u32::MAX).max(1)
    }
}

/// Digits only: no sign, no blank.
fn digits(text: &str) -> Result<u32, BadFraction> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(BadFraction);
    }
    text.parse()
        .ok()
        .filter(|number| i32::try_from(*number).is_ok())
        .ok_or(BadFraction)
}
