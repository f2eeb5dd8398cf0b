// SPDX-License-Identifier: GPL-3.0-or-later
//! What a sender should capture and encode for a receiver, derived from the display and the constraints of its ANSWER
//! (Open Screen `capture_recommendations.cc`).

use std::time::Duration;

use super::{Answer, AudioConstraints, Constraints, Display, Scaling, VideoConstraints};
use crate::cast::picture::{Dimensions, FrameRate, Resolution};

const DEFAULT_MAX_DELAY: Duration = Duration::from_millis(400);
const MIN_RESOLUTION: Resolution = Resolution {
    width: 320,
    height: 240,
};
const DEFAULT_MAXIMUM: Dimensions = Dimensions {
    resolution: Resolution {
        width: 1920,
        height: 1080,
    },
    frame_rate: FrameRate::whole(30),
};

/// The limits within which capture and encoders should stay.
#[derive(Debug, Clone, PartialEq)]
pub struct CaptureLimits {
    /// Of the sound.
    pub audio: AudioLimits,
    /// Of the picture.
    pub video: VideoLimits,
}

/// Limits of the sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioLimits {
    /// bit/s.
    pub min_bit_rate: u32,
    /// bit/s.
    pub max_bit_rate: u32,
    /// From capture to playout.
    pub max_delay: Duration,
    /// Channels.
    pub max_channels: u32,
    /// Samples per second.
    pub max_sample_rate: u32,
    /// Samples per second.
    pub min_sample_rate: u32,
}

/// Limits of the picture. The minimum is nowhere above the maximum.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoLimits {
    /// bit/s.
    pub min_bit_rate: u32,
    /// bit/s.
    pub max_bit_rate: u32,
    /// The smallest picture.
    pub minimum: Resolution,
    /// The largest picture and the most of them.
    pub maximum: Dimensions,
    /// Whether the receiver fits pictures of another shape to its screen.
    pub receiver_scales: bool,
    /// From capture to playout.
    pub max_delay: Duration,
    /// Pixels per second.
    pub max_pixels_per_second: f64,
}

impl Default for CaptureLimits {
    /// For a receiver that says nothing, as many do.
    fn default() -> CaptureLimits {
        CaptureLimits {
            audio: AudioLimits {
                min_bit_rate: 32_000,
                max_bit_rate: 256_000,
                max_delay: DEFAULT_MAX_DELAY,
                max_channels: 2,
                max_sample_rate: 48_000,
                min_sample_rate: 16_000,
            },
            video: VideoLimits {
                min_bit_rate: 300_000,
                max_bit_rate: 62_208_000,
                minimum: MIN_RESOLUTION,
                maximum: DEFAULT_MAXIMUM,
                receiver_scales: false,
                max_delay: DEFAULT_MAX_DELAY,
                max_pixels_per_second: 7_776_000.0,
            },
        }
    }
}

impl Answer {
    /// The limits for this receiver.
    pub fn capture_limits(&self) -> CaptureLimits {
        CaptureLimits::new(self.display.as_ref(), self.constraints.as_ref())
    }
}

impl CaptureLimits {
    /// The limits for a receiver with this display and these constraints.
    pub fn new(display: Option<&Display>, constraints: Option<&Constraints>) -> CaptureLimits {
        let mut limits = CaptureLimits::default();
        if let Some(display) = display {
            limits.video.fit(display);
        }
        if let Some(constraints) = constraints {
            limits.audio.obey(&constraints.audio);
            limits.video.obey(&constraints.video);
        }
        let (minimum, maximum) = (&mut limits.video.minimum, limits.video.maximum.resolution);
        minimum.width = minimum.width.min(maximum.width);
        minimum.height = minimum.height.min(maximum.height);
        // A display of a picture a minute, say, takes fewer bits than the least that is asked for elsewhere.
        let video = &mut limits.video;
        video.min_bit_rate = video.min_bit_rate.min(video.max_bit_rate);
        limits
    }
}

impl AudioLimits {
    fn obey(&mut self, constraints: &AudioConstraints) {
        self.min_bit_rate = self.min_bit_rate.max(constraints.min_bit_rate);
        self.max_bit_rate = constraints.max_bit_rate;
        self.max_channels = constraints.max_channels;
        self.max_sample_rate = constraints.max_sample_rate;
        self.max_delay = constraints.max_delay.unwrap_or(self.max_delay);
    }
}

impl VideoLimits {
    fn fit(&mut self, display: &Display) {
        if let Some(dimensions) = display.dimensions {
            self.maximum = dimensions;
            let bits = dimensions.resolution.pixels() as f64 * dimensions.frame_rate.per_second();
            // A cast of a float to an integer saturates.
            self.max_bit_rate = bits as u32;
        }
        if let Some(ratio) = display.aspect_ratio {
            self.maximum.resolution.width = ratio.width_for(self.maximum.resolution.height);
            self.minimum.width = ratio.width_for(self.minimum.height);
        }
        self.receiver_scales = display.scaling == Some(Scaling::Receiver);
    }

    fn obey(&mut self, constraints: &VideoConstraints) {
        self.min_bit_rate = self.min_bit_rate.max(constraints.min_bit_rate);
        self.max_bit_rate = self.max_bit_rate.min(constraints.max_bit_rate);
        self.max_delay = constraints.max_delay.unwrap_or(self.max_delay);
        self.max_pixels_per_second = constraints
            .max_pixels_per_second
            .unwrap_or(self.max_pixels_per_second);
        if let Some(least) = constraints.min_resolution {
            self.minimum.width = self.minimum.width.max(least.width);
            self.minimum.height = self.minimum.height.max(least.height);
        }
        let most = constraints.max_dimensions;
        if most.resolution.width <= MIN_RESOLUTION.width {
            self.maximum = Dimensions {
                resolution: MIN_RESOLUTION,
                frame_rate: DEFAULT_MAXIMUM.frame_rate,
            };
        } else {
            let size = &mut self.maximum.resolution;
            size.width = size.width.min(most.resolution.width);
            size.height = size.height.min(most.resolution.height);
            self.maximum.frame_rate = self.maximum.frame_rate.min(most.frame_rate);
        }
    }
}
