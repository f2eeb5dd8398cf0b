// SPDX-License-Identifier: GPL-3.0-or-later
//! What to offer and what came of it: options and encoders in, an OFFER out; its ANSWER in, the `Settled` streams out.
//!
//! Pure but for the random keys and SSRCs of an OFFER.

use std::time::Duration;

use crate::capture::frame::{AUDIO_CHANNELS, AUDIO_RATE};
use crate::cast::answer::{Answer, Scaling};
use crate::cast::channel::client::Negotiated;
use crate::cast::codec::{AudioCodec, VideoCodec};
use crate::cast::frame::Ssrc;
use crate::cast::offer::{AudioPlan, Offer, OfferPlan, OfferedVideo, Stream, VideoPlan};
use crate::cast::picture::{FrameRate, Resolution};
use crate::encode::config::MAX_OVERSCAN_PCT;

use super::options::{CodecChoice, MirrorOptions};
use super::reason::Reason;
use super::source::Codecs;

/// Bits per second of the sound (Chromium's mirroring).
const AUDIO_BITRATE: u32 = 128_000;

/// Up to this target delay each 10 ms of sound go out at once; above, half as many packets do.
const SHORT_AUDIO_FRAMES_UP_TO: Duration = Duration::from_millis(100);

/// Code points for sessions with pictures and with sound alone (Open Screen `sender_session.cc`): AF41 and EF.
const DSCP_VIDEO: u8 = 34;
const DSCP_AUDIO: u8 = 46;

/// The streams as they will be sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settled {
    pub(super) video: Option<SettledVideo>,
    pub(super) audio: Option<SettledAudio>,
    /// The device's UDP port.
    pub(super) port: u16,
    /// Mark packets with this, as the device does.
    pub(super) dscp: Option<u8>,
    pub(super) target_delay: Duration,
    pub(super) max_target_delay: Duration,
}

/// The pictures.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SettledVideo {
    pub(super) codec: VideoCodec,
    pub(super) stream: Stream,
    pub(super) receiver_ssrc: Ssrc,
    /// Pixels, at most.
    pub(super) max_size: (u32, u32),
    /// Exactly this picture with borders: the device does not letterbox.
    pub(super) canvas: Option<(u32, u32)>,
    pub(super) frame_rate: u32,
    pub(super) min_bitrate: u32,
    pub(super) max_bitrate: u32,
    pub(super) overscan_pct: u32,
}

/// The sound.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SettledAudio {
    pub(super) codec: AudioCodec,
    pub(super) stream: Stream,
    pub(super) receiver_ssrc: Ssrc,
    pub(super) bitrate: u32,
    pub(super) frame: Duration,
}

/// What to offer, with new keys in it; `None` when there is nothing that was not tried.
///
/// At first every codec is offered and the device chooses. Once a codec brought no picture they are offered one by
/// one, so that the next one is certainly another one.
pub(super) fn propose(
    options: &MirrorOptions,
    has_screen: bool,
    codecs: &Codecs,
    tried: &[VideoCodec],
) -> Option<Offer> {
    let mut video = if options.video && has_screen {
        video_codecs(options.codec, &codecs.video)
    } else {
        Vec::new()
    };
    video.retain(|codec| !tried.contains(codec));
    if !tried.is_empty() {
        if video.is_empty() {
            return None;
        }
        video.truncate(1);
    }
    let audio = if options.audio {
        codecs.audio.as_slice()
    } else {
        &[]
    };
    if video.is_empty() && audio.is_empty() {
        return None;
    }
    let plan = OfferPlan {
        dscp: Some(if video.is_empty() {
            DSCP_AUDIO
        } else {
            DSCP_VIDEO
        }),
        video: video
            .into_iter()
            .map(|codec| VideoPlan {
                codec,
                resolution: resolution(options.max_size),
                max_frame_rate: FrameRate::whole(options.frame_rate.max(1)),
                max_bit_rate: options.max_bitrate(),
            })
            .collect(),
        audio: audio
            .iter()
            .map(|codec| AudioPlan {
                codec: *codec,
                sample_rate: AUDIO_RATE,
                channels: AUDIO_CHANNELS as u32,
                bit_rate: AUDIO_BITRATE,
            })
            .collect(),
        target_delay: options.target_delay,
    };
    Some(plan.offer(|bytes| rand::fill(bytes)))
}

