// SPDX-License-Identifier: GPL-3.0-or-later
//! The picture of a graph: points, size and colours in, GSK nodes out. Decides nothing about time or values.
//!
//! ```text
//!  ┌──────────────────────────┬────┐
//!  │┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈│ 16 │  three lines of the scale, their values at the end
//!  │┈┈┈┈╱╲┈┈╭─────╮┈┈┈┈┈┈┈┈┈┈┈│  8 │  dashed reference, companion, measured with its fill: in this order
//!  │────────────────────────▶ │  0 │  time runs in the direction of reading
//!  └──────────────────────────┴────┘
//! ```

use std::time::{Duration, Instant};

use gtk4::gdk::RGBA;
use gtk4::prelude::*;
use gtk4::{graphene, gsk, pango};

use super::palette;
use super::series::{LINES, Point, Series};
use crate::engine::HISTORY;

/// Widths of lines in pixels.
const LINE: f32 = 1.75;
const DASHED: f32 = 1.25;
const STRONG: f32 = 2.5;

/// Room for the strongest line above and below.
const EDGE: f32 = 2.0;

/// Between plot and scale.
const GAP: f32 = 8.0;

/// The fill below the measured line, at the top of the scale and at its foot.
const FILL: (f32, f32) = (0.34, 0.08);

/// What the picture is made of.
pub struct Plot<'a> {
    /// The points.
    pub series: &'a Series,
    /// The top of the scale.
    pub top: f64,
    /// The moment at the newest end.
    pub now: Instant,
    /// Of the whole widget, in pixels.
    pub size: (f32, f32),
    /// Texts of the scale: top, middle, foot.
    pub scale: &'a [pango::Layout; 3],
    /// The text colour.
    pub foreground: RGBA,
    /// Whether the surroundings are dark.
    pub dark: bool,
    /// Whether strong contrast is wanted.
    pub contrast: bool,
    /// Whether text runs from right to left.
    pub rtl: bool,
    /// A point to be marked.
    pub marked: Option<Point>,
}

