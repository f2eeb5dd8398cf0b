// SPDX-License-Identifier: GPL-3.0-or-later
//! Writing and reading of PODs, PipeWire's self-describing values.

use std::io::Cursor;

use ::pipewire::spa::pod::deserialize::PodDeserializer;
use ::pipewire::spa::pod::serialize::PodSerializer;
use ::pipewire::spa::pod::{ChoiceValue, Object, Pod, Property, PropertyFlags, Value};
use ::pipewire::spa::utils::{Choice, ChoiceEnum, ChoiceFlags, Fraction, Id, Rectangle};

/// A POD in its wire form.
#[derive(Debug, Clone)]
pub(super) struct Encoded(Vec<u8>);

impl Encoded {
    /// The object as bytes; `None` when a value cannot be expressed.
    pub fn object(object: Object) -> Option<Self> {
        let (cursor, _) =
            PodSerializer::serialize(Cursor::new(Vec::new()), &Value::Object(object)).ok()?;
        Some(Encoded(cursor.into_inner()))
    }

    /// As what PipeWire's functions take.
    pub fn pod(&self) -> Option<&Pod> {
        Pod::from_bytes(&self.0)
    }
}

/// The PODs of a list, for `connect` and `update_params`.
pub(super) fn pods(list: &[Encoded]) -> Vec<&Pod> {
    list.iter().filter_map(Encoded::pod).collect()
}

/// The object in a POD that PipeWire handed us; `None` for anything else or anything malformed.
pub(super) fn read_object(pod: &Pod) -> Option<Object> {
    match PodDeserializer::deserialize_any_from(pod.as_bytes()) {
        Ok((_, Value::Object(object))) => Some(object),
        _ => None,
    }
}

pub(super) fn property(key: u32, value: Value) -> Property {
    Property::new(key, value)
}

pub(super) fn flagged(key: u32, flags: PropertyFlags, value: Value) -> Property {
    Property { key, flags, value }
}

pub(super) fn id(value: u32) -> Value {
    Value::Id(Id(value))
}

/// One of `values`, the first preferred; `None` for an empty list.
pub(super) fn one_of_ids(values: &[u32]) -> Option<Value> {
    let default = Id(*values.first()?);
    let alternatives = values.iter().map(|&value| Id(value)).collect();
    Some(Value::Choice(ChoiceValue::Id(Choice(
        ChoiceFlags::empty(),
        ChoiceEnum::Enum {
            default,
            alternatives,
        },
    ))))
}

/// One of `values`, the first preferred; `None` for an empty list.
pub(super) fn one_of_longs(values: &[i64]) -> Option<Value> {
    let default = *values.first()?;
    let alternatives = values.to_vec();
    Some(Value::Choice(ChoiceValue::Long(Choice(
        ChoiceFlags::empty(),
        ChoiceEnum::Enum {
            default,
            alternatives,
        },
    ))))
}

pub(super) fn int_range(default: i32, min: i32, max: i32) -> Value {
    Value::Choice(ChoiceValue::Int(Choice(
        ChoiceFlags::empty(),
        ChoiceEnum::Range { default, min, max },
    )))
}

pub(super) fn int_flags(value: i32) -> Value {
    let choice = ChoiceEnum::Flags {
        default: value,
        flags: vec![value],
    };
    Value::Choice(ChoiceValue::Int(Choice(ChoiceFlags::empty(), choice)))
}

pub(super) fn rectangle_range(default: (u32, u32), min: (u32, u32), max: (u32, u32)) -> Value {
    let [default, min, max] =
        [default, min, max].map(|(width, height)| Rectangle { width, height });
    Value::Choice(ChoiceValue::Rectangle(Choice(
        ChoiceFlags::empty(),
        ChoiceEnum::Range { default, min, max },
    )))
}

pub(super) fn fraction_range(default: u32, min: u32, max: u32) -> Value {
    let [default, min, max] = [default, min, max].map(|num| Fraction { num, denom: 1 });
    Value::Choice(ChoiceValue::Fraction(Choice(
        ChoiceFlags::empty(),
        ChoiceEnum::Range { default, min, max },
    )))
}