/// What both sides agreed on, within the user's wishes and the device's limits.
pub(super) fn settle(negotiated: &Negotiated, options: &MirrorOptions) -> Result<Settled, Reason> {
    let Negotiated {
        offer,
        answer,
        agreement,
    } = negotiated;
    // Pictures were wanted and offered, but only the sound was taken: that is not what the user asked for.
    if agreement.video.is_none() && !offer.video.is_empty() {
        return Err(Reason::NoUsableCodec);
    }
    let limits = answer.capture_limits();
    let video = agreement.video.as_ref().map(|video| {
        let (max_size, canvas, frame_rate) = picture(options, answer);
        let max_bitrate = options.max_bitrate().min(limits.video.max_bit_rate).max(1);
        SettledVideo {
            codec: video.codec,
            stream: video.stream.stream.clone(),
            receiver_ssrc: video.receiver_ssrc,
            max_size,
            canvas,
            frame_rate,
            min_bitrate: limits.video.min_bit_rate.min(max_bitrate),
            max_bitrate,
            overscan_pct: options.overscan_pct.min(MAX_OVERSCAN_PCT),
        }
    });
    let audio = agreement.audio.as_ref().map(|audio| SettledAudio {
        codec: audio.codec,
        stream: audio.stream.stream.clone(),
        receiver_ssrc: audio.receiver_ssrc,
        bitrate: AUDIO_BITRATE.min(limits.audio.max_bit_rate.max(1)),
        frame: if options.target_delay <= SHORT_AUDIO_FRAMES_UP_TO {
            Duration::from_millis(10)
        } else {
            Duration::from_millis(20)
        },
    });
    let dscp = video
        .as_ref()
        .map(|video| video.stream.dscp)
        .or(audio.as_ref().map(|audio| audio.stream.dscp))
        .flatten();
    Ok(Settled {
        video,
        audio,
        port: answer.udp_port.get(),
        dscp: dscp.filter(|_| answer.marks_all_streams()),
        target_delay: options.target_delay,
        max_target_delay: options.max_target_delay,
    })
}

/// The video codecs of an OFFER.
pub(super) fn offered_codecs(offer: &Offer) -> impl Iterator<Item = VideoCodec> + '_ {
    offer.video.iter().filter_map(|video| match video.codec {
        OfferedVideo::Codec(codec) => Some(codec),
        OfferedVideo::Hevc | OfferedVideo::Remote => None,
    })
}

/// The codecs to offer, VP8 last: every device decodes it, so it is the one that may not be chosen too early.
fn video_codecs(choice: CodecChoice, proven: &[VideoCodec]) -> Vec<VideoCodec> {
    let mut codecs: Vec<VideoCodec> = proven
        .iter()
        .copied()
        .filter(|codec| choice == CodecChoice::Auto || choice == CodecChoice::Only(*codec))
        .collect();
    codecs.sort_by_key(|codec| *codec == VideoCodec::Vp8);
    codecs
}

fn resolution((width, height): (u32, u32)) -> Resolution {
    // Open Screen refuses to send less than 320x240, so nobody has tested a receiver with less.
    Resolution {
        width: width.max(320),
        height: height.max(240),
    }
}

/// Size limit, canvas (when the device wants borders) and frame rate.
fn picture(options: &MirrorOptions, answer: &Answer) -> ((u32, u32), Option<(u32, u32)>, u32) {
    let most = answer.capture_limits().video.maximum;
    let slowest = (most.frame_rate.per_second().floor() as u32).max(1);
    let frame_rate = options.frame_rate.clamp(1, slowest);
    let screen = (most.resolution.width, most.resolution.height);
    // Many devices that say nothing letterbox; only one that asks for borders gets them.
    let borders = answer.display.is_some_and(|display| {
        display.scaling == Some(Scaling::Sender)
            && (display.dimensions.is_some() || display.aspect_ratio.is_some())
    });
    let (width, height) = if borders {
        within(screen, options.max_size)
    } else {
        (
            screen.0.min(options.max_size.0),
            screen.1.min(options.max_size.1),
        )
    };
    // Only a rate that the device names: the default that Open Screen assumes forbids 1080p.
    let constraints = answer.constraints.as_ref();
    let pixel_rate = constraints.and_then(|limits| limits.video.max_pixels_per_second);
    let wanted = f64::from(width) * f64::from(height) * f64::from(frame_rate);
    let scale = pixel_rate.map_or(1.0, |rate| (rate / wanted).sqrt().min(1.0));
    // 4:2:0 wants even sides.
    let even = |pixels: u32| ((f64::from(pixels) * scale) as u32 & !1).max(2);
    let size = (even(width), even(height));
    (size, borders.then_some(size), frame_rate)
}

/// `size` made to fit into `most`, in the same shape.
fn within(size: (u32, u32), most: (u32, u32)) -> (u32, u32) {
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    let scale = (f64::from(most.0) / width)
        .min(f64::from(most.1) / height)
        .min(1.0);
    (
        (width * scale).round() as u32,
        (height * scale).round() as u32,
    )
}

#[cfg(test)]
mod tests;