impl Plot<'_> {
    /// The width of the part with the lines, for a scale of these texts.
    pub fn width(size: (f32, f32), scale: &[pango::Layout; 3]) -> f32 {
        let widest = scale.iter().map(|text| text.pixel_size().0).max();
        (size.0 - GAP - widest.unwrap_or_default() as f32).max(1.0)
    }

    /// Draws it.
    pub fn draw(&self, to: &gtk4::Snapshot) {
        let width = Plot::width(self.size, self.scale);
        let half_text = self.scale[0].pixel_size().1 as f32 / 2.0;
        let (above, below) = (half_text.max(EDGE), (self.size.1 - half_text).max(EDGE));
        self.draw_scale(to, width, (above, below));
        let start = if self.rtl { self.size.0 - width } else { 0.0 };
        let clip = graphene::Rect::new(start, 0.0, width, self.size.1);
        to.push_clip(&clip);
        for line in (0..LINES).rev() {
            self.draw_line(to, line, width, (above, below));
        }
        to.pop();
        if let Some(point) = self.marked {
            self.draw_mark(to, &point, width, (above, below));
        }
    }

    fn draw_scale(&self, to: &gtk4::Snapshot, width: f32, (above, below): (f32, f32)) {
        let faint = self
            .foreground
            .with_alpha(if self.contrast { 0.5 } else { 0.15 });
        let foot = self
            .foreground
            .with_alpha(if self.contrast { 0.9 } else { 0.3 });
        let text = self
            .foreground
            .with_alpha(if self.contrast { 1.0 } else { 0.62 });
        let start = if self.rtl { self.size.0 - width } else { 0.0 };
        for (index, layout) in self.scale.iter().enumerate() {
            let y = (above + (below - above) * index as f32 / 2.0).round();
            let line = graphene::Rect::new(start, y, width, 1.0);
            to.append_color(if index == 2 { &foot } else { &faint }, &line);
            let (wide, high) = layout.pixel_size();
            let x = if self.rtl {
                0.0
            } else {
                self.size.0 - wide as f32
            };
            to.save();
            to.translate(&graphene::Point::new(x, y - high as f32 / 2.0));
            to.append_layout(layout, &text);
            to.restore();
        }
    }

    fn draw_line(&self, to: &gtk4::Snapshot, line: usize, width: f32, (above, below): (f32, f32)) {
        let is_measured = line == 0;
        let colour = match line {
            0 => palette::measured(self.dark),
            1 => palette::companion(self.dark),
            _ => palette::reference(&self.foreground),
        };
        let thickness = match line {
            _ if self.contrast => STRONG,
            0 | 1 => LINE,
            _ => DASHED,
        };
        let stroke = gsk::Stroke::new(thickness);
        stroke.set_line_join(gsk::LineJoin::Round);
        if line == 2 {
            stroke.set_dash(&[3.0, 3.0]);
        }
        for run in self.runs(line, width, (above, below)) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else {
                continue;
            };
            if is_measured && !self.contrast {
                let area = path(&run, |builder| {
                    builder.line_to(last.0, below);
                    builder.line_to(first.0, below);
                    builder.close();
                });
                let bounds = graphene::Rect::new(0.0, above, self.size.0, below - above);
                to.push_fill(&area, gsk::FillRule::Winding);
                to.append_linear_gradient(
                    &bounds,
                    &graphene::Point::new(0.0, above),
                    &graphene::Point::new(0.0, below),
                    &[
                        gsk::ColorStop::new(0.0, colour.with_alpha(FILL.0)),
                        gsk::ColorStop::new(1.0, colour.with_alpha(FILL.1)),
                    ],
                );
                to.pop();
            }
            to.append_stroke(&path(&run, |_| {}), &stroke, &colour);
        }
    }

    /// The line's points in pixels, cut where a value is missing.
    fn runs(&self, line: usize, width: f32, plot: (f32, f32)) -> Vec<Vec<(f32, f32)>> {
        let mut runs = vec![Vec::new()];
        for point in self.series.iter() {
            match (point.values.get(line).copied().flatten(), runs.last_mut()) {
                (Some(value), Some(run)) => run.push(self.place(point.at, value, width, plot)),
                _ => runs.push(Vec::new()),
            }
        }
        runs.retain(|run| run.len() > 1);
        runs
    }

    fn place(&self, at: Instant, value: f64, width: f32, (above, below): (f32, f32)) -> (f32, f32) {
        let part = (value / self.top).clamp(0.0, 1.0) as f32;
        (self.x(at, width), below - (below - above) * part)
    }

    fn x(&self, at: Instant, width: f32) -> f32 {
        // What is newer than the end of the plot is drawn beyond it, and clipped.
        let age = match self.now.checked_duration_since(at) {
            Some(age) => age.as_secs_f32(),
            None => -at.saturating_duration_since(self.now).as_secs_f32(),
        };
        let from_start = width * (1.0 - age / HISTORY.as_secs_f32());
        if self.rtl {
            self.size.0 - from_start
        } else {
            from_start
        }
    }

    fn draw_mark(
        &self,
        to: &gtk4::Snapshot,
        point: &Point,
        width: f32,
        (above, below): (f32, f32),
    ) {
        let x = self.x(point.at, width);
        let line = graphene::Rect::new(x - 0.5, above, 1.0, below - above);
        to.append_color(&self.foreground.with_alpha(0.5), &line);
        let colours = [
            palette::measured(self.dark),
            palette::companion(self.dark),
            palette::reference(&self.foreground),
        ];
        for (value, colour) in point.values.iter().zip(colours).rev() {
            let Some(value) = value else { continue };
            let (x, y) = self.place(point.at, *value, width, (above, below));
            let dot = gsk::PathBuilder::new();
            dot.add_circle(&graphene::Point::new(x, y), 3.5);
            to.append_fill(&dot.to_path(), gsk::FillRule::Winding, &colour);
        }
    }
}

/// The age of the moment at `x`, before the moment at the newest end.
pub fn age_at(x: f32, width: f32, size: (f32, f32), rtl: bool) -> Duration {
    let from_start = if rtl { size.0 - x } else { x };
    let part = 1.0 - (from_start / width).clamp(0.0, 1.0);
    HISTORY.mul_f32(part)
}

fn path(points: &[(f32, f32)], finish: impl FnOnce(&gsk::PathBuilder)) -> gsk::Path {
    let builder = gsk::PathBuilder::new();
    for (index, (x, y)) in points.iter().enumerate() {
        if index == 0 {
            builder.move_to(*x, *y);
        } else {
            builder.line_to(*x, *y);
        }
    }
    finish(&builder);
    builder.to_path()
}
