// SPDX-License-Identifier: GPL-3.0-or-later
//! What was measured of one thing over the time, and whether that is flat.

use std::time::Duration;

use serde_json::{Value, json};

use crate::statistics::slope;

/// How much a thing may grow, by the line through its points, from the first to the last of them.
#[derive(Debug, Clone, Copy)]
pub struct Bound {
    /// However short the run is: two moments of the same state differ by so much.
    pub noise: f64,
    /// And so much for each hour.
    pub an_hour: f64,
}

/// Memory, in MB. The noise is the allocators' (arenas of threads that come and go, buffers of GStreamer's pools, pages that
/// are given back late). A frame that is lost to us with each absence would be 10 kB times 24 an hour, a packet for each one
/// that the network loses 1 MB an hour, an encoder for each change of the size more than 100 MB.
pub const MEMORY: Bound = Bound {
    noise: 3.0,
    an_hour: 1.0,
};
/// Descriptors: what is open in fair weather is always the same, but for one that is just being opened.
pub const DESCRIPTORS: Bound = Bound {
    noise: 1.0,
    an_hour: 0.0,
};
/// Threads: those for calls that wait are ended some seconds after the last one.
pub const THREADS: Bound = Bound {
    noise: 2.0,
    an_hour: 0.0,
};
/// PipeWire's objects: nodes, ports, links and clients are the same in each fair weather.
pub const OBJECTS: Bound = Bound {
    noise: 0.5,
    an_hour: 0.0,
};

/// One thing, moment by moment.
#[derive(Debug)]
pub struct Series {
    pub name: String,
    pub unit: &'static str,
    bound: Bound,
    /// Hours since the start, and how much.
    points: Vec<(f64, f64)>,
}

impl Series {
    pub fn new(name: String, unit: &'static str, bound: Bound) -> Series {
        Series {
            name,
            unit,
            bound,
            points: Vec::new(),
        }
    }

    /// Adds a point.
    pub fn add(&mut self, since_start: Duration, value: f64) {
        self.points
            .push((since_start.as_secs_f64() / 3600.0, value));
    }

    /// What it is like from this time on.
    pub fn judge(&self, from: Duration) -> Judgement {
        let from = from.as_secs_f64() / 3600.0;
        let points: Vec<(f64, f64)> = self
            .points
            .iter()
            .copied()
            .filter(|(at, _)| *at >= from)
            .collect();
        let span = match (points.first(), points.last()) {
            (Some((first, _)), Some((last, _))) => last - first,
            _ => 0.0,
        };
        let an_hour = slope(&points);
        let values = || points.iter().map(|(_, value)| *value);
        Judgement {
            points: points.len(),
            mean: values().sum::<f64>() / points.len() as f64,
            least: values().fold(f64::INFINITY, f64::min),
            most: values().fold(f64::NEG_INFINITY, f64::max),
            an_hour,
            growth: an_hour * span,
            may_grow: self.bound.noise + self.bound.an_hour * span,
        }
    }
}

/// What a series is like.
#[derive(Debug, Clone, Copy)]
pub struct Judgement {
    pub points: usize,
    pub mean: f64,
    pub least: f64,
    pub most: f64,
    /// The slope.
    pub an_hour: f64,
    /// From the first point to the last.
    pub growth: f64,
    pub may_grow: f64,
}

impl Judgement {
    /// False, too, for what was not measured.
    pub fn is_flat(&self) -> bool {
        self.growth <= self.may_grow
    }

    /// The row of the file.
    pub fn row(&self, series: &Series) -> Value {
        json!({
            "name": series.name,
            "unit": series.unit,
            "points": self.points,
            "mean": self.mean,
            "least": self.least,
            "most": self.most,
            "slope_per_hour": self.an_hour,
            "growth": self.growth,
            "may_grow": self.may_grow,
            "flat": self.is_flat(),
        })
    }
}
