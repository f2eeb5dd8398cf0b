// SPDX-License-Identifier: GPL-3.0-or-later
//! What the producer offers and asks for, as PODs.

use std::io::Cursor;

use pipewire::spa::param::ParamType;
use pipewire::spa::pod::serialize::PodSerializer;
use pipewire::spa::pod::{ChoiceValue, Object, Pod, Property, PropertyFlags, Value};
use pipewire::spa::sys as spa;
use pipewire::spa::utils::{Choice, ChoiceEnum, ChoiceFlags, Fraction, Id, Rectangle, SpaTypes};
use pipewire::stream::Stream;

use super::Spec;

/// Bytes of the pointer's metadata, with an image of at most 32 x 32 pixels.
const POINTER_ROOM: usize =
    size_of::<spa::spa_meta_cursor>() + size_of::<spa::spa_meta_bitmap>() + 32 * 32 * 4;

fn bytes(object: Object) -> Vec<u8> {
    PodSerializer::serialize(Cursor::new(Vec::new()), &Value::Object(object))
        .unwrap()
        .0
        .into_inner()
}

pub(super) fn formats(spec: &Spec) -> Vec<Vec<u8>> {
    let property = |key, value| Property::new(key, value);
    let format = |id: u32, in_dma_buf: bool| {
        let mut properties = vec![
            property(
                spa::SPA_FORMAT_mediaType,
                Value::Id(Id(spa::SPA_MEDIA_TYPE_video)),
            ),
            property(
                spa::SPA_FORMAT_mediaSubtype,
                Value::Id(Id(spa::SPA_MEDIA_SUBTYPE_raw)),
            ),
            property(spa::SPA_FORMAT_VIDEO_format, Value::Id(Id(id))),
        ];
        if let Some(&default) = spec.modifiers.first().filter(|_| in_dma_buf) {
            properties.push(Property {
                key: spa::SPA_FORMAT_VIDEO_modifier,
                flags: PropertyFlags::MANDATORY | PropertyFlags::DONT_FIXATE,
                value: Value::Choice(ChoiceValue::Long(Choice(
                    ChoiceFlags::empty(),
                    ChoiceEnum::Enum {
                        default,
                        alternatives: spec.modifiers.clone(),
                    },
                ))),
            });
        }
        let fraction = |num| Fraction { num, denom: 1 };
        properties.extend([
            property(
                spa::SPA_FORMAT_VIDEO_size,
                Value::Rectangle(Rectangle {
                    width: spec.size.0,
                    height: spec.size.1,
                }),
            ),
            property(
                spa::SPA_FORMAT_VIDEO_framerate,
                Value::Fraction(fraction(0)),
            ),
            property(
                spa::SPA_FORMAT_VIDEO_maxFramerate,
                Value::Choice(ChoiceValue::Fraction(Choice(
                    ChoiceFlags::empty(),
                    ChoiceEnum::Range {
                        default: fraction(60),
                        min: fraction(1),
                        max: fraction(60),
                    },
                ))),
            ),
        ]);
        bytes(Object {
            type_: SpaTypes::ObjectParamFormat.as_raw(),
            id: ParamType::EnumFormat.as_raw(),
            properties,
        })
    };
    let in_dma_buf = spec.formats.iter().map(|&id| format(id, true));
    let plain = spec.formats.iter().map(|&id| format(id, false));
    in_dma_buf.chain(plain.filter(|_| spec.plain_too)).collect()
}

fn int(value: i32) -> Value {
    Value::Int(value)
}

pub(super) fn buffers(spec: &Spec, stride: i32, kind: u32) -> Vec<Vec<u8>> {
    let property = |key, value| Property::new(key, value);
    let mut params = vec![bytes(Object {
        type_: SpaTypes::ObjectParamBuffers.as_raw(),
        id: ParamType::Buffers.as_raw(),
        properties: vec![
            property(spa::SPA_PARAM_BUFFERS_buffers, int(spec.buffers)),
            property(spa::SPA_PARAM_BUFFERS_blocks, int(1)),
            property(
                spa::SPA_PARAM_BUFFERS_size,
                int(stride * spec.size.1 as i32),
            ),
            property(spa::SPA_PARAM_BUFFERS_stride, int(stride)),
            property(
                spa::SPA_PARAM_BUFFERS_dataType,
                Value::Choice(ChoiceValue::Int(Choice(
                    ChoiceFlags::empty(),
                    ChoiceEnum::Flags {
                        default: 1 << kind,
                        flags: vec![1 << kind],
                    },
                ))),
            ),
        ],
    })];
    let pointer = spec.pointer.then_some((spa::SPA_META_Cursor, POINTER_ROOM));
    for (kind, size) in [
        (spa::SPA_META_Header, size_of::<spa::spa_meta_header>()),
        (spa::SPA_META_VideoCrop, size_of::<spa::spa_meta_region>()),
        (
            spa::SPA_META_VideoTransform,
            size_of::<spa::spa_meta_videotransform>(),
        ),
        (
            spa::SPA_META_VideoDamage,
            size_of::<spa::spa_meta_region>() * 4,
        ),
    ]
    .into_iter()
    .chain(pointer)
    {
        params.push(bytes(Object {
            type_: SpaTypes::ObjectParamMeta.as_raw(),
            id: ParamType::Meta.as_raw(),
            properties: vec![
                property(spa::SPA_PARAM_META_type, Value::Id(Id(kind))),
                property(spa::SPA_PARAM_META_size, int(size as i32)),
            ],
        }));
    }
    params
}

pub(super) fn update(stream: &Stream, params: &[Vec<u8>]) {
    let mut pods: Vec<&Pod> = params
        .iter()
        .map(|param| Pod::from_bytes(param).unwrap())
        .collect();
    stream.update_params(&mut pods).unwrap();
}
