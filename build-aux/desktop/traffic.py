#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Something for an encoder to look at, on the headless desktop: build-aux/record-traffic starts it.

    traffic.py show CONTENT SLOWNESS            a window of the screen's size until killed
    traffic.py node                             streams the screen, prints the PipeWire node's number, until killed

CONTENT is typing, scrolling, video or still. SLOWNESS stretches time, so that a machine without a GPU draws each of the
30 pictures of a second: what is recorded is played back faster by the same factor.
"""

import math
import random
import sys

import gi

for name, version in [("Gdk", "4.0"), ("Graphene", "1.0"), ("Gtk", "4.0")]:
    gi.require_version(name, version)
from gi.repository import Gdk, Gio, GLib, Graphene, Gtk  # noqa: E402

RANDOM = random.Random(7)
SYLLABLES = "ka to ri ne su mo la vi der en gra sto pel ing ou the and of se tra".split()


def word():
    return "".join(RANDOM.choice(SYLLABLES) for _ in range(RANDOM.randint(1, 4)))


def sentence():
    return " ".join(word() for _ in range(RANDOM.randint(5, 14))).capitalize() + ". "


def paragraph():
    return "".join(sentence() for _ in range(RANDOM.randint(2, 7)))


class Text(Gtk.ScrolledWindow):
    """A page of text; what happens to it is told by `step`, which gets the time in seconds."""

    def __init__(self, content):
        super().__init__(hscrollbar_policy=Gtk.PolicyType.NEVER)
        self.view = Gtk.TextView(
            wrap_mode=Gtk.WrapMode.WORD, left_margin=40, right_margin=40, top_margin=20,
            bottom_margin=20, pixels_below_lines=6, monospace=content == "typing",
        )
        self.set_child(self.view)
        self.buffer = self.view.get_buffer()
        paragraphs = 5 if content == "typing" else 120
        self.buffer.set_text("\n\n".join(paragraph() for _ in range(paragraphs)) + "\n\n")
        self.content = content
        self.next_key = 0.5
        self.pending = ""
        self.position = 0.0
        self.last = 0.0

        # Its blinking would be a picture between two.
        self.view.set_cursor_visible(False)

    def step(self, now):
        if self.content == "typing":
            self.type(now)
        elif self.content == "scrolling":
            self.scroll(now)
        self.last = now

    def type(self, now):
        while self.next_key <= now:
            if not self.pending:
                self.pending = sentence() + ("\n\n" if RANDOM.random() < 0.15 else "")
            self.buffer.insert(self.buffer.get_end_iter(), self.pending[0])
            self.buffer.place_cursor(self.buffer.get_end_iter())
            self.view.scroll_mark_onscreen(self.buffer.get_insert())
            pause = RANDOM.uniform(0.07, 0.22)
            # After a word, and now and then to think.
            pause += RANDOM.uniform(0.5, 2.0) if RANDOM.random() < 0.03 else 0
            self.pending = self.pending[1:]
            self.next_key += pause

    def scroll(self, now):
        # A flick of about half a screen that slows down, then a moment to look.
        phase = now % 1.6
        speed = 1400 * max(0.0, 1 - phase / 0.9) ** 1.5
        direction = 1 if int(now / 16) % 2 == 0 else -1
        self.position = max(0.0, self.position + direction * speed * (now - self.last))
        self.get_vadjustment().set_value(round(self.position))


def texture(width, height, coarse, contrast):
    """Soft random patches with finer ones on top, as RGB."""
    small_width, small_height = width // coarse, height // coarse
    base = [RANDOM.randrange(256) for _ in range(small_width * small_height * 3)]
    data = bytearray(width * height * 3)
    for y in range(height):
        for x in range(width):
            at = (y // coarse * small_width + x // coarse) * 3
            grain = RANDOM.randrange(-contrast, contrast + 1)
            for channel in range(3):
                value = base[at + channel] // 2 + 64 + grain
                data[(y * width + x) * 3 + channel] = max(0, min(255, value))
    return Gdk.MemoryTexture.new(
        width, height, Gdk.MemoryFormat.R8G8B8, GLib.Bytes.new(bytes(data)), width * 3
    )


class Film(Gtk.Widget):
    """Scenes of some seconds: a background under a moving camera, and three things that move before it."""

    def __init__(self):
        super().__init__()
        self.backgrounds = [texture(320, 180, 20, 40) for _ in range(5)]
        self.things = [texture(80, 80, 16, 60) for _ in range(6)]
        self.now = 0.0
        self.cuts = [0.0]
        while self.cuts[-1] < 600:
            self.cuts.append(self.cuts[-1] + RANDOM.uniform(2.0, 7.0))

    def step(self, now):
        self.now = now
        self.queue_draw()

    def do_snapshot(self, snapshot):
        width, height = self.get_width(), self.get_height()
        scene = sum(1 for cut in self.cuts if cut <= self.now)
        since = self.now - self.cuts[scene - 1]
        pick = random.Random(scene)
        angle, speed = pick.uniform(0, 2 * math.pi), pick.uniform(5, 70)
        zoom = 1.4 + pick.uniform(-0.03, 0.06) * since
        snapshot.push_clip(Graphene.Rect().init(0, 0, width, height))
        snapshot.save()
        snapshot.translate(Graphene.Point().init(width / 2, height / 2))
        snapshot.rotate(pick.uniform(-2, 2) * since)
        snapshot.scale(zoom, zoom)
        snapshot.translate(Graphene.Point().init(
            speed * math.cos(angle) * since, speed * math.sin(angle) * since))
        # Large enough that the camera does not see its edge.
        snapshot.append_texture(
            self.backgrounds[scene % len(self.backgrounds)],
            Graphene.Rect().init(-1.1 * width, -1.1 * height, 2.2 * width, 2.2 * height))
        snapshot.restore()
        for number in range(3):
            size = pick.uniform(0.15, 0.5) * height
            x = width * (0.5 + 0.4 * math.sin(pick.uniform(0.3, 1.5) * since + 2 * number))
            y = height * (0.5 + 0.3 * math.cos(pick.uniform(0.3, 1.5) * since + number))
            snapshot.save()
            snapshot.translate(Graphene.Point().init(x, y))
            snapshot.rotate(pick.uniform(-25, 25) * since)
            snapshot.append_texture(
                self.things[(scene + number) % len(self.things)],
                Graphene.Rect().init(-size / 2, -size / 2, size, size))
            snapshot.restore()
        snapshot.pop()


class Mark(Gtk.Widget):
    """Four pixels that change with every picture: the compositor sends one only when something changed."""

    def __init__(self):
        super().__init__(halign=Gtk.Align.END, valign=Gtk.Align.START)
        self.set_size_request(2, 2)
        self.picture = 0

    def step(self, picture):
        if picture != self.picture:
            self.picture = picture
            self.queue_draw()

    def do_snapshot(self, snapshot):
        colour = Gdk.RGBA()
        colour.parse("rgb(120,120,120)" if self.picture % 2 else "rgb(124,124,124)")
        snapshot.append_color(colour, Graphene.Rect().init(0, 0, 2, 2))


def show(content, slowness):
    def activate(application):
        window = Gtk.ApplicationWindow(application=application, decorated=False)
        child = Film() if content == "video" else Text(content)
        mark = Mark()
        overlay = Gtk.Overlay(child=child)
        overlay.add_overlay(mark)
        window.set_child(overlay)
        window.fullscreen()
        window.present()
        start = None

        def tick(_widget, clock):
            nonlocal start
            at = clock.get_frame_time() / 1e6
            start = start or at + 1.0
            # Thirty pictures a second, each complete: the same time for all that is drawn until the next.
            picture = max(0, int((at - start) / slowness * 30))
            if picture != mark.picture:
                mark.step(picture)
                child.step(picture / 30)
            return True

        window.add_tick_callback(tick)

    application = Gtk.Application(flags=Gio.ApplicationFlags.NON_UNIQUE)
    application.connect("activate", activate)
    application.run([])


def node():
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)
    name = "org.gnome.Mutter.ScreenCast"

    def call(path, interface, method, parameters):
        return bus.call_sync(name, path, interface, method, parameters, None, 0, -1, None)

    session = call("/org/gnome/Mutter/ScreenCast", name, "CreateSession",
                   GLib.Variant("(a{sv})", ({},))).unpack()[0]
    stream = call(session, name + ".Session", "RecordMonitor",
                  GLib.Variant("(sa{sv})", ("", {"cursor-mode": GLib.Variant("u", 0)}))).unpack()[0]

    def added(_bus, _sender, _path, _interface, _signal, parameters):
        print(parameters.unpack()[0], flush=True)

    bus.signal_subscribe(name, name + ".Stream", "PipeWireStreamAdded", stream, None, 0, added)
    call(session, name + ".Session", "Start", None)
    GLib.MainLoop().run()


match sys.argv[1:]:
    case ["show", content, slowness]:
        show(content, float(slowness))
    case ["node"]:
        node()
    case _:
        sys.exit(__doc__)
