// SPDX-License-Identifier: GPL-3.0-or-later
//! The encoder profiles: data only, in order of preference for each codec.
//!
//! All of them: constant bitrate, no look-ahead, no B frames, no key frames of the encoder's own accord, one reference.
//! The libvpx values (overshoot 15 %, undershoot 100 %, no automatic key frames) are those of Open Screen's
//! `streaming_vpx_encoder.cc` and Chromium's Cast sender. Nothing but the software encoders has been run on the authors'
//! machines; a wrong guess about a hardware encoder shows in the probe, and the next candidate is used.
//!
//! Buffers of the rate control are of 200 ms, six average frames at 30 pictures a second (Open Screen: 500/600/1000 ms). An
//! encoder may spend what is in its buffer at once, on a key frame or because it is slow to follow a lower bitrate, and
//! that is what a narrow network has to queue.
//!
//! `svtav1enc` is missing on purpose: it looks for finished frames only when the next picture comes, so each frame is late
//! by one picture, and a still screen's last picture never arrives.

use std::borrow::Cow;

use super::{Layout420, Live, Profile, RateProperty, Setting, Text};
use crate::cast::codec::VideoCodec::{self, Av1, H264, Vp8, Vp9};

const fn set(property: &'static str, value: &'static str) -> Setting {
    Setting {
        property: Cow::Borrowed(property),
        value: Cow::Borrowed(value),
    }
}

const fn rate(property: &'static str, unit: u32) -> RateProperty {
    RateProperty {
        property: Cow::Borrowed(property),
        unit,
    }
}

fn profile(
    codec: VideoCodec,
    element: &'static str,
    settings: &'static [Setting],
    rates: &'static [RateProperty],
    live: Live,
) -> Profile {
    Profile {
        codec,
        element: Cow::Borrowed(element),
        hardware: false,
        input: Layout420::I420,
        from_dma_buf: None,
        settings: Cow::Borrowed(settings),
        rates: Cow::Borrowed(rates),
        live,
        output: Cow::Borrowed(""),
        min_size: (64, 64),
    }
}

/// An encoder of a GPU: NV12, larger smallest frame.
fn on_gpu(mut profile: Profile) -> Profile {
    profile.hardware = true;
    profile.input = Layout420::Nv12;
    profile.min_size = (160, 128);
    profile
}

/// VA-API: also takes DMA-BUFs, converted on the GPU.
fn va(mut profile: Profile) -> Profile {
    profile.from_dma_buf = Some(Cow::Borrowed("vapostproc"));
    on_gpu(profile)
}

fn output(mut profile: Profile, caps: &'static str) -> Profile {
    profile.output = Text::Borrowed(caps);
    profile
}

const KBIT: &[RateProperty] = &[rate("bitrate", 1000)];
/// With a buffer of 200 ms: kbit for 1000 / 200 times as many bits a second.
const VA_RATES: &[RateProperty] = &[rate("bitrate", 1000), rate("cpb-size", 5000)];
const NVENC_RATES: &[RateProperty] = &[rate("bitrate", 1000), rate("vbv-buffer-size", 5000)];
const VPX: &[RateProperty] = &[rate("target-bitrate", 1)];

