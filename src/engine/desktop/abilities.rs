// SPDX-License-Identifier: GPL-3.0-or-later
//! What this desktop cannot do of what the program could use: the offers of its portals in, [`Ability`]s out.

use crate::portal::offers::{self, Offers};

/// Something that a desktop may be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ability {
    /// Share the screen.
    Screens,
    /// Share a single window.
    Windows,
    /// Make a monitor that only the TV shows.
    SecondMonitor,
    /// Remember what was allowed once.
    RememberPermission,
    /// Be asked about running without a window, and start programs with the session.
    Background,
    /// Be kept awake.
    StayAwake,
    /// Say when it is locked.
    LockScreen,
    /// Have keys that work in every program.
    GlobalShortcuts,
}

/// The version of `Inhibit` that has the session monitor.
const WITH_MONITOR: u32 = 2;

impl Ability {
    /// All of them.
    pub const ALL: [Ability; 8] = [
        Ability::Screens,
        Ability::Windows,
        Ability::SecondMonitor,
        Ability::RememberPermission,
        Ability::Background,
        Ability::StayAwake,
        Ability::LockScreen,
        Ability::GlobalShortcuts,
    ];

    fn is_in(self, offers: Offers) -> bool {
        match self {
            Ability::Screens => offers.screens(),
            Ability::Windows => offers.windows(),
            Ability::SecondMonitor => offers.virtual_monitors(),
            Ability::RememberPermission => offers.tokens(),
            Ability::Background => offers.background > 0,
            Ability::StayAwake => offers.inhibit > 0,
            Ability::LockScreen => offers.inhibit >= WITH_MONITOR,
            Ability::GlobalShortcuts => offers.global_shortcuts > 0,
        }
    }
}

/// What this desktop cannot do; all of it where there are no portals. Needs the tokio runtime.
pub async fn missing_abilities() -> Vec<Ability> {
    let offers = offers::look().await.unwrap_or_else(|error| {
        tracing::info!(%error, "this desktop has no portals");
        Offers::default()
    });
    missing(offers)
}

fn missing(offers: Offers) -> Vec<Ability> {
    let mut missing = Ability::ALL.to_vec();
    missing.retain(|ability| !ability.is_in(offers));
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_desktop_lacks_what_its_portals_do_not_have() {
        // Interfaces as the back ends of these desktops may have them; the versions are those of the portal in front.
        let gnome = Offers {
            screen_cast: 5,
            source_types: 7,
            background: 2,
            inhibit: 3,
            global_shortcuts: 1,
        };
        assert_eq!(missing(gnome), []);
        let wlroots = Offers {
            screen_cast: 5,
            source_types: 1,
            ..Offers::default()
        };
        let lacking = [
            Ability::Windows,
            Ability::SecondMonitor,
            Ability::Background,
            Ability::StayAwake,
            Ability::LockScreen,
            Ability::GlobalShortcuts,
        ];
        assert_eq!(missing(wlroots), lacking);
        let cosmic = Offers {
            source_types: 3,
            ..wlroots
        };
        assert!(!missing(cosmic).contains(&Ability::Windows));
        let old = Offers {
            screen_cast: 3,
            inhibit: 1,
            ..gnome
        };
        let lacking = [Ability::RememberPermission, Ability::LockScreen];
        assert_eq!(missing(old), lacking);
        assert_eq!(missing(Offers::default()), Ability::ALL);
    }
}
