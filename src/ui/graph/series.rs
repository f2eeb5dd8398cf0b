// SPDX-License-Identifier: GPL-3.0-or-later
//! The points of a graph: one a second in, those of the last minute out. A ring of fixed size; knows no widget.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::engine::SAMPLES;

/// Lines of a graph: measured, companion, reference.
pub const LINES: usize = 3;

/// Values of one moment; `None` is a gap in its line.
pub type Values = [Option<f64>; LINES];

/// One moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When it was measured.
    pub at: Instant,
    /// What was measured.
    pub values: Values,
}

/// The newest points, oldest first.
#[derive(Debug)]
pub struct Series(VecDeque<Point>);

impl Default for Series {
    fn default() -> Self {
        Series(VecDeque::with_capacity(SAMPLES))
    }
}

impl Series {
    /// One more; the oldest goes when there is no room.
    pub fn push(&mut self, point: Point) {
        if self.0.len() == SAMPLES {
            self.0.pop_front();
        }
        self.0.push_back(point);
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The newest.
    pub fn last(&self) -> Option<Point> {
        self.0.back().copied()
    }

    /// Oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Point> + ExactSizeIterator {
        self.0.iter().copied()
    }

    /// The largest value of all lines.
    pub fn most(&self) -> f64 {
        let values = self.iter().flat_map(|point| point.values);
        values.flatten().fold(0.0, f64::max)
    }

    /// The point that is nearest to an age before the newest one, with its place.
    pub fn nearest(&self, age: Duration) -> Option<(usize, Point)> {
        let newest = self.last()?.at;
        let distance = |point: &Point| {
            let its = newest.saturating_duration_since(point.at);
            its.abs_diff(age)
        };
        self.iter()
            .enumerate()
            .min_by_key(|(_, point)| distance(point))
    }

    /// The point so many places before the newest.
    pub fn back(&self, places: usize) -> Option<Point> {
        let place = self.0.len().checked_sub(places + 1)?;
        self.0.get(place).copied()
    }
}

/// The top of a scale that has room for `most`: the smallest step that is not below it, the largest one for what is above
/// all. As `most` is that of a whole minute, a scale grows at once and shrinks after a minute.
pub fn top(steps: &[f64], most: f64) -> f64 {
    let fits = steps.iter().copied().find(|step| *step >= most);
    let largest = || steps.last().copied().unwrap_or(1.0);
    fits.unwrap_or_else(largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(seconds: u64) -> Series {
        let (mut series, start) = (Series::default(), Instant::now());
        for second in 0..seconds {
            series.push(Point {
                at: start + Duration::from_secs(second),
                values: [Some(second as f64), None, None],
            });
        }
        series
    }

    fn first(point: Point) -> Option<f64> {
        point.values[0]
    }

    #[test]
    fn the_ring_keeps_the_newest_and_never_grows() {
        let mut series = series(500);
        assert_eq!(series.iter().len(), SAMPLES);
        assert_eq!(series.iter().next().and_then(first), Some(438.0));
        assert_eq!(series.last().and_then(first), Some(499.0));
        assert_eq!((series.most(), series.0.capacity()), (499.0, SAMPLES));
        series.clear();
        assert_eq!((series.last(), series.most()), (None, 0.0));
    }

    #[test]
    fn points_are_found_by_age_and_by_place() {
        let series = series(20);
        let near = |ms| series.nearest(Duration::from_millis(ms));
        assert_eq!(near(0).map(|(place, _)| place), Some(19));
        assert_eq!(near(4400).and_then(|(_, point)| first(point)), Some(15.0));
        assert_eq!(near(90_000).map(|(place, _)| place), Some(0));
        assert_eq!(series.back(2).and_then(first), Some(17.0));
        assert_eq!(series.back(20), None);
        assert_eq!(Series::default().nearest(Duration::ZERO), None);
    }

    #[expect(clippy::float_cmp, reason = "the steps themselves, never computed")]
    #[test]
    fn a_scale_grows_in_steps_and_shrinks_when_a_peak_has_left_the_minute() {
        const STEPS: &[f64] = &[4.0, 8.0, 16.0];
        let tops = [0.0, 4.0, 4.1, 9.0, 99.0].map(|most| top(STEPS, most));
        assert_eq!(tops, [4.0, 4.0, 8.0, 16.0, 16.0]);
        let (mut series, start) = (Series::default(), Instant::now());
        let mut shown = Vec::new();
        for second in 0..80 {
            let value = if second == 10 { 12.0 } else { 3.0 };
            series.push(Point {
                at: start + Duration::from_secs(second),
                values: [Some(value), None, None],
            });
            shown.push(top(STEPS, series.most()));
        }
        let high = shown.iter().filter(|top| **top == 16.0).count();
        assert_eq!(shown.iter().position(|top| *top == 16.0), Some(10));
        assert_eq!((high, shown[79]), (SAMPLES, 4.0));
    }
}
