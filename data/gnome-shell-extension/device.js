// SPDX-License-Identifier: GPL-3.0-or-later
// What the menu shows of one device: a row that casts to it or stops that, and its volume during a cast.
import Clutter from 'gi://Clutter';
import GObject from 'gi://GObject';
import St from 'gi://St';
import {gettext as _} from 'resource:///org/gnome/shell/extensions/extension.js';
import {Spinner} from 'resource:///org/gnome/shell/ui/animation.js';
import * as Main from 'resource:///org/gnome/shell/ui/main.js';
import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

// Of a volume.
const STEP = 0.05;

export const fill = (text, device) => text.replace('{device}', () => device.name);

// Buttons instead of a Slider: GNOME 48 frees one too often that is destroyed while there is a screen reader.
const VolumeItem = GObject.registerClass(
class TelecastVolumeItem extends PopupMenu.PopupBaseMenuItem {
    constructor(engine) {
        super({activate: false, hover: false, can_focus: false});
        this._icon = new St.Icon({style_class: 'popup-menu-icon'});
        this.add_child(this._icon);
        this._level = new St.Label({x_expand: true, y_align: Clutter.ActorAlign.CENTER});
        this.add_child(this._level);
        this._less = this._addButton('list-remove-symbolic', engine, -STEP);
        this._more = this._addButton('list-add-symbolic', engine, STEP);
    }

    _addButton(icon, engine, step) {
        const look = {style_class: 'icon-button flat', style: 'padding: 6px', icon_name: icon};
        const button = new St.Button({can_focus: true, ...look});
        button.connect('clicked', () => engine.setVolume(this._device, this._device.volume + step));
        this.add_child(button);
        return button;
    }

    sync(device) {
        this._device = device;
        this.visible = device.adjustable;
        const level = device.muted ? 'muted' : ['low', 'medium', 'high'][Math.min(Math.floor(device.volume * 3), 2)];
        this._icon.icon_name = `audio-volume-${level}-symbolic`;
        this._level.text = device.volume.toLocaleString(undefined, {style: 'percent'});
        this._less.accessible_name = fill(_('Lower the volume of {device}'), device);
        this._more.accessible_name = fill(_('Raise the volume of {device}'), device);
    }
});

export class DeviceSection extends PopupMenu.PopupMenuSection {
    constructor(engine, icon) {
        super();
        this._item = new PopupMenu.PopupImageMenuItem('', icon);
        this._item.connect('activate', () => {
            // The desktop may ask what to share.
            Main.panel.closeQuickSettings();
            const act = this._device.casting ? engine.stop : engine.cast;
            act(this._device, this._source);
        });
        this._spinner = new Spinner(16, {hideOnStop: true});
        this._item.add_child(this._spinner);
        this._volume = new VolumeItem(engine);
        this.addMenuItem(this._item);
        this.addMenuItem(this._volume);
    }

    sync(device, source) {
        this._device = device;
        this._source = source;
        const action = device.casting ? _('Stop Casting to {device}') : _('Cast to {device}');
        this._item.accessible_name = fill(action, device);
        this._item.label.text = device.name;
        this._item.setOrnament(device.streaming ? PopupMenu.Ornament.CHECK : PopupMenu.Ornament.HIDDEN);
        this._item.setSensitive(device.casting || device.hasPicture || source !== 'virtual');
        this._spinner[device.casting && !device.streaming ? 'play' : 'stop']();
        this._volume.sync(device);
    }
}
