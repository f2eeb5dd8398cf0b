// SPDX-License-Identifier: GPL-3.0-or-later
//! Expansion of truncated ids against the vectors.

use serde::Deserialize;
use telecast::cast::expand;

use crate::support::typed_vectors;

#[derive(Deserialize)]
struct Expansion {
    nearest: Vec<Case>,
    at_most: Vec<Case>,
    greater_than: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    bits: u32,
    #[serde(alias = "upper_bound", alias = "lower_bound_exclusive")]
    reference: i64,
    truncated: u32,
    expanded: i64,
}

type Rule<T> = fn(T, i64) -> i64;

fn check(cases: &[Case], eight: Rule<u8>, sixteen: Rule<u16>, thirty_two: Rule<u32>) {
    assert!(!cases.is_empty());
    for Case {
        bits,
        reference,
        truncated,
        expanded,
    } in cases
    {
        let got = match bits {
            8 => eight(u8::try_from(*truncated).unwrap(), *reference),
            16 => sixteen(u16::try_from(*truncated).unwrap(), *reference),
            _ => thirty_two(*truncated, *reference),
        };
        assert_eq!(got, *expanded, "{truncated} of {bits} bits at {reference}");
    }
}

#[test]
fn truncated_numbers_expand_by_the_three_rules() {
    let expansion: Expansion = typed_vectors("expansion.json");
    check(
        &expansion.nearest,
        expand::nearest,
        expand::nearest,
        expand::nearest,
    );
    check(
        &expansion.at_most,
        expand::at_most,
        expand::at_most,
        expand::at_most,
    );
    check(
        &expansion.greater_than,
        expand::greater_than,
        expand::greater_than,
        expand::greater_than,
    );
}

#[test]
fn expansion_at_the_ends_of_the_range_does_not_panic() {
    for reference in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX] {
        for truncated in [0, 1, 127, 128, 255] {
            for expanded in [
                expand::nearest::<u8>(truncated, reference),
                expand::at_most::<u8>(truncated, reference),
                expand::greater_than::<u8>(truncated, reference),
            ] {
                assert_eq!(expanded.to_be_bytes()[7], truncated);
            }
        }
    }
}
