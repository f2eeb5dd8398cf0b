// SPDX-License-Identifier: GPL-3.0-or-later
//! `EndedPage`: a cast that ended by itself, until somebody has seen it. Input: its [`CastItem`]; output: commands to the
//! engine that help, and [`Engine::seen`](crate::engine::Engine::seen) when the page is left.

use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::{gio, glib};
use libadwaita as adw;

use super::context::Context;
use super::model::CastItem;
use super::row_texts;
use super::window::Window;
use crate::engine::{AudioChoice, MirrorRequest, PreferencesPage, Remedy};
use crate::words;

glib::wrapper! {
    /// The page of a device after its cast has ended; its tag is the device's id. It stays until somebody leaves it or
    /// casts again.
    pub struct EndedPage(ObjectSubclass<imp::EndedPage>)
        @extends adw::NavigationPage, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl EndedPage {
    /// A page that says why the cast of `item` has ended. Nothing is said of one that runs.
    pub fn new(context: &Rc<Context>, item: &CastItem) -> EndedPage {
        let page: EndedPage = glib::Object::new();
        page.add_actions(context);
        page.show(context, item);
        page.connect_shown(EndedPage::speak);
        page.connect_hidden(glib::clone!(
            #[strong]
            context,
            move |page| {
                // Nothing happens to a cast that runs again.
                if let Some(engine) = context.engine() {
                    engine.seen(&page.device());
                }
            }
        ));
        page
    }

    /// The device's id.
    pub fn device(&self) -> String {
        self.tag().map(Into::into).unwrap_or_default()
    }

    fn show(&self, context: &Context, item: &CastItem) {
        let Some(cast) = item.status() else {
            return;
        };
        self.set_title(&cast.name);
        self.set_tag(Some(&cast.device));
        let Some(reason) = cast.state.ended() else {
            return;
        };
        let others = context.casts().items();
        let others = others
            .iter()
            .filter_map(CastItem::status)
            .any(|other| other.device != cast.device && other.state.ended().is_none());
        let words = words::ended(&cast, reason, others);
        let shown = self.imp();
        shown.heading.set_label(&words.title);
        shown.what.set_label(&words.what);
        shown.privacy.set_label(&words.privacy);
        shown.advice.set_label(&words.next);
        shown.advice.set_visible(!words.next.is_empty());
        for (remedy, label) in words::remedies(reason) {
            self.add_button(remedy, &label);
        }
        for (title, line) in &words.details {
            self.add_detail(title, line);
        }
        let copied: Vec<String> = words
            .details
            .iter()
            .map(|(title, line)| words::labelled(title, line))
            .collect();
        shown.copied.replace(copied.join("\n"));
    }

    /// The first button is the one that helps most, and has the focus.
    fn add_button(&self, remedy: Remedy, label: &str) {
        let buttons = &self.imp().buttons;
        let button = gtk::Button::builder()
            .label(label)
            .use_underline(true)
            .can_shrink(true)
            .build();
        button.set_detailed_action_name(action(remedy));
        button.add_css_class("pill");
        if buttons.first_child().is_none() {
            button.add_css_class("suggested-action");
        }
        buttons.append(&button);
    }

    fn add_detail(&self, title: &str, line: &str) {
        let row = adw::ActionRow::builder()
            .title(title)
            .subtitle(line)
            .subtitle_selectable(true)
            .use_markup(false)
            .build();
        row.add_css_class("property");
        row_texts::follow(&row);
        self.imp().details.add_row(&row);
    }

    /// Tells people who do not see it, and puts the focus on what helps.
    fn speak(&self) {
        let shown = self.imp();
        let said = [
            shown.heading.label(),
            shown.what.label(),
            shown.privacy.label(),
            shown.advice.label(),
        ];
        self.announce(
            said.join("\n").trim(),
            gtk::AccessibleAnnouncementPriority::Medium,
        );
        if let Some(button) = shown.buttons.first_child() {
            button.grab_focus();
        }
    }

    fn add_actions(&self, context: &Rc<Context>) {
        let again = |name: &str, change: fn(&mut MirrorRequest)| {
            gio::ActionEntry::builder(name)
                .activate(glib::clone!(
                    #[weak(rename_to = page)]
                    self,
                    #[strong]
                    context,
                    move |_: &gio::SimpleActionGroup, _, _| page.cast_again(&context, change)
                ))
                .build()
        };
        let copy = gio::ActionEntry::builder("copy")
            .activate(glib::clone!(
                #[weak(rename_to = page)]
                self,
                move |_: &gio::SimpleActionGroup, _, _| {
                    page.clipboard().set_text(&page.imp().copied.borrow());
                }
            ))
            .build();
        let forget = gio::ActionEntry::builder("forget-device")
            .activate(glib::clone!(
                #[weak(rename_to = page)]
                self,
                #[strong]
                context,
                move |_: &gio::SimpleActionGroup, _, _| page.ask_to_forget(&context)
            ))
            .build();
        let actions = gio::SimpleActionGroup::new();
        actions.add_action_entries([
            again("try-again", |_| {}),
            again("choose-source", |request| request.restore = false),
            again("without-sound", |request| {
                request.audio = AudioChoice::None;
                request.options.audio = false;
            }),
            copy,
            forget,
        ]);
        self.insert_action_group("ended", Some(&actions));
    }

    /// What protects from a stranger in the device's place is not given up by one press.
    fn ask_to_forget(&self, context: &Rc<Context>) {
        let [title, detail, cancel, forget] = words::forget_trust(&self.title());
        let dialog = adw::AlertDialog::new(Some(&title), Some(&detail));
        dialog.add_responses(&[("cancel", &cancel), ("forget", &forget)]);
        dialog.set_response_appearance("forget", adw::ResponseAppearance::Destructive);
        dialog.set_default_response(Some("cancel"));
        dialog.set_close_response("cancel");
        let forget = glib::clone!(
            #[weak(rename_to = page)]
            self,
            #[strong]
            context,
            move |_: &adw::AlertDialog, _: &str| page.forget(&context)
        );
        dialog.connect_response(Some("forget"), forget);
        dialog.present(Some(self));
    }

    fn forget(&self, context: &Rc<Context>) {
        let Some(engine) = context.engine() else {
            return;
        };
        let device = self.device();
        let forgetting = context
            .runtime()
            .spawn_blocking(move || engine.forget_trust(&device));
        glib::spawn_future_local(glib::clone!(
            #[weak(rename_to = page)]
            self,
            #[strong]
            context,
            async move {
                if forgetting.await.is_ok() {
                    page.cast_again(&context, |_| {});
                }
            }
        ));
    }

    /// What becomes of it, the list of casts tells.
    fn cast_again(&self, context: &Context, change: fn(&mut MirrorRequest)) {
        let Some(engine) = context.engine() else {
            return;
        };
        let window = self.root().and_downcast::<Window>();
        let parent = window.and_then(|window| window.exported());
        let again = engine.cast_again(&self.device(), |request| {
            request.parent_window = parent;
            change(request);
        });
        if let Err(reason) = again {
            tracing::warn!(%reason, "the cast cannot begin again");
        }
    }
}

/// What the button of `remedy` does.
fn action(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::ChooseSource => "ended.choose-source",
        Remedy::WithoutSound => "ended.without-sound",
        Remedy::OtherDevice => "navigation.pop",
        Remedy::AddByAddress => "win.add-by-address",
        Remedy::Preferences(PreferencesPage::Casting) => "app.preferences-page::casting",
        Remedy::Preferences(PreferencesPage::Network) => "app.preferences-page::network",
        Remedy::Preferences(PreferencesPage::Trust) => "app.preferences-page::trust",
        Remedy::ForgetDevice => "ended.forget-device",
        Remedy::Troubleshooting => "app.troubleshooting",
        _ => "ended.try-again",
    }
}

mod imp {
    use std::cell::RefCell;

    use adw::prelude::*;
    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    use super::super::cast_frame::CastFrame;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "ended_page.ui")]
    pub struct EndedPage {
        #[template_child]
        pub(super) heading: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) what: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) privacy: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) advice: TemplateChild<gtk::Label>,
        #[template_child]
        pub(super) buttons: TemplateChild<gtk::Box>,
        #[template_child]
        pub(super) details: TemplateChild<adw::ExpanderRow>,
        /// The details, as they are copied.
        pub(super) copied: RefCell<String>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for EndedPage {
        const NAME: &'static str = "TelecastEndedPage";
        type Type = super::EndedPage;
        type ParentType = adw::NavigationPage;

        fn class_init(class: &mut Self::Class) {
            CastFrame::ensure_type();
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for EndedPage {}
    impl WidgetImpl for EndedPage {}
    impl NavigationPageImpl for EndedPage {}
}
