// SPDX-License-Identifier: GPL-3.0-or-later
//! Full numbers from the low bits that travel on the wire. Input: truncated value and a bound; output: the full value.
//!
//! The protocol truncates frame ids to 8 bits, sequence numbers to 16 and RTP timestamps to 32, and expands them by
//! three different rules, depending on what the reader knows:
//!
//! | rule | used for |
//! |---|---|
//! | [`nearest`] | frame ids, references and timestamps in RTP, sequence numbers |
//! | [`at_most`] | the checkpoint in feedback: never above the newest frame that was sent |
//! | [`greater_than`] | frame ids of loss fields: always above the checkpoint |
//!
//! The arithmetic wraps at the ends of `i64` and so never panics; no stream comes near them.

mod sealed {
    pub trait Width: Copy + Into<u32> {
        const BITS: u32;
    }
    impl Width for u8 {
        const BITS: u32 = 8;
    }
    impl Width for u16 {
        const BITS: u32 = 16;
    }
    impl Width for u32 {
        const BITS: u32 = 32;
    }
}

/// A truncated value: `u8`, `u16` or `u32`.
pub trait Truncated: sealed::Width {}
impl<T: sealed::Width> Truncated for T {}

/// The distance going up from `from` to the next number that ends in the bits of `to`: 0 up to 2ⁿ − 1.
fn steps_up<T: Truncated>(from: i64, to: T) -> i64 {
    let mask = (1_i64 << T::BITS) - 1;
    i64::from(to.into()).wrapping_sub(from) & mask
}

/// The number closest to `reference` that ends in these bits: from `reference` − 2ⁿ⁻¹ to `reference` + 2ⁿ⁻¹ − 1.
///
/// ```
/// # use telecast::cast::expand::nearest;
/// assert_eq!(nearest(1_u8, 510), 513);
/// assert_eq!(nearest(255_u8, 0), -1);
/// ```
pub fn nearest<T: Truncated>(truncated: T, reference: i64) -> i64 {
    let up = steps_up(reference, truncated);
    let span = 1_i64 << T::BITS;
    reference.wrapping_add(if up >= span / 2 { up - span } else { up })
}

/// The greatest number that ends in these bits and is not above `upper_bound`.
///
/// ```
/// # use telecast::cast::expand::at_most;
/// assert_eq!(at_most(10_u8, 0x22A), 0x20A);
/// ```
pub fn at_most<T: Truncated>(truncated: T, upper_bound: i64) -> i64 {
    let up = steps_up(upper_bound, truncated);
    let span = 1_i64 << T::BITS;
    upper_bound.wrapping_sub((span - up) & (span - 1))
}

/// The smallest number that ends in these bits and is above `lower_bound`.
///
/// ```
/// # use telecast::cast::expand::greater_than;
/// assert_eq!(greater_than(10_u8, 10), 266);
/// ```
pub fn greater_than<T: Truncated>(truncated: T, lower_bound: i64) -> i64 {
    let first = lower_bound.wrapping_add(1);
    first.wrapping_add(steps_up(first, truncated))
}
