// SPDX-License-Identifier: GPL-3.0-or-later
//! What an encoder takes as DMA-BUF: a [`Profile`] in, pixel formats with their DRM modifiers out, as the element that
//! imports them says. Nothing is guessed: an element that names no formats takes none.

use std::collections::HashMap;
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;

use super::profile::Profile;
use crate::capture::frame::{DmaBufFormat, PixelFormat};
use crate::chain;

/// `DRM_FORMAT_MOD_LINEAR`: rows one after the other, readable by the CPU (`drm_fourcc.h`).
pub(super) const LINEAR: u64 = 0;

/// How long the element may take to say what it accepts: it opens the GPU's driver for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// DRM's names of our layouts (`drm_fourcc.h`), which are little-endian where ours are in memory order.
const FOURCCS: [(PixelFormat, [u8; 4]); 5] = [
    (PixelFormat::Bgrx, *b"XR24"),
    (PixelFormat::Rgbx, *b"XB24"),
    (PixelFormat::Bgra, *b"AR24"),
    (PixelFormat::Rgba, *b"AB24"),
    (PixelFormat::Nv12, *b"NV12"),
];

/// DRM's name of a layout.
pub(super) fn fourcc(format: PixelFormat) -> u32 {
    let known = FOURCCS.iter().find(|(ours, _)| *ours == format);
    known.map_or(0, |(_, name)| u32::from_le_bytes(*name))
}

/// What `profile` takes without a copy, in our order of formats; empty when it imports nothing.
///
/// Asked once in this process for each importing element; blocks for at most 2 seconds, and a driver that does not
/// answer by then takes nothing.
pub fn accepted(profile: &Profile) -> Vec<DmaBufFormat> {
    static KNOWN: Mutex<Option<HashMap<String, Vec<DmaBufFormat>>>> = Mutex::new(None);
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(element) = &profile.from_dma_buf else {
        return Vec::new();
    };
    if let Some(formats) = known().get_or_insert_default().get(element.as_ref()) {
        return formats.clone();
    }
    let formats = ask(element).unwrap_or_default();
    tracing::debug!(%element, ?formats, "takes DMA-BUFs");
    known()
        .get_or_insert_default()
        .insert(element.to_string(), formats.clone());
    formats
}

/// Asks on a thread of its own, because opening a driver may hang.
fn ask(element: &str) -> Option<Vec<DmaBufFormat>> {
    let (answer, answered) = sync_channel(1);
    let name = element.to_owned();
    thread::Builder::new()
        .name("import".into())
        .spawn(move || {
            if answer.try_send(sink_caps(&name)).is_err() {
                tracing::debug!("nobody waits for the formats any more");
            }
        })
        .ok()?;
    let Ok(caps) = answered.recv_timeout(PATIENCE) else {
        tracing::warn!(%element, "does not say what it imports");
        return None;
    };
    caps.map(|caps| formats(&caps))
}

/// What the element's input accepts once its device is open.
fn sink_caps(element: &str) -> Option<gst::Caps> {
    chain::init().ok()?;
    let element = chain::make(element).ok()?;
    let filter = gst::Caps::builder("video/x-raw")
        .features(["memory:DMABuf"])
        .field("format", "DMA_DRM")
        .build();
    let ready = element.set_state(gst::State::Ready);
    let caps = ready
        .ok()
        .and_then(|_| element.static_pad("sink"))
        .map(|pad| pad.query_caps(Some(&filter)));
    if element.set_state(gst::State::Null).is_err() {
        tracing::debug!("an importing element does not stop cleanly");
    }
    caps
}

