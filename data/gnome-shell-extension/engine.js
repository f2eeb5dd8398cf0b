// SPDX-License-Identifier: GPL-3.0-or-later
// Telecast's engine on the session bus: its devices in, as they change; calls out. Only `start` starts it.
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import {gettext as _} from 'resource:///org/gnome/shell/extensions/extension.js';
import {EventEmitter} from 'resource:///org/gnome/shell/misc/signals.js';

const NAME = 'io.github.telecast.Telecast.Engine';
const PATH = '/io/github/telecast/Telecast/Engine';
const DEVICE = 'io.github.telecast.Device1';

/** Emits `changed` when anything of it has. */
export class Engine extends EventEmitter {
    #cancellable = new Gio.Cancellable();
    #starting = false;
    #objects = null;
    /** Why the last call had no effect, for people. */
    problem = '';

    constructor() {
        super();
        const changed = () => this.emit('changed');
        Gio.DBusObjectManagerClient.new(Gio.DBus.session, Gio.DBusObjectManagerClientFlags.DO_NOT_AUTO_START,
            NAME, PATH, null, this.#cancellable, (_source, result) => {
                if (this.#cancellable.is_cancelled())
                    return;
                this.#objects = Gio.DBusObjectManagerClient.new_finish(result);
                this.#objects.connectObject('notify::name-owner', changed, 'object-added', changed,
                    'object-removed', changed, 'interface-proxy-properties-changed', changed, this);
                changed();
            });
    }

    destroy() {
        this.#cancellable.cancel();
        this.#objects?.disconnectObject(this);
    }

    get searching() {
        return this.#starting || Boolean(this.#objects?.name_owner);
    }

    /** Where something can be cast to or is, by name. */
    get devices() {
        const proxies = this.#objects?.get_objects().map(object => object.get_interface(DEVICE)) ?? [];
        const devices = proxies.filter(proxy => proxy !== null).map(proxy => {
            const get = name => proxy.get_cached_property(name)?.recursiveUnpack();
            const [state, kind] = [get('State'), get('Kind')];
            const casting = !['away', 'idle', 'ended'].includes(state);
            return {
                path: proxy.g_object_path, name: get('Name'), hasPicture: ['tv', 'display'].includes(kind),
                icon: {display: 'display', speaker: 'speaker', group: 'speakers'}[kind] ?? 'tv',
                casting, streaming: state === 'streaming', stateText: get('StateText'), there: get('Available'),
                error: state === 'ended' ? get('Error')[1] : '',
                adjustable: casting && get('VolumeAdjustable'), volume: get('Volume'), muted: get('Muted'),
            };
        });
        return devices.filter(({casting, there}) => casting || there).sort((a, b) => a.name.localeCompare(b.name));
    }

    /** Lets it look for devices. */
    async start() {
        this.#starting = true;
        await this.#call(PATH, 'org.freedesktop.DBus.Peer', 'Ping', null, Gio.DBusCallFlags.NONE);
        this.#starting = false;
        this.emit('changed');
    }

    cast = (device, source) => this.#call(device.path, DEVICE, 'Cast',
        new GLib.Variant('(a{sv})', [{source: new GLib.Variant('s', source)}]));
    stop = device => this.#call(device.path, DEVICE, 'Stop');
    stopAll = () => this.#call(PATH, 'io.github.telecast.Manager1', 'StopAll');

    async setVolume(device, level) {
        const set = (name, type, value) => this.#call(device.path, 'org.freedesktop.DBus.Properties', 'Set',
            new GLib.Variant('(ssv)', [DEVICE, name, new GLib.Variant(type, value)]));
        await set('Volume', 'd', Math.min(Math.max(level, 0), 1));
        if (device.muted)
            await set('Muted', 'b', false);
    }

    async #call(path, iface, method, parameters = null, flags = Gio.DBusCallFlags.NO_AUTO_START) {
        this.problem = '';
        this.emit('changed');
        try {
            await Gio.DBus.session.call(NAME, path, iface, method, parameters, null, flags, -1, this.#cancellable);
        } catch (error) {
            if (error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED))
                return;
            Gio.DBusError.strip_remote_error(error);
            this.problem = this.#starting ? _('Telecast cannot be started') : error.message;
            this.emit('changed');
        }
    }
}
