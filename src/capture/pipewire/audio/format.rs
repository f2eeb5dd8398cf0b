// SPDX-License-Identifier: GPL-3.0-or-later
//! The one format of all audio streams: 48 kHz, stereo, interleaved floats; PipeWire converts to it.

use ::pipewire::spa::param::ParamType;
use ::pipewire::spa::param::audio::AudioFormat;
use ::pipewire::spa::param::format::{FormatProperties, MediaSubtype, MediaType};
use ::pipewire::spa::pod::{Object, Value, ValueArray};
use ::pipewire::spa::sys as spa;
use ::pipewire::spa::utils::{Id, SpaTypes};

use crate::capture::frame::{AUDIO_CHANNELS, AUDIO_RATE};
use crate::capture::pipewire::pod::{Encoded, id, property};

/// The offer for `connect`.
pub(super) fn offer() -> Option<Encoded> {
    let positions = vec![Id(spa::SPA_AUDIO_CHANNEL_FL), Id(spa::SPA_AUDIO_CHANNEL_FR)];
    Encoded::object(Object {
        type_: SpaTypes::ObjectParamFormat.as_raw(),
        id: ParamType::EnumFormat.as_raw(),
        properties: vec![
            property(
                FormatProperties::MediaType.as_raw(),
                id(MediaType::Audio.as_raw()),
            ),
            property(
                FormatProperties::MediaSubtype.as_raw(),
                id(MediaSubtype::Raw.as_raw()),
            ),
            property(
                FormatProperties::AudioFormat.as_raw(),
                id(AudioFormat::F32LE.as_raw()),
            ),
            property(
                FormatProperties::AudioRate.as_raw(),
                Value::Int(AUDIO_RATE as i32),
            ),
            property(
                FormatProperties::AudioChannels.as_raw(),
                Value::Int(AUDIO_CHANNELS as i32),
            ),
            property(
                FormatProperties::AudioPosition.as_raw(),
                Value::ValueArray(ValueArray::Id(positions)),
            ),
        ],
    })
}

/// Interleaved floats from their bytes; an incomplete frame at the end is left out.
pub(super) fn samples(bytes: &[u8]) -> Vec<f32> {
    let (frames, _) = bytes.as_chunks::<{ 4 * AUDIO_CHANNELS }>();
    let (samples, _) = frames.as_flattened().as_chunks::<4>();
    samples
        .iter()
        .map(|sample| f32::from_le_bytes(*sample))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_whole_frames() {
        let bytes: Vec<u8> = [0.5_f32, -1.0, 0.25]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        assert_eq!(samples(&bytes), [0.5, -1.0]);
        assert!(samples(&bytes[..7]).is_empty());
    }

    #[test]
    fn the_offer_can_be_expressed() {
        assert!(offer().unwrap().pod().is_some());
    }
}
