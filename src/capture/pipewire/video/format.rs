// SPDX-License-Identifier: GPL-3.0-or-later
//! What the video stream offers to the producer, and what the two have agreed on.
//!
//! Input: a [`Wish`]. Output: PODs for `connect` and `update_params`; [`Agreement`]s read from `param_changed`.

use ::pipewire::spa::param::ParamType;
use ::pipewire::spa::param::format::{FormatProperties, MediaSubtype, MediaType};
use ::pipewire::spa::param::video::VideoFormat;
use ::pipewire::spa::pod::{ChoiceValue, Object, Pod, PropertyFlags, Value};
use ::pipewire::spa::sys as spa;
use ::pipewire::spa::utils::{Choice, ChoiceEnum, Rectangle, SpaTypes};

use super::cursor;
use crate::capture::frame::{DmaBufFormat, PixelFormat};
use crate::capture::pipewire::pod::{
    Encoded, flagged, fraction_range, id, int_flags, int_range, one_of_ids, one_of_longs, property,
    read_object, rectangle_range,
};

/// Largest picture side that is negotiated, in pixels.
const MAX_SIDE: u32 = 16384;

/// Highest frame rate of a range.
const MAX_RATE: u32 = 1000;

/// Buffers that are asked for: fewer than four stall on some compositors, more than eight are only memory.
const BUFFERS: (i32, i32, i32) = (6, 4, 8);

/// Width and height of the pointer images that are asked for, in pixels, unless the producer wants another size.
const CURSOR_SIDE: u32 = 64;

/// Damage rectangles that a buffer has room for; producers merge when they have more.
const DAMAGE_REGIONS: i32 = 16;

/// Formats in the order in which we like them.
const FORMATS: [(PixelFormat, VideoFormat); 5] = [
    (PixelFormat::Bgrx, VideoFormat::BGRx),
    (PixelFormat::Rgbx, VideoFormat::RGBx),
    (PixelFormat::Bgra, VideoFormat::BGRA),
    (PixelFormat::Rgba, VideoFormat::RGBA),
    (PixelFormat::Nv12, VideoFormat::NV12),
];

/// What the consumer wants.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    /// Where the producer lets us choose the size (a virtual monitor); it then has exactly this one if it can.
    pub size: Option<(u32, u32)>,
    /// Highest rate in pictures a second, at least 1.
    pub max_fps: u32,
    /// What can be taken as DMA-BUF.
    pub dma_buf: Vec<DmaBufFormat>,
    /// Whether the transparent margin of its pictures is left out.
    pub trim_margin: bool,
    /// The mouse pointer comes as metadata.
    pub cursor: bool,
    /// What could be taken before: the producer may still answer to that.
    pub before: Vec<DmaBufFormat>,
}

impl Wish {
    /// Shared memory only.
    pub fn new(size: Option<(u32, u32)>, max_fps: u32) -> Wish {
        Wish {
            size,
            max_fps,
            dma_buf: Vec::new(),
            trim_margin: false,
            cursor: false,
            before: Vec::new(),
        }
    }
}

/// What the stream will carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Agreement {
    pub format: PixelFormat,
    pub size: (u32, u32),
    /// The DRM modifier when buffers are DMA-BUFs.
    pub modifier: Option<u64>,
}

/// What a `Format` parameter means for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Agreed; buffers may be made.
    Agreed(Agreement),
    /// Several modifiers are possible: answer with this one only (see [`fixated`]).
    Choose(Agreement),
    /// Nothing that we can read.
    Useless,
}

fn spa_format(format: PixelFormat) -> VideoFormat {
    FORMATS
        .iter()
        .find(|(ours, _)| *ours == format)
        .map_or(VideoFormat::Unknown, |(_, theirs)| *theirs)
}

