// SPDX-License-Identifier: GPL-3.0-or-later
// The Quick Settings toggle of Telecast and its indicator. The app is not started before the toggle's menu is opened.
import Gio from 'gi://Gio';
import GObject from 'gi://GObject';
import Pango from 'gi://Pango';
import Shell from 'gi://Shell';
import {Extension, gettext as _, ngettext} from 'resource:///org/gnome/shell/extensions/extension.js';
import * as Main from 'resource:///org/gnome/shell/ui/main.js';
import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';
import {QuickMenuToggle, SystemIndicator} from 'resource:///org/gnome/shell/ui/quickSettings.js';
import {DeviceSection, fill} from './device.js';
import {Engine} from './engine.js';

const APP = 'io.github.telecast.Telecast.desktop';

const CastToggle = GObject.registerClass(
class TelecastToggle extends QuickMenuToggle {
    constructor(engine, getIcon) {
        super({title: _('Cast'), gicon: getIcon('cast')});
        this._engine = engine;
        this._getIcon = getIcon;
        this._apps = Shell.AppSystem.get_default();
        this._sections = new Map();

        this._text = new PopupMenu.PopupImageMenuItem('', null, {activate: false, hover: false, can_focus: false});
        this._text.label.clutter_text.set({line_wrap: true, ellipsize: Pango.EllipsizeMode.NONE});
        this.menu.addMenuItem(this._text);
        this._list = new PopupMenu.PopupMenuSection();
        this.menu.addMenuItem(this._list);
        this.menu.addMenuItem(new PopupMenu.PopupSeparatorMenuItem());
        this._second = new PopupMenu.PopupSwitchMenuItem(_('Second Monitor'), false);
        // The menu stays open: a device is chosen next.
        this._second.activate = () => this._second.toggle();
        this._second.connect('toggled', () => this._sync());
        this.menu.addMenuItem(this._second);
        this._stop = this.menu.addAction(_('Stop Casting'), () => engine.stopAll());
        this.menu.addMenuItem(new PopupMenu.PopupSeparatorMenuItem());
        this.menu.addAction(_('Open Telecast'), () => {
            Main.overview.hide();
            Main.panel.closeQuickSettings();
            this._apps.lookup_app(APP).activate();
        });

        this.connect('clicked', () => this.checked ? engine.stopAll() : this.menu.open());
        this.connect('destroy', () => this.menu.destroy());
        this.menu.connect('open-state-changed', (_menu, open) => open && engine.start());
        engine.connectObject('changed', () => this._sync(), this);
        this._apps.connectObject('installed-changed', () => this._sync(), this);
        this._sync();
    }

    _sync() {
        const {devices, problem, searching} = this._engine;
        const casts = devices.filter(device => device.casting);
        this.visible = this._apps.lookup_app(APP) !== null;
        this._stop.visible = this.checked = casts.length > 0;

        const error = problem || devices.find(device => device.error)?.error;
        this._text.label.text = error || (searching ? _('Looking for devices') : _('No Devices Found'));
        this._text.setIcon(error ? 'dialog-warning-symbolic' : null);
        // The menu's height is asked for without a width, of which the text has nearly that of two tiles.
        this._text.label.height = error ? this._text.label.clutter_text.get_preferred_height(1.6 * this.width)[1] : -1;
        this._text.visible = Boolean(error) || devices.length === 0;

        let [subtitle, header] = [casts[0]?.stateText ?? null, casts[0]?.stateText];
        if (casts.length > 1) {
            subtitle = ngettext('Casting to {count} device', 'Casting to {count} devices', casts.length);
            subtitle = header = subtitle.replace('{count}', casts.length);
        } else if (casts[0]?.streaming) {
            [subtitle, header] = [casts[0].name, fill(_('Casting to {device}'), casts[0])];
        }
        this.subtitle = subtitle;
        this.menu.setHeader(this.gicon, this.title, header);

        for (const [path, section] of this._sections) {
            if (!devices.some(device => device.path === path)) {
                section.destroy();
                this._sections.delete(path);
            }
        }
        devices.forEach((device, at) => {
            if (!this._sections.has(device.path)) {
                this._sections.set(device.path, new DeviceSection(this._engine, this._getIcon(device.icon)));
                this._list.addMenuItem(this._sections.get(device.path), at);
            }
            this._sections.get(device.path).sync(device, this._second.state ? 'virtual' : 'screen');
        });
    }
});

const Indicator = GObject.registerClass(
class TelecastIndicator extends SystemIndicator {
    constructor(engine, icons) {
        super();
        const getIcon = name => new Gio.FileIcon({file: icons.get_child(`telecast-${name}-symbolic.svg`)});
        const toggle = new CastToggle(engine, getIcon);
        this.quickSettingsItems.push(toggle);
        const shown = this._addIndicator();
        shown.gicon = getIcon('cast');
        toggle.bind_property('checked', shown, 'visible', GObject.BindingFlags.SYNC_CREATE);
        toggle.bind_property('subtitle', shown, 'accessible-name', GObject.BindingFlags.SYNC_CREATE);
    }
});

export default class TelecastExtension extends Extension {
    enable() {
        this._engine = new Engine();
        this._indicator = new Indicator(this._engine, this.dir.get_child('icons'));
        Main.panel.statusArea.quickSettings.addExternalIndicator(this._indicator);
    }

    disable() {
        this._indicator.quickSettingsItems.forEach(item => item.destroy());
        this._indicator.destroy();
        this._indicator = null;
        this._engine.destroy();
        this._engine = null;
    }
}
