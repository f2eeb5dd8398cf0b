// SPDX-License-Identifier: GPL-3.0-or-later
//! Names for the items of menus. GTK 4.18 names an item by its label, whose role (presentation) forbids it to have a name:
//! on the accessibility bus no item has one. Input: the button of a menu; output: items that are named as they read.

use gtk4 as gtk;
use gtk4::accessible::Property;
use gtk4::prelude::*;

/// Names the items of the menu of `button` whenever it opens.
pub fn follow(button: &gtk::MenuButton) {
    button.connect_active_notify(|button| {
        if let Some(menu) = button.popover().filter(|_| button.is_active()) {
            name_items(menu.upcast_ref());
        }
    });
}

fn name_items(widget: &gtk::Widget) {
    if widget.accessible_role() == gtk::AccessibleRole::MenuItem {
        if let Some(text) = first_text(widget) {
            widget.reset_relation(gtk::AccessibleRelation::LabelledBy);
            widget.update_property(&[Property::Label(&text)]);
        }
        return;
    }
    for child in children(widget) {
        name_items(&child);
    }
}

/// What the first label says: the second one, if any, has the key.
fn first_text(widget: &gtk::Widget) -> Option<String> {
    if let Some(label) = widget.downcast_ref::<gtk::Label>() {
        return Some(label.text().into()).filter(|text: &String| !text.is_empty());
    }
    children(widget).find_map(|child| first_text(&child))
}

fn children(widget: &gtk::Widget) -> impl Iterator<Item = gtk::Widget> + use<> {
    std::iter::successors(widget.first_child(), WidgetExt::next_sibling)
}
