// SPDX-License-Identifier: GPL-3.0-or-later
//! `PermitsGroup`: what may be cast again without a dialog. Input: [`Permits`], read off the main thread; output: those
//! that are forgotten, which a toast takes back.

use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use super::forget;
use crate::engine::{Permits, SourceKind};
use crate::ui::context::Context;
use crate::words;

glib::wrapper! {
    /// The group.
    pub struct PermitsGroup(ObjectSubclass<imp::PermitsGroup>)
        @extends adw::PreferencesGroup, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl PermitsGroup {
    /// Shows what there is.
    pub fn fill(&self, context: &Rc<Context>) {
        let reading = context
            .runtime()
            .spawn_blocking(|| Permits::of_user().kinds());
        glib::spawn_future_local(glib::clone!(
            #[weak(rename_to = group)]
            self,
            #[strong]
            context,
            async move {
                if let Ok(kinds) = reading.await {
                    group.show(&context, &kinds);
                }
            }
        ));
    }

    fn show(&self, context: &Rc<Context>, kinds: &[SourceKind]) {
        let group = self.imp();
        for row in group.rows.take() {
            self.remove(&row);
        }
        for kind in kinds {
            let row = adw::ActionRow::builder()
                .title(words::source(*kind))
                .build();
            let button = forget::button(&words::source(*kind));
            let kind = *kind;
            button.connect_clicked(glib::clone!(
                #[weak(rename_to = group)]
                self,
                #[strong]
                context,
                move |_| group.forget(&context, kind)
            ));
            row.add_suffix(&button);
            self.add(&row);
            group.rows.borrow_mut().push(row);
        }
        group.none.set_visible(kinds.is_empty());
    }

    fn forget(&self, context: &Rc<Context>, kind: SourceKind) {
        let forgetting = context
            .runtime()
            .spawn_blocking(move || Permits::of_user().forget(kind));
        glib::spawn_future_local(glib::clone!(
            #[weak(rename_to = group)]
            self,
            #[strong]
            context,
            async move {
                let Ok(Some(taken)) = forgetting.await else {
                    return group.fill(&context);
                };
                group.fill(&context);
                let again = glib::clone!(
                    #[weak]
                    group,
                    #[strong]
                    context,
                    move || {
                        let restoring = context.runtime().spawn_blocking({
                            let taken = taken.clone();
                            move || Permits::of_user().restore(&taken)
                        });
                        let context = Rc::clone(&context);
                        glib::spawn_future_local(async move {
                            if restoring.await.is_ok() {
                                group.fill(&context);
                            }
                        });
                    }
                );
                forget::offer_undo(&group, &words::source(kind), again);
            }
        ));
    }
}

mod imp {
    use std::cell::RefCell;

    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "permits_group.ui")]
    pub struct PermitsGroup {
        #[template_child]
        pub(super) none: TemplateChild<adw::ActionRow>,
        pub(super) rows: RefCell<Vec<adw::ActionRow>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for PermitsGroup {
        const NAME: &'static str = "TelecastPermitsGroup";
        type Type = super::PermitsGroup;
        type ParentType = adw::PreferencesGroup;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for PermitsGroup {}
    impl WidgetImpl for PermitsGroup {}
    impl PreferencesGroupImpl for PermitsGroup {}
}
