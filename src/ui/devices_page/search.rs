// SPDX-License-Identifier: GPL-3.0-or-later
//! What the page shows of the search: that it goes on, and help when it finds nothing. Input: the devices, changes of the
//! network, the time; output: the spinner and the [`SearchHelp`](super::super::search_help::SearchHelp).
//!
//! The search itself never ends; the spinner does, because nothing may move on a screen for hours.

use std::rc::Rc;
use std::time::Duration;

use super::{Context, DevicesPage};
use crate::engine::{Engine, NetworkFacts};
use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4::glib;
use libadwaita as adw;

/// How long nothing may be found before it is asked why not. Devices answer within two seconds.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long the search shows that it has begun.
const SPIN: Duration = Duration::from_secs(12);
/// The same while help is shown, where somebody waits for it. The words beside it stay.
const SPIN_FOR_HELP: Duration = Duration::from_secs(30);

/// Where the search stands.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// What was measured last.
    facts: Option<NetworkFacts>,
    /// Whether that is being measured.
    measuring: bool,
    /// Whether nothing was found for long enough.
    in_vain: bool,
    /// Counts the beginnings: what belongs to an older one does nothing.
    round: u32,
}

impl DevicesPage {
    /// Follows the search from the moment at which the engine runs.
    pub(super) fn follow_search(&self, context: &Rc<Context>) {
        context.when_engine_runs(glib::clone!(
            #[weak(rename_to = page)]
            self,
            move |engine| {
                page.ask_what_is_offered();
                page.search_again();
                page.follow_network(engine);
            }
        ));
    }

    fn follow_network(&self, engine: &Engine) {
        let mut changes = engine.network_changes();
        glib::spawn_future_local(glib::clone!(
            #[weak(rename_to = page)]
            self,
            async move {
                while changes.changed().await.is_ok() {
                    page.search_again();
                }
            }
        ));
    }

    /// The search begins anew: at the start, and when the network has changed.
    pub(super) fn search_again(&self) {
        let round = {
            let mut search = self.imp().search.borrow_mut();
            search.round = search.round.wrapping_add(1).max(1);
            search.round
        };
        self.imp().spinner.set_visible(true);
        self.later(PATIENCE, round, |page| {
            page.imp().search.borrow_mut().in_vain = true;
            page.measure();
        });
        self.later(SPIN, round, |page| page.imp().spinner.set_visible(false));
    }

    fn later(&self, after: Duration, round: u32, act: impl FnOnce(&DevicesPage) + 'static) {
        glib::timeout_add_local_once(
            after,
            glib::clone!(
                #[weak(rename_to = page)]
                self,
                move || {
                    if page.imp().search.borrow().round == round {
                        act(&page);
                    }
                }
            ),
        );
    }

    /// Whether there is anything to cast to.
    fn has_found(&self) -> bool {
        let items = self.context().map(|context| context.devices().items());
        let items = items.unwrap_or_default();
        items.iter().any(|item| item.device().is_some())
    }

    /// Measures the network, unless a device is there.
    pub(super) fn measure(&self) {
        let Some(engine) = self.context().and_then(|context| context.engine()) else {
            return;
        };
        let Some(context) = self.context() else {
            return;
        };
        if self.has_found() || self.imp().search.borrow().measuring {
            return;
        }
        self.imp().search.borrow_mut().measuring = true;
        let measuring = context.runtime().spawn(engine.network_facts());
        glib::spawn_future_local(glib::clone!(
            #[weak(rename_to = page)]
            self,
            async move {
                let facts = measuring.await;
                let mut search = page.imp().search.borrow_mut();
                search.measuring = false;
                search.facts = facts.ok().or(search.facts.take());
                drop(search);
                page.show_search();
            }
        ));
    }

    /// Shows help, or takes it away.
    pub(super) fn show_search(&self) {
        let imp = self.imp();
        let facts = {
            let search = imp.search.borrow();
            search.facts.clone().filter(|_| search.in_vain)
        };
        let found = self.has_found();
        let listed = !imp.network.rows().is_empty() || !imp.by_address.rows().is_empty();
        let helped = imp.help.is_visible();
        match facts.filter(|_| !found) {
            Some(facts) => {
                imp.help.show_findings(&facts.findings(), listed);
                imp.help.set_visible(true);
                imp.spinner.set_visible(false);
                if !helped {
                    self.begin_to_help();
                }
            }
            None => imp.help.set_visible(false),
        }
        let alone = imp.help.is_visible() && !listed;
        imp.what.set_visible(!alone);
        let entered_alone = imp.network.rows().is_empty() && listed && imp.help.is_visible();
        imp.network.set_visible(!alone && !entered_alone);
        self.choose_first_focus(alone);
    }

    fn begin_to_help(&self) {
        let help = &self.imp().help;
        help.set_spinning(true);
        let round = self.imp().search.borrow().round;
        self.later(SPIN_FOR_HELP, round, |page| {
            page.imp().help.set_spinning(false);
        });
        help.announce_findings();
    }
}
