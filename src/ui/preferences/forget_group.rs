// SPDX-License-Identifier: GPL-3.0-or-later
//! `ForgetGroup`: a list of remembered things of one kind, each of which can be forgotten, or all. Input: a [`Memory`];
//! output: what is forgotten there, which a toast takes back.

use std::cell::Cell;
use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use super::memories::{Entry, Memory, Undo};
use crate::ui::context::Context;
use crate::ui::row_texts;
use crate::words;

glib::wrapper! {
    /// The group.
    pub struct ForgetGroup(ObjectSubclass<imp::ForgetGroup>)
        @extends adw::PreferencesGroup, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl ForgetGroup {
    /// Shows what is in `memory`.
    pub fn fill(&self, context: &Rc<Context>, memory: impl Memory + 'static) {
        self.imp()
            .source
            .replace(Some((Rc::clone(context), Rc::new(memory))));
        self.show();
    }

    /// Lets a button below the list forget all of it, after a question.
    pub fn forget_all_by(&self, button: &adw::ButtonRow) {
        button.connect_activated(glib::clone!(
            #[weak(rename_to = group)]
            self,
            move |_| group.ask_for_all()
        ));
        self.imp().all.replace(Some(button.downgrade()));
    }

    /// Shows what there is now.
    pub fn show(&self) {
        self.read(|group, entries| group.show_entries(&entries));
    }

    /// Lets `then` have what there is now.
    fn read(&self, then: impl FnOnce(&ForgetGroup, Vec<Entry>) + 'static) {
        let Some((context, memory)) = self.imp().source.borrow().clone() else {
            return;
        };
        let reading = memory.read(&context);
        glib::spawn_future_local(glib::clone!(
            #[weak(rename_to = group)]
            self,
            async move { then(&group, reading.await) }
        ));
    }

    fn show_entries(&self, entries: &[Entry]) {
        let group = self.imp();
        let before = group.rows.take();
        // Somebody who forgets one by key is to go on from there.
        let focused = before.iter().position(|row| row.focus_child().is_some());
        for row in before {
            self.remove(&row);
        }
        for entry in entries {
            let row = self.row(entry);
            self.add(&row);
            group.rows.borrow_mut().push(row);
        }
        group.none.set_visible(entries.is_empty());
        let all = group.all.borrow().as_ref().and_then(glib::WeakRef::upgrade);
        if let Some(all) = all {
            all.set_sensitive(!entries.is_empty());
        }
        if let Some(at) = focused {
            let rows = group.rows.borrow();
            let next = rows.get(at).or(rows.last());
            self.focus_again(next.map(Cast::upcast_ref));
        }
    }

    /// Puts the keyboard there, or somewhere near: without it, not even Escape would work.
    fn focus_again(&self, next: Option<&gtk::Widget>) {
        let enter = |widget: &gtk::Widget| widget.child_focus(gtk::DirectionType::TabForward);
        let dialog = self.ancestor(adw::PreferencesDialog::static_type());
        let places = [next, Some(self.upcast_ref()), dialog.as_ref()];
        if !places.into_iter().flatten().any(enter) {
            tracing::debug!("nothing here takes the keyboard");
        }
    }

    fn row(&self, entry: &Entry) -> adw::ActionRow {
        let row = adw::ActionRow::builder()
            .use_markup(false)
            .title(&entry.title)
            .subtitle(&entry.subtitle)
            .subtitle_lines(3)
            .build();
        row_texts::follow(&row);
        if let Some(icon) = entry.icon {
            let icon = gtk::Image::from_icon_name(icon);
            icon.set_accessible_role(gtk::AccessibleRole::Presentation);
            row.add_prefix(&icon);
        }
        let label = words::forget(&entry.title);
        let button = gtk::Button::builder()
            .icon_name("user-trash-symbolic")
            .tooltip_text(&label)
            .valign(gtk::Align::Center)
            .build();
        button.update_property(&[gtk::accessible::Property::Label(&label)]);
        button.add_css_class("flat");
        let (id, title) = (entry.id.clone(), entry.title.clone());
        button.connect_clicked(glib::clone!(
            #[weak(rename_to = group)]
            self,
            move |_| group.forget(vec![id.clone()], title.clone())
        ));
        row.add_suffix(&button);
        row
    }

    fn ask_for_all(&self) {
        let words = words::forget_all();
        let dialog = adw::AlertDialog::new(Some(&words.title), Some(&words.detail));
        dialog.add_responses(&[("cancel", &words.keep), ("forget", &words.forget)]);
        dialog.set_response_appearance("forget", adw::ResponseAppearance::Destructive);
        dialog.set_default_response(Some("cancel"));
        dialog.set_close_response("cancel");
        let forget = glib::clone!(
            #[weak(rename_to = group)]
            self,
            move |_: &adw::AlertDialog, _: &str| group.forget_all()
        );
        dialog.connect_response(Some("forget"), forget);
        dialog.present(Some(self));
    }

    fn forget_all(&self) {
        self.read(|group, entries| {
            let ids = entries.into_iter().map(|entry| entry.id);
            group.forget(ids.collect(), words::all_devices());
        });
    }

    fn forget(&self, ids: Vec<String>, name: String) {
        let Some((context, memory)) = self.imp().source.borrow().clone() else {
            return;
        };
        let forgetting = memory.forget(&context, ids);
        glib::spawn_future_local(glib::clone!(
            #[weak(rename_to = group)]
            self,
            async move {
                let undo = forgetting.await;
                group.show();
                group.offer(&name, undo);
            }
        ));
    }

    /// Says in the dialog that `name` was forgotten, and offers to take it back.
    fn offer(&self, name: &str, undo: Undo) {
        let toast = adw::Toast::builder()
            .title(words::forgotten(name))
            .use_markup(false)
            .button_label(words::undo())
            .build();
        let undo = Cell::new(Some(undo));
        toast.connect_button_clicked(glib::clone!(
            #[weak(rename_to = group)]
            self,
            move |_| {
                let Some(undo) = undo.take() else {
                    return;
                };
                glib::spawn_future_local(glib::clone!(
                    #[weak]
                    group,
                    async move {
                        undo().await;
                        group.show();
                    }
                ));
            }
        ));
        self.say(toast);
    }

    /// Shows a toast in the dialog around this.
    pub fn say(&self, toast: adw::Toast) {
        let dialog = self
            .ancestor(adw::PreferencesDialog::static_type())
            .and_downcast::<adw::PreferencesDialog>();
        if let Some(dialog) = dialog {
            dialog.add_toast(toast);
        }
    }
}

mod imp {
    use std::cell::RefCell;
    use std::fmt;
    use std::rc::Rc;

    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    use super::super::memories::Memory;
    use crate::ui::context::Context;

    /// What is remembered, and what it takes to read it.
    type Source = (Rc<Context>, Rc<dyn Memory>);

    #[derive(Default, gtk::CompositeTemplate)]
    #[template(file = "forget_group.ui")]
    pub struct ForgetGroup {
        #[template_child]
        pub(super) none: TemplateChild<adw::ActionRow>,
        pub(super) rows: RefCell<Vec<adw::ActionRow>>,
        /// The button that forgets all.
        pub(super) all: RefCell<Option<glib::WeakRef<adw::ButtonRow>>>,
        pub(super) source: RefCell<Option<Source>>,
    }

    impl fmt::Debug for ForgetGroup {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("ForgetGroup")
                .field("rows", &self.rows.borrow().len())
                .finish_non_exhaustive()
        }
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ForgetGroup {
        const NAME: &'static str = "TelecastForgetGroup";
        type Type = super::ForgetGroup;
        type ParentType = adw::PreferencesGroup;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for ForgetGroup {}
    impl WidgetImpl for ForgetGroup {}
    impl PreferencesGroupImpl for ForgetGroup {}
}
