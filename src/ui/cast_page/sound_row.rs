// SPDX-License-Identifier: GPL-3.0-or-later
//! `SoundRow`: which sound is cast, and where it plays. Input: the cast's [`CastItem`], and the applications that play;
//! output: the wish for another sound, which the engine fulfils without reconnecting.

use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use crate::engine::{AudioChoice, CastStatus, CommandError};
use crate::ui::context::Context;
use crate::ui::model::CastItem;
use crate::ui::window::Window;
use crate::words;

glib::wrapper! {
    /// A list of sounds to choose from.
    pub struct SoundRow(ObjectSubclass<imp::SoundRow>)
        @extends adw::ComboRow, adw::ActionRow, adw::PreferencesRow, gtk::ListBoxRow, gtk::Widget,
        @implements gtk::Accessible, gtk::Actionable, gtk::Buildable, gtk::ConstraintTarget;
}

impl SoundRow {
    /// Sends what the person chooses to the cast of `item`.
    pub fn steer(&self, context: &Rc<Context>, item: &CastItem) {
        let chosen = glib::clone!(
            #[strong]
            context,
            #[weak]
            item,
            move |row: &SoundRow| {
                if !row.imp().filling.get() {
                    row.choose(&context, &item);
                }
            }
        );
        self.connect_selected_notify(chosen);
    }

    /// Shows the sound that is cast.
    pub fn show(&self, status: &CastStatus) {
        self.fill(status);
    }

    /// Follows the applications that play from now on, or not any more.
    pub fn look(&self, context: &Context, item: &CastItem, seen: bool) {
        if let Some(before) = self.imp().looking.take() {
            before.abort();
        }
        let Some(engine) = context.engine().filter(|_| seen) else {
            return;
        };
        let mut players = engine.players();
        let (row, item) = (self.downgrade(), item.downgrade());
        let looking = glib::spawn_future_local(async move {
            while players.changed().await.is_ok() {
                let (Some(row), Some(item)) = (row.upgrade(), item.upgrade()) else {
                    return;
                };
                let names = players.borrow_and_update().clone();
                row.imp().players.replace(names);
                if let Some(status) = item.status() {
                    row.fill(&status);
                }
            }
        });
        self.imp().looking.replace(Some(looking));
    }

    fn fill(&self, status: &CastStatus) {
        let row = self.imp();
        let choices = choices(&row.players.borrow(), &status.audio);
        let now = choices.iter().position(|choice| *choice == status.audio);
        row.filling.set(true);
        if *row.choices.borrow() != choices {
            let texts: Vec<String> = choices
                .iter()
                .map(|choice| words::cast_sound(choice, status.kind))
                .collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            self.set_model(Some(&gtk::StringList::new(&texts)));
            row.choices.replace(choices);
        }
        let now = now.and_then(|at| u32::try_from(at).ok());
        self.set_selected(now.unwrap_or(gtk::INVALID_LIST_POSITION));
        row.filling.set(false);
    }

    fn choose(&self, context: &Rc<Context>, item: &CastItem) {
        let chosen = self.selected() as usize;
        let choice = self.imp().choices.borrow().get(chosen).cloned();
        let (Some(choice), Some(engine), Some(status)) = (choice, context.engine(), item.status())
        else {
            return;
        };
        if choice == status.audio {
            return;
        }
        let (row, item) = (self.downgrade(), item.downgrade());
        glib::spawn_future_local(async move {
            let outcome = engine.set_audio(&status.device, choice).await;
            let (Some(row), Some(item)) = (row.upgrade(), item.upgrade()) else {
                return;
            };
            if let Err(error) = outcome {
                row.complain(&error, &status.name);
            }
            if let Some(status) = item.status() {
                row.fill(&status);
            }
        });
    }

    fn complain(&self, error: &CommandError, device: &str) {
        tracing::warn!(%error, "the sound stays as it was");
        let window = self.root().and_downcast::<Window>();
        if let (CommandError::Sound(reason), Some(window)) = (error, window) {
            window.say(&words::explain(reason, device).what);
        }
    }
}

/// What can be chosen while `players` play; what is chosen `now` always can.
fn choices(players: &[String], now: &AudioChoice) -> Vec<AudioChoice> {
    let mut choices = vec![AudioChoice::Tv, AudioChoice::Both];
    choices.extend(players.iter().cloned().map(AudioChoice::App));
    choices.push(AudioChoice::None);
    if !choices.contains(now) {
        choices.insert(2, now.clone());
    }
    choices
}

mod imp {
    use std::cell::{Cell, RefCell};
    use std::sync::Arc;

    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    use crate::engine::AudioChoice;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "sound_row.ui")]
    pub struct SoundRow {
        /// What the list shows.
        pub(super) choices: RefCell<Vec<AudioChoice>>,
        pub(super) players: RefCell<Arc<[String]>>,
        /// The list is being changed, not by the person.
        pub(super) filling: Cell<bool>,
        /// While somebody looks.
        pub(super) looking: RefCell<Option<glib::JoinHandle<()>>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for SoundRow {
        const NAME: &'static str = "TelecastSoundRow";
        type Type = super::SoundRow;
        type ParentType = adw::ComboRow;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for SoundRow {}
    impl WidgetImpl for SoundRow {}
    impl ListBoxRowImpl for SoundRow {}
    impl PreferencesRowImpl for SoundRow {}
    impl ActionRowImpl for SoundRow {}
    impl ComboRowImpl for SoundRow {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_plays_can_be_chosen_and_what_is_chosen_stays() {
        let app = |name: &str| AudioChoice::App(name.to_owned());
        let playing = ["Browser".to_owned(), "Player".to_owned()];
        assert_eq!(
            choices(&playing, &AudioChoice::Both),
            [
                AudioChoice::Tv,
                AudioChoice::Both,
                app("Browser"),
                app("Player"),
                AudioChoice::None
            ]
        );
        let chosen = choices(&playing, &app("Film"));
        assert!(chosen.contains(&app("Film")) && chosen.len() == 6);
        assert_eq!(choices(&[], &AudioChoice::None).len(), 3);
    }
}