fn object(
    wish: &Wish,
    exact_size: bool,
    format: Value,
    modifier: Option<(Value, PropertyFlags)>,
) -> Option<Encoded> {
    let size = match wish.size {
        Some((width, height)) if exact_size => Value::Rectangle(Rectangle { width, height }),
        size => rectangle_range(size.unwrap_or((1920, 1080)), (1, 1), (MAX_SIDE, MAX_SIDE)),
    };
    // A third more: a compositor that was asked for 30 holds back each picture of a source of 30 that comes a little early,
    // and loses some. Sources of twice the rate are still halved, and the encoder thins out the rest.
    let rate = wish.max_fps.clamp(1, MAX_RATE);
    let rate = (rate + rate / 3).min(MAX_RATE);
    let mut properties = vec![
        property(
            FormatProperties::MediaType.as_raw(),
            id(MediaType::Video.as_raw()),
        ),
        property(
            FormatProperties::MediaSubtype.as_raw(),
            id(MediaSubtype::Raw.as_raw()),
        ),
        property(FormatProperties::VideoFormat.as_raw(), format),
    ];
    if let Some((value, flags)) = modifier {
        properties.push(flagged(
            FormatProperties::VideoModifier.as_raw(),
            flags,
            value,
        ));
    }
    properties.extend([
        property(FormatProperties::VideoSize.as_raw(), size),
        // 0/1: a picture when something changes, which is what screens have.
        property(
            FormatProperties::VideoFramerate.as_raw(),
            fraction_range(0, 0, MAX_RATE),
        ),
        property(
            FormatProperties::VideoMaxFramerate.as_raw(),
            fraction_range(rate, 1, rate),
        ),
    ]);
    Encoded::object(Object {
        type_: SpaTypes::ObjectParamFormat.as_raw(),
        id: ParamType::EnumFormat.as_raw(),
        properties,
    })
}

/// All formats that we take, best first: DMA-BUF ones, then shared memory.
pub(super) fn offers(wish: &Wish) -> Vec<Encoded> {
    let exact: &[bool] = if wish.size.is_some() {
        &[true, false]
    } else {
        &[false]
    };
    let mut offers = Vec::new();
    for &exact_size in exact {
        for dma in &wish.dma_buf {
            let modifiers: Vec<i64> = dma
                .modifiers
                .iter()
                .map(|modifier| modifier.cast_signed())
                .collect();
            let flags = PropertyFlags::MANDATORY | PropertyFlags::DONT_FIXATE;
            if let Some(choice) = one_of_longs(&modifiers) {
                offers.extend(object(
                    wish,
                    exact_size,
                    id(spa_format(dma.format).as_raw()),
                    Some((choice, flags)),
                ));
            }
        }
        // The pointer is drawn into packed pixels only.
        let formats: Vec<u32> = FORMATS
            .iter()
            .filter(|(ours, _)| !wish.cursor || *ours != PixelFormat::Nv12)
            .map(|(_, format)| format.as_raw())
            .collect();
        if let Some(formats) = one_of_ids(&formats) {
            offers.extend(object(wish, exact_size, formats, None));
        }
    }
    offers
}

/// The offers with one modifier of one format put first, as answer to [`Verdict::Choose`].
pub(super) fn fixated(wish: &Wish, chosen: Agreement) -> Vec<Encoded> {
    let modifier = chosen
        .modifier
        .map(|m| (Value::Long(m.cast_signed()), PropertyFlags::MANDATORY));
    let exact = wish.size == Some(chosen.size);
    let first = object(
        wish,
        exact,
        id(spa_format(chosen.format).as_raw()),
        modifier,
    );
    first.into_iter().chain(offers(wish)).collect()
}

/// Reads a `Format` parameter.
pub(super) fn read(pod: &Pod, wish: &Wish) -> Verdict {
    read_object(pod)
        .and_then(|object| verdict(&object, wish))
        .unwrap_or(Verdict::Useless)
}

fn verdict(object: &Object, wish: &Wish) -> Option<Verdict> {
    let find = |key: FormatProperties| {
        let mut properties = object.properties.iter();
        properties.find(|property| property.key == key.as_raw())
    };
    if fixed_id(&find(FormatProperties::MediaType)?.value)? != MediaType::Video.as_raw()
        || fixed_id(&find(FormatProperties::MediaSubtype)?.value)? != MediaSubtype::Raw.as_raw()
    {
        return None;
    }
    let format = fixed_id(&find(FormatProperties::VideoFormat)?.value)?;
    let known = FORMATS
        .into_iter()
        .find(|(_, theirs)| theirs.as_raw() == format);
    let (format, _) = known?;
    let size = fixed_size(&find(FormatProperties::VideoSize)?.value)?;
    if !(1..=MAX_SIDE).contains(&size.width) || !(1..=MAX_SIDE).contains(&size.height) {
        return None;
    }
    let mut agreement = Agreement {
        format,
        size: (size.width, size.height),
        modifier: None,
    };
    let Some(modifier) = find(FormatProperties::VideoModifier) else {
        return Some(Verdict::Agreed(agreement));
    };
    let ours = wish.dma_buf.iter().chain(&wish.before);
    let ours = ours.filter(|dma| dma.format == format);
    agreement.modifier = Some(best_modifier(
        ours.flat_map(|dma| dma.modifiers.iter().copied()),
        &modifier.value,
    )?);
    Some(if modifier.flags.contains(PropertyFlags::DONT_FIXATE) {
        Verdict::Choose(agreement)
    } else {
        Verdict::Agreed(agreement)
    })
}

