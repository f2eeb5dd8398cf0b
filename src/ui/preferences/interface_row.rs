// SPDX-License-Identifier: GPL-3.0-or-later
//! The row that chooses a network interface. Input: those that there are, read off the main thread; output: the setting.

use std::rc::Rc;

use adw::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use crate::engine::{interfaces, setting};
use crate::ui::context::Context;
use crate::words;

/// Lets `row` choose among the interfaces, once they are known; one that is set and not there can be kept.
pub fn bind(row: &adw::ComboRow, context: &Rc<Context>) {
    let reading = context.runtime().spawn_blocking(interfaces);
    let settings = context.settings().clone();
    row.set_model(Some(&gtk::StringList::new(&[&words::automatic()])));
    glib::spawn_future_local(glib::clone!(
        #[weak]
        row,
        async move {
            let Ok(there) = reading.await else { return };
            let set = settings.interface();
            let names = offered(there.clone(), set.as_deref());
            let shown: Vec<String> = names
                .iter()
                .map(|name| match name {
                    None => words::automatic(),
                    Some(name) if there.contains(name) => name.clone(),
                    Some(name) => words::absent_interface(name),
                })
                .collect();
            let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
            row.set_model(Some(&gtk::StringList::new(&shown)));
            let at = names.iter().position(|name| *name == set);
            row.set_selected(at.and_then(|at| u32::try_from(at).ok()).unwrap_or(0));
            row.connect_selected_notify(move |row| {
                let at = usize::try_from(row.selected()).unwrap_or(0);
                let name = names.get(at).cloned().flatten().unwrap_or_default();
                if let Err(error) = settings.store().set_string(setting::INTERFACE, &name) {
                    tracing::warn!(%error, "the connection cannot be chosen");
                }
            });
        }
    ));
}

/// What can be chosen; `None` is automatic.
fn offered(there: Vec<String>, set: Option<&str>) -> Vec<Option<String>> {
    let absent = set
        .filter(|set| !there.iter().any(|name| name == set))
        .map(str::to_owned);
    let all = there.into_iter().chain(absent);
    std::iter::once(None).chain(all.map(Some)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_that_is_set_stays_to_be_chosen_when_it_is_gone() {
        let there = || vec!["eth0".to_owned(), "wlan0".to_owned()];
        assert_eq!(offered(there(), None).len(), 3);
        assert_eq!(offered(there(), Some("wlan0")).len(), 3);
        let with_absent = offered(there(), Some("usb0"));
        assert_eq!(with_absent.last(), Some(&Some("usb0".to_owned())));
        assert_eq!(with_absent.first(), Some(&None));
    }
}
