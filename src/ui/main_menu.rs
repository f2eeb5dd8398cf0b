// SPDX-License-Identifier: GPL-3.0-or-later
//! `MainMenu`: the button of the program's menu, for header bars; F10 opens it. Output: actions of the application.

use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

glib::wrapper! {
    /// The button of the program's menu.
    pub struct MainMenu(ObjectSubclass<imp::MainMenu>)
        @extends adw::Bin, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

mod imp {
    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    use super::super::menu_names;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "main_menu.ui")]
    pub struct MainMenu {
        #[template_child]
        button: TemplateChild<gtk::MenuButton>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for MainMenu {
        const NAME: &'static str = "TelecastMainMenu";
        type Type = super::MainMenu;
        type ParentType = adw::Bin;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for MainMenu {
        fn constructed(&self) {
            self.parent_constructed();
            menu_names::follow(&self.button);
        }
    }
    impl WidgetImpl for MainMenu {}
    impl BinImpl for MainMenu {}
}
