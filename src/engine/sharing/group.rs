// SPDX-License-Identifier: GPL-3.0-or-later
//! Which bitrates go together: bits per second in, yes or a range out. Pure arithmetic.

use std::ops::RangeInclusive;

/// Whether the highest is at most `percent` above the lowest. True of nothing.
pub(super) fn fits(rates: impl Iterator<Item = u32>, percent: u64) -> bool {
    let bounds = rates.fold(None, |bounds: Option<(u32, u32)>, rate| {
        Some(bounds.map_or((rate, rate), |(low, high)| (low.min(rate), high.max(rate))))
    });
    bounds.is_none_or(|(low, high)| high <= highest_beside(low, percent))
}

/// The range that holds most of these and fits; among equals the one of the highest bitrates, because those who leave
/// it ask for less.
pub(super) fn largest_cluster(rates: &[u32], percent: u64) -> RangeInclusive<u32> {
    let range = |low: u32| low..=highest_beside(low, percent);
    let count = |low: u32| {
        rates
            .iter()
            .filter(|rate| range(low).contains(*rate))
            .count()
    };
    let best = rates.iter().copied().max_by_key(|low| (count(*low), *low));
    best.map_or(0..=u32::MAX, range)
}

/// The highest bitrate that may share with this lowest one.
fn highest_beside(low: u32, percent: u64) -> u32 {
    let highest = u64::from(low) * (100 + percent) / 100;
    u32::try_from(highest).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bitrates_fit_within_the_percentage_of_the_lowest() {
        let cases: [(&[u32], bool); 6] = [
            (&[], true),
            (&[7], true),
            (&[1000, 1300], true),
            (&[1300, 1000, 1200], true),
            (&[1301, 1000], false),
            (&[0, 1], false),
        ];
        for (rates, expected) in cases {
            assert_eq!(fits(rates.iter().copied(), 30), expected, "{rates:?}");
        }
        assert!(fits([u32::MAX, u32::MAX].into_iter(), 30));
    }

    #[test]
    fn the_largest_cluster_is_kept_and_of_equal_ones_the_highest() {
        let cases: [(&[u32], &[u32]); 5] = [
            (&[100, 100, 50], &[100, 100]),
            (&[100, 50], &[100]),
            (&[100, 95, 90, 60, 55], &[100, 95, 90]),
            (&[100, 70, 60, 55], &[70, 60, 55]),
            (&[0, 0, 5], &[0, 0]),
        ];
        for (rates, expected) in cases {
            let range = largest_cluster(rates, 30);
            let kept: Vec<u32> = rates
                .iter()
                .copied()
                .filter(|rate| range.contains(rate))
                .collect();
            assert_eq!(kept, expected, "{rates:?}");
        }
    }
}
