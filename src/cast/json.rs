// SPDX-License-Identifier: GPL-3.0-or-later
//! How numbers, words and lists are read out of a peer's JSON.
//!
//! The rules are those of the peers' parsers (`JsonCpp` through Open Screen's `json_helpers.cc`): an integer may be written
//! `30` or `30.0`, not `30.5` or `"30"`; a negative one counts as absent. Depth is bounded by `serde_json` (128 levels),
//! size by the 64 KiB of a message.

use std::num::NonZeroU16;

use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_json::Value;

/// An object out of a text; `None` for anything else.
pub(crate) fn object(text: &str) -> Option<Value> {
    serde_json::from_str::<Value>(text)
        .ok()
        .filter(Value::is_object)
}

/// A whole number in 0..=2³¹−1, as Open Screen's `TryParseInt` reads it.
pub(crate) fn int(value: &Value) -> Option<u32> {
    uint(value).filter(|number| i32::try_from(*number).is_ok())
}

/// A whole number in 0..=2³²−1.
pub(crate) fn uint(value: &Value) -> Option<u32> {
    match value.as_u64() {
        Some(number) => u32::try_from(number).ok(),
        None => value
            .as_f64()
            .filter(|x| x.fract() == 0.0 && (0.0..=4_294_967_295.0).contains(x))
            .map(|x| x as u32),
    }
}

/// A whole number in 1..=65535.
pub(crate) fn port(value: &Value) -> Option<NonZeroU16> {
    int(value)
        .and_then(|number| u16::try_from(number).ok())
        .and_then(NonZeroU16::new)
}

/// Text, not empty.
pub(crate) fn word(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

/// All entries of a list by `read`; `None` if it is no list or one entry does not fit.
pub(crate) fn list<T>(value: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    value.as_array()?.iter().map(read).collect()
}

/// For `#[serde(deserialize_with)]`: the value if it fits, the default if it does not, so that one strange field does not
/// cost the whole message.
pub(crate) fn tolerant<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let value = Value::deserialize(from)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// For `#[serde(deserialize_with)]`: the entries of a list that fit; nothing if it is no list.
pub(crate) fn tolerant_list<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    match Value::deserialize(from)? {
        Value::Array(entries) => Ok(entries
            .into_iter()
            .filter_map(|entry| serde_json::from_value(entry).ok())
            .collect()),
        _ => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn integers_may_have_an_empty_fraction_but_neither_sign_nor_quotes() {
        for (value, expected) in [
            (json!(30), Some(30)),
            (json!(30.0), Some(30)),
            (json!(0), Some(0)),
            (json!(2_147_483_647), Some(2_147_483_647)),
            (json!(2_147_483_648_u32), None),
            (json!(30.5), None),
            (json!("30"), None),
            (json!(null), None),
            (json!(-1), None),
            (json!(true), None),
            (json!(1e300), None),
        ] {
            assert_eq!(int(&value), expected, "{value}");
        }
        assert_eq!(uint(&json!(4_294_967_295_u32)), Some(u32::MAX));
        assert_eq!(uint(&json!(4_294_967_295.0)), Some(u32::MAX));
        assert_eq!(uint(&json!(4_294_967_296_u64)), None);
    }

    #[test]
    fn a_text_nested_too_deep_is_no_object() {
        assert_eq!(object(&"{\"a\":".repeat(10_000)), None);
        assert_eq!(object(&("[".repeat(200) + &"]".repeat(200))), None);
        assert_eq!(object("[]"), None);
    }
}
