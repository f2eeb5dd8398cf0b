// SPDX-License-Identifier: GPL-3.0-or-later
//! Reading of the vectors under `tests/data`.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// The path of a file under `tests/data`.
pub fn data_path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "data", name]
        .iter()
        .collect()
}

/// The whole of one vector file.
pub fn vectors(name: &str) -> Value {
    let text = std::fs::read_to_string(data_path(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The whole of one vector file, in the shape of the test.
pub fn typed_vectors<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_value(vectors(name)).unwrap()
}

/// The cases of one list of a vector file; never empty.
pub fn cases<'a>(file: &'a Value, list: &str) -> &'a [Value] {
    let cases = file[list].as_array().unwrap();
    assert!(!cases.is_empty(), "{list} is empty");
    cases
}

/// A hex field.
pub fn bytes(case: &Value, field: &str) -> Vec<u8> {
    let text = case[field].as_str().unwrap();
    assert!(text.len().is_multiple_of(2), "{field}: {text}");
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// An unsigned field.
pub fn uint(case: &Value, field: &str) -> u64 {
    case[field]
        .as_u64()
        .unwrap_or_else(|| panic!("{field} of {case}"))
}