/// A fixed value is a plain one, or a choice that has been reduced to its default.
fn fixed_id(value: &Value) -> Option<u32> {
    match value {
        Value::Id(id) | Value::Choice(ChoiceValue::Id(Choice(_, ChoiceEnum::None(id)))) => {
            Some(id.0)
        }
        _ => None,
    }
}

fn fixed_size(value: &Value) -> Option<Rectangle> {
    match value {
        Value::Rectangle(size)
        | Value::Choice(ChoiceValue::Rectangle(Choice(_, ChoiceEnum::None(size)))) => Some(*size),
        _ => None,
    }
}

/// The first of our modifiers that is among theirs.
fn best_modifier(mut ours: impl Iterator<Item = u64>, theirs: &Value) -> Option<u64> {
    let theirs: Vec<i64> = match theirs {
        Value::Long(only) | Value::Choice(ChoiceValue::Long(Choice(_, ChoiceEnum::None(only)))) => {
            vec![*only]
        }
        Value::Choice(ChoiceValue::Long(Choice(
            _,
            ChoiceEnum::Enum {
                default,
                alternatives,
            },
        ))) => std::iter::once(default)
            .chain(alternatives)
            .copied()
            .collect(),
        _ => return None,
    };
    ours.find(|modifier| theirs.contains(&modifier.cast_signed()))
}

/// How buffers shall be made: their number and kind of memory, and the metadata that they carry.
pub(super) fn buffer_params(dma_buf: bool, cursor: bool) -> Vec<Encoded> {
    let kinds = if dma_buf {
        1 << spa::SPA_DATA_DmaBuf
    } else {
        1 << spa::SPA_DATA_MemFd | 1 << spa::SPA_DATA_MemPtr
    };
    let (default, min, max) = BUFFERS;
    let buffers = Object {
        type_: SpaTypes::ObjectParamBuffers.as_raw(),
        id: ParamType::Buffers.as_raw(),
        properties: vec![
            property(spa::SPA_PARAM_BUFFERS_buffers, int_range(default, min, max)),
            property(spa::SPA_PARAM_BUFFERS_dataType, int_flags(kinds)),
        ],
    };
    let region = size_of::<spa::spa_meta_region>() as i32;
    // No `SPA_META_SyncTimeline`: whoever offers it has to wait for the timeline's acquire point before it reads, and to
    // signal the release point when it has read, and both are ioctls of a DRM device (`DRM_IOCTL_SYNCOBJ_*`), which neither
    // PipeWire nor GStreamer does for us. Without it producers finish drawing first, or leave implicit fences in the buffer,
    // for which the GPU of the encoder waits by itself.
    let metas = [
        (
            spa::SPA_META_Header,
            Value::Int(size_of::<spa::spa_meta_header>() as i32),
        ),
        (spa::SPA_META_VideoCrop, Value::Int(region)),
        (
            spa::SPA_META_VideoTransform,
            Value::Int(size_of::<spa::spa_meta_videotransform>() as i32),
        ),
        (
            spa::SPA_META_VideoDamage,
            int_range(region * DAMAGE_REGIONS, region, region * DAMAGE_REGIONS),
        ),
    ];
    let side = |pixels| cursor::meta_size(pixels) as i32;
    let (default, max) = (side(CURSOR_SIDE), side(cursor::MAX_SIDE));
    let cursor = cursor.then(|| (spa::SPA_META_Cursor, int_range(default, side(1), max)));
    let metas = metas.into_iter().chain(cursor).map(|(kind, size)| Object {
        type_: SpaTypes::ObjectParamMeta.as_raw(),
        id: ParamType::Meta.as_raw(),
        properties: vec![
            property(spa::SPA_PARAM_META_type, id(kind)),
            property(spa::SPA_PARAM_META_size, size),
        ],
    });
    std::iter::once(buffers)
        .chain(metas)
        .filter_map(Encoded::object)
        .collect()
}

#[cfg(test)]
mod tests;
