// SPDX-License-Identifier: GPL-3.0-or-later
//! An entry of a legend: a swatch and a name, with a value where there is one.

use gtk4 as gtk;
use gtk4::prelude::*;

use crate::ui::graph::{Mark, Swatch};

/// A swatch and the label beside it: dim, small, with figures that keep their width.
pub fn entry(mark: Mark) -> (gtk::Box, gtk::Label) {
    let line = gtk::Box::new(gtk::Orientation::Horizontal, 4);
    let label = gtk::Label::builder()
        .css_classes(["caption", "dim-label", "numeric"])
        .xalign(0.0)
        .build();
    line.append(&Swatch::new(mark));
    line.append(&label);
    (line, label)
}
