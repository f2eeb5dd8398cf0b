// SPDX-License-Identifier: GPL-3.0-or-later
// What the menu shows of one device: a row that casts to it or stops that, and its volume during a cast.
import GObject from 'gi://GObject';
import St from 'gi://St';
import {gettext as _} from 'resource:///org/gnome/shell/extensions/extension.js';
import {Spinner} from 'resource:///org/gnome/shell/ui/animation.js';
import * as Main from 'resource:///org/gnome/shell/ui/main.js';
import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';
import {Slider} from 'resource:///org/gnome/shell/ui/slider.js';

/** Puts a device's name into a text. */
export const fill = (text, device) => text.replace('{device}', () => device.name);

const VolumeItem = GObject.registerClass(
class TelecastVolumeItem extends PopupMenu.PopupBaseMenuItem {
    constructor(engine) {
        super({activate: false, can_focus: false});
        this._icon = new St.Icon({style_class: 'popup-menu-icon'});
        this.add_child(this._icon);
        this._slider = new Slider(0);
        this._slider.connect('key-focus-in', () => (this.active = true));
        this._slider.connect('key-focus-out', () => (this.active = false));
        this._slider.connect('notify::value', () => this._push(engine));
        this.add_child(this._slider);
    }

    sync(device) {
        this._device = device;
        this.visible = device.adjustable;
        const level = device.muted ? 'muted' : ['low', 'medium', 'high'][Math.min(Math.floor(device.volume * 3), 2)];
        this._icon.icon_name = `audio-volume-${level}-symbolic`;
        this._slider.accessible_name = fill(_('Volume of {device}'), device);
        if (!this._pushing)
            this._slider.value = device.volume;
    }

    async _push(engine) {
        if (this._pushing || this._slider.value === this._device.volume)
            return;
        this._pushing = true;
        // One call at a time; of what is wanted meanwhile the last counts.
        for (let sent = null; sent !== this._slider.value;) {
            sent = this._slider.value;
            await engine.setVolume(this._device, sent);
        }
        this._pushing = false;
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