/// `vah264enc` and its low-power sibling.
const VA_H264: &[Setting] = &[
    set("rate-control", "cbr"),
    set("b-frames", "0"),
    set("ref-frames", "1"),
    set("key-int-max", "1024"),
    set("aud", "false"),
    set("cc-insert", "false"),
    set("target-usage", "6"),
];
const VA_OTHER: &[Setting] = &[
    set("rate-control", "cbr"),
    set("ref-frames", "1"),
    set("key-int-max", "1024"),
    set("target-usage", "6"),
];
const VA_AV1: &[Setting] = &[
    set("rate-control", "cbr"),
    set("gf-group-size", "1"),
    set("ref-frames", "1"),
    set("key-int-max", "1024"),
    set("target-usage", "6"),
];
const NVENC: &[Setting] = &[
    set("preset", "p3"),
    set("tune", "ultra-low-latency"),
    set("rc-mode", "cbr"),
    set("zerolatency", "true"),
    set("zero-reorder-delay", "true"),
    set("b-frames", "0"),
    set("bframes", "0"),
    set("rc-lookahead", "0"),
    set("gop-size", "-1"),
    set("strict-gop", "true"),
    set("aud", "false"),
    set("repeat-sequence-header", "true"),
];
const V4L2_H264: &[Setting] = &[set(
    "extra-controls",
    "controls,video_bitrate={bits},video_bitrate_mode=1,repeat_sequence_header=1,video_b_frames=0,h264_i_frame_period=1000000,video_gop_size=1000000",
)];
const V4L2_VPX: &[Setting] = &[set(
    "extra-controls",
    "controls,video_bitrate={bits},video_bitrate_mode=1,video_gop_size=1000000",
)];
/// libvpx for live screens, and what one of its codecs has besides.
macro_rules! libvpx {
    ($($own:expr),* $(,)?) => {
        &[
            set("deadline", "1"),
            set("end-usage", "cbr"),
            set("undershoot", "100"),
            set("overshoot", "15"),
            set("buffer-initial-size", "150"),
            set("buffer-optimal-size", "200"),
            set("buffer-size", "300"),
            set("keyframe-mode", "disabled"),
            set("keyframe-max-dist", "2147483647"),
            set("lag-in-frames", "0"),
            set("auto-alt-ref", "false"),
            set("resize-allowed", "false"),
            set("dropframe-threshold", "0"),
            set("max-intra-bitrate", "300"),
            set("min-quantizer", "4"),
            set("max-quantizer", "56"),
            // What libvpx recommends for windows and screens: still blocks cost nothing.
            set("static-threshold", "100"),
            set("timebase", "1/90000"),
            set("threads", "{threads}"),
            $($own),*
        ]
    };
}
const VP8_SOFT: &[Setting] = libvpx![set("cpu-used", "12"), set("noise-sensitivity", "0"),];
const VP9_SOFT: &[Setting] = libvpx![
    set("cpu-used", "9"),
    set("aq-mode", "cyclic-refresh"),
    set("frame-parallel-decoding", "false"),
    set("row-mt", "true"),
    set("tile-columns", "1"),
];
const X264: &[Setting] = &[
    set("speed-preset", "superfast"),
    set("tune", "zerolatency"),
    set("pass", "cbr"),
    set("vbv-buf-capacity", "200"),
    set("bframes", "0"),
    set("ref", "1"),
    set("rc-lookahead", "0"),
    set("sync-lookahead", "0"),
    set("mb-tree", "false"),
    set("key-int-max", "2147483647"),
    set("aud", "false"),
    set("dct8x8", "false"),
    // With variable frame rates x264 keeps one picture back to see how long it lasts.
    set("option-string", "scenecut=0:force-cfr=1"),
    set("threads", "{threads}"),
];
const OPENH264: &[Setting] = &[
    // Of "screen" it makes no frames small enough for a narrow network: its quantizer is limited to 35 then.
    set("usage-type", "camera"),
    set("complexity", "low"),
    set("rate-control", "bitrate"),
    set("enable-frame-skip", "false"),
    set("gop-size", "0"),
    set("scene-change-detection", "false"),
    set("background-detection", "false"),
    set("adaptive-quantization", "false"),
    set("multi-thread", "{threads}"),
];
const AOM: &[Setting] = &[
    set("usage-profile", "realtime"),
    set("cpu-used", "10"),
    set("end-usage", "cbr"),
    set("lag-in-frames", "0"),
    set("undershoot-pct", "100"),
    set("overshoot-pct", "15"),
    set("buf-initial-sz", "150"),
    set("buf-optimal-sz", "200"),
    set("buf-sz", "300"),
    set("keyframe-mode", "disabled"),
    set("keyframe-max-dist", "2147483647"),
    set("max-quantizer", "56"),
    set("min-quantizer", "4"),
    set("drop-frame", "0"),
    set("row-mt", "true"),
    set("timebase", "1/90000"),
    set("threads", "{threads}"),
];

/// Every profile; for each codec in order of preference.
pub(super) fn all() -> Vec<Profile> {
    const BUT_SIZE: Live = Live::ALL_BUT_SIZE;
    const NOT_RATE: Live = Live {
        bitrate: false,
        ..BUT_SIZE
    };
    const MAIN: &str = "profile=(string){ main, constrained-baseline }";
    vec![
        output(
            va(profile(H264, "vah264enc", VA_H264, VA_RATES, BUT_SIZE)),
            MAIN,
        ),
        output(
            va(profile(H264, "vah264lpenc", VA_H264, VA_RATES, BUT_SIZE)),
            MAIN,
        ),
        output(
            on_gpu(profile(H264, "nvh264enc", NVENC, NVENC_RATES, BUT_SIZE)),
            MAIN,
        ),
        on_gpu(profile(H264, "v4l2h264enc", V4L2_H264, &[], NOT_RATE)),
        output(profile(H264, "x264enc", X264, KBIT, Live::ALL), MAIN),
        profile(H264, "openh264enc", OPENH264, OPENH264_RATES, BUT_SIZE),
        va(profile(Vp8, "vavp8enc", VA_OTHER, VA_RATES, BUT_SIZE)),
        on_gpu(profile(Vp8, "v4l2vp8enc", V4L2_VPX, &[], NOT_RATE)),
        profile(Vp8, "vp8enc", VP8_SOFT, VPX, Live::ALL),
        va(profile(Vp9, "vavp9enc", VA_OTHER, VA_RATES, BUT_SIZE)),
        va(profile(Vp9, "vavp9lpenc", VA_OTHER, VA_RATES, BUT_SIZE)),
        on_gpu(profile(Vp9, "v4l2vp9enc", V4L2_VPX, &[], NOT_RATE)),
        output(
            profile(Vp9, "vp9enc", VP9_SOFT, VPX, Live::ALL),
            "profile=(string)0",
        ),
        va(profile(Av1, "vaav1enc", VA_AV1, VA_RATES, BUT_SIZE)),
        va(profile(Av1, "vaav1lpenc", VA_AV1, VA_RATES, BUT_SIZE)),
        on_gpu(profile(Av1, "nvav1enc", NVENC, NVENC_RATES, BUT_SIZE)),
        profile(Av1, "av1enc", AOM, KBIT_TARGET, BUT_SIZE),
    ]
}

const OPENH264_RATES: &[RateProperty] = &[rate("bitrate", 1), rate("max-bitrate", 1)];
const KBIT_TARGET: &[RateProperty] = &[rate("target-bitrate", 1000)];