/// Reads `drm-format` of all structures: one text or a list of `FOURCC` or `FOURCC:0xMODIFIER`.
fn formats(caps: &gst::CapsRef) -> Vec<DmaBufFormat> {
    let mut found: Vec<(u32, u64)> = Vec::new();
    for (structure, features) in caps.iter_with_features() {
        if !features.contains("memory:DMABuf") {
            continue;
        }
        let Ok(value) = structure.value("drm-format") else {
            continue;
        };
        let texts = match value.get::<gst::List>() {
            Ok(list) => list
                .iter()
                .filter_map(|name| name.get::<String>().ok())
                .collect(),
            Err(_) => value.get::<String>().into_iter().collect::<Vec<_>>(),
        };
        let named = texts
            .iter()
            .filter_map(|name| gst_video::dma_drm_fourcc_from_str(name).ok());
        for name in named {
            if !found.contains(&name) {
                found.push(name);
            }
        }
    }
    FOURCCS
        .iter()
        // An importer may pass NV12 on as it is, and the copy for repeating would be the compositor's own buffer.
        .filter(|(format, _)| *format != PixelFormat::Nv12)
        .filter_map(|(format, name)| {
            let fourcc = u32::from_le_bytes(*name);
            let mut modifiers: Vec<u64> = found
                .iter()
                .filter(|(of, modifier)| *of == fourcc && single_plane(*modifier))
                .map(|(_, modifier)| *modifier)
                .collect();
            // A GPU that has to draw in rows is slower than one that may choose.
            modifiers.sort_by_key(|modifier| *modifier == LINEAR);
            (!modifiers.is_empty()).then_some(DmaBufFormat {
                format: *format,
                modifiers,
            })
        })
        .collect()
}

/// Whether RGB pictures with this modifier have one plane. Compressed ones carry their compression data in planes that a
/// [`crate::capture::frame::RawFrame`] has no place for (`drm_fourcc.h`: Intel's CCS, AMD's DCC).
fn single_plane(modifier: u64) -> bool {
    const INTEL: u64 = 1;
    const AMD: u64 = 2;
    const AMD_DCC: u64 = 1 << 13;
    match modifier >> 56 {
        // X, Y, Yf and 4 tiling.
        INTEL => matches!(modifier & 0x00ff_ffff_ffff_ffff, 1..=3 | 9),
        AMD => modifier & AMD_DCC == 0,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTEL_Y: u64 = 0x0100_0000_0000_0002;

    fn read(caps: &str) -> Vec<DmaBufFormat> {
        chain::init().expect("GStreamer");
        formats(&caps.parse::<gst::Caps>().expect("caps"))
    }

    #[test]
    fn formats_are_read_from_the_caps_linear_last() {
        let found = read(
            "video/x-raw(memory:VAMemory), format=NV12; \
             video/x-raw(memory:DMABuf), format=DMA_DRM, \
             drm-format={ NV12, AR24:0x0100000000000002, XR24, XR24:0x0100000000000002, P010 }; \
             video/x-raw(memory:DMABuf), format=DMA_DRM, drm-format=XR24:0x0100000000000001",
        );
        assert_eq!(
            found,
            [
                DmaBufFormat {
                    format: PixelFormat::Bgrx,
                    modifiers: vec![INTEL_Y, 0x0100_0000_0000_0001, LINEAR],
                },
                DmaBufFormat {
                    format: PixelFormat::Bgra,
                    modifiers: vec![INTEL_Y],
                }
            ]
        );
    }

    #[test]
    fn an_element_that_names_no_formats_takes_none() {
        assert_eq!(
            read("video/x-raw(memory:DMABuf), format=DMA_DRM; video/x-raw, format=BGRx"),
            []
        );
        assert_eq!(
            read("video/x-raw(memory:DMABuf), format=DMA_DRM, drm-format={ XR24:nonsense }"),
            []
        );
    }

    #[test]
    fn compressed_pictures_with_planes_of_their_own_are_not_asked_for() {
        // Intel's Y tiling with CCS, AMD with and without DCC.
        let found = read(
            "video/x-raw(memory:DMABuf), format=DMA_DRM, \
             drm-format={ XR24:0x0100000000000004, XR24:0x0200000000002a04, XR24:0x0200000000000a04 }",
        );
        assert_eq!(
            found,
            [DmaBufFormat {
                format: PixelFormat::Bgrx,
                modifiers: vec![0x0200_0000_0000_0a04],
            }]
        );
    }

    #[test]
    fn nothing_is_asked_of_an_encoder_that_imports_nothing_or_whose_importer_is_missing() {
        let candidates = Profile::candidates(crate::cast::codec::VideoCodec::Vp8);
        let software = candidates.iter().find(|profile| !profile.hardware);
        assert_eq!(accepted(software.expect("vp8enc")), []);
        let missing = Profile {
            from_dma_buf: Some("nosuchelement".into()),
            ..(**software.expect("vp8enc")).clone()
        };
        assert_eq!(accepted(&missing), []);
    }
}
