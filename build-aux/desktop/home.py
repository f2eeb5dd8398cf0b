#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two hosts on this machine, for scripts that show the window: a desktop with the program on one, real receivers on the
other. Used by build-aux/screenshots; needs root, and what the tests of the desktop need.

Everything waits for what it needs to see, with a limit that a slow machine does not reach."""
import fcntl
import gettext
import io
import json
import os
import pty
import re
import shutil
import subprocess
import tempfile
import termios
import time
from pathlib import Path

DESKTOP = Path(__file__).resolve().parent
LANGUAGES = DESKTOP.parent.parent / "po"
APP_ID = "io.github.telecast.Telecast"
APP_PATH = "/" + APP_ID.replace(".", "/")
TITLE, CARD = "Telecast", "Telecast Test Card"
PORT = 8009
# To the question about a device that nobody has certified, what shows while the desktop asks, and a device's button.
YES, SHARE, CAST_TO = "Cast _Anyway", "Choose What to Share", "Cast to {device}"
# Seconds.
LIMIT = 90
PATIENCE = 5
# What a bad Wi-Fi does: packets are lost on the way, and few get through at all.
LOSS, RATE = 12, "500kbit"


def until(what, condition, limit=LIMIT):
    """Waits for a condition and returns what made it true."""
    deadline = time.monotonic() + limit
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.1)
    return found


class Words:
    """What the program says: its texts in a language, as they are heard, without the marks of their keys."""

    def __init__(self, locale=None):
        self.texts = gettext.NullTranslations()
        if locale:
            file = LANGUAGES / f"{locale.partition('_')[0]}.po"
            compiled = subprocess.run(["msgfmt", "-o", "-", file], check=True, stdout=subprocess.PIPE)
            self.texts = gettext.GNUTranslations(io.BytesIO(compiled.stdout))

    def __call__(self, text, **values):
        words = re.sub(r"\s*\(_\w\)", "", self.texts.gettext(text)).replace("_", "")
        for name, value in values.items():
            words = words.replace("{%s}" % name, value)
        return words

    def beginning(self, text):
        """What a text begins with, up to its first value."""
        return self(text).partition("{")[0] + "*"


class Session:
    """A desktop, or a host with sound: build-aux/desktop/session."""

    def __init__(self, namespace, *options):
        self.folder = Path(tempfile.mkdtemp(prefix="shot."))
        self.namespace = namespace
        self.process = subprocess.Popen(
            [DESKTOP / "session", *options, "--network", namespace, self.folder], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until("the session", self.is_up)
        inner = dict(line.split("=", 1) for line in (self.folder / "env").read_text().splitlines())
        outer = {name: value for name, value in os.environ.items()
                 if name not in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_CONFIG_HOME") and not name.startswith("LC_")}
        self.environment = outer | inner

    def is_up(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"the session {self.folder} did not come up")
        return (self.folder / "env").exists()

    def start(self, *command, **environment):
        """A program with pipes for input and output."""
        return subprocess.Popen(["ip", "netns", "exec", self.namespace, *command], env=self.environment | environment,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def start_on_terminal(self, *command, **environment):
        """A program in front of a terminal at which nobody answers."""
        ours, its = pty.openpty()
        program = subprocess.Popen(["ip", "netns", "exec", self.namespace, *command], env=self.environment | environment,
                                   stdin=its, stdout=its, stderr=its, start_new_session=True,
                                   preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(its)
        # What is written there is not read: the terminal's buffer is larger.
        program.terminal = ours
        return program

    def run(self, *command):
        done = subprocess.run(["ip", "netns", "exec", self.namespace, *command], env=self.environment, check=True,
                              stdout=subprocess.PIPE, text=True, timeout=LIMIT)
        return done.stdout

    def shell(self, *arguments):
        return self.run(DESKTOP / "shell", *arguments)

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Home:
    """Both hosts, and the person in front of the desktop, who speaks the language of the locale."""

    def __init__(self, program, size, locale=None):
        self.program, self.programs = program, []
        self.locale, self.words = locale, Words(locale)
        self.name = f"shot{os.getpid()}"
        subprocess.run([DESKTOP / "network", "up", self.name], check=True)
        self.tv = Session(f"{self.name}-b", "--sound-only")
        self.desktop = Session(f"{self.name}-a", "--size", size)
        self.person = self.desktop.start(DESKTOP / "accessible", "telecast")

    def end(self):
        for program in self.programs:
            program.kill()
            program.wait()
        self.person.stdin.close()
        self.person.wait()
        self.desktop.end()
        self.tv.end()
        subprocess.run([DESKTOP / "network", "down", self.name], check=True)
        shutil.rmtree(self.locales, ignore_errors=True)

    @property
    def locales(self):
        return Path(tempfile.gettempdir()) / f"{self.name}-locales"

    def set(self, line):
        """A setting of the program that somebody made before: KEY=VALUE, the value as GVariant text."""
        with open(self.desktop.folder / "home/.config/glib-2.0/settings/keyfile", "a") as file:
            file.write(f"[{APP_PATH[1:]}]\n{line}\n")

    # What a person does and sees.

    def ask(self, verb, name, timeout=LIMIT, **more):
        """Whether it was there in time: build-aux/desktop/accessible has the verbs."""
        command = {"do": verb, "name": name, "timeout": timeout, **more}
        self.person.stdin.write(json.dumps(command) + "\n")
        self.person.stdin.flush()
        return not json.loads(self.person.stdout.readline()).get("late")

    def do(self, verb, name, **more):
        if not self.ask(verb, name, **more):
            raise TimeoutError(f"{verb}: {name}")

    def see(self, *names):
        """Waits for the first of these that shows."""
        return until(" or ".join(names), lambda: next((name for name in names if self.ask("wait", name, timeout=0)), None))

    def act(self, action, *words):
        """An action of the program or, with "win.", of its window; by the bus, as a key or a menu would."""
        path, name = (f"{APP_PATH}/window/1", action[4:]) if action.startswith("win.") else (APP_PATH, action)
        self.desktop.run("gdbus", "call", "--session", "-d", APP_ID, "-o", path, "-m", "org.gtk.Actions.Activate",
                         name, f"[{', '.join(f'<{word!r}>' for word in words)}]", "{}")

    def windows(self):
        return json.loads(self.desktop.shell("windows"))

    def activate(self):
        """The newest window of the program gets the keyboard, and is in front. Waits until it has."""
        newest = f"""global.get_window_actors().map(a => a.meta_window)
            .filter(w => w.title !== '{CARD}' && w.get_wm_class() !== 'xdg-desktop-portal-gnome')
            .reduce((a, b) => a.get_stable_sequence() > b.get_stable_sequence() ? a : b)"""
        has_it = f"(() => {{ const w = {newest}; w.activate(global.get_current_time()); return w.appears_focused; }})()"
        until("the keyboard in the window", lambda: self.desktop.shell("eval", has_it).strip() == "true")

    def key(self, name):
        self.activate()
        self.desktop.shell("key", name)

    def place(self, title, size, corner):
        """Gives a window a size and a place. One that wants to be larger keeps the size that it can have."""
        self.desktop.shell("resize", title, *map(str, size))

        def has_it():
            return any(window["title"] == title and [window["width"], window["height"]] == list(size)
                       for window in self.windows())
        try:
            until(f"the size of {title}", has_it, PATIENCE)
        except TimeoutError:
            pass
        self.desktop.shell("move", title, *map(str, corner))

    # The programs.

    def receiver(self, name, number, *options, asks=False):
        """A receiver with its own memory; one that asks does so at a terminal where nobody answers."""
        home = self.tv.folder / f"receiver{number}"
        home.mkdir(exist_ok=True)
        start = self.tv.start_on_terminal if asks else self.tv.start
        program = start(self.program, "receive", "--name", name, "--headless", "--stats", "none", "--port",
                        str(PORT + number), "--accept", "ask" if asks else "any", *options, HOME=str(home))
        self.programs.append(program)
        return program

    def card(self, size, corner):
        """Something that moves, to be cast."""
        self.programs.append(self.desktop.start(self.program, "test-card", "--fps", "15"))
        until("the test card", lambda: any(window["title"] == CARD for window in self.windows()))
        self.place(CARD, size, corner)

    def open(self, size, corner):
        """The window, in the person's language."""
        environment = {}
        if self.locale:
            # The system need not have it.
            name = f"{self.locale}.UTF-8"
            self.locales.mkdir(exist_ok=True)
            subprocess.run(["localedef", "-i", self.locale, "-f", "UTF-8", self.locales / name], check=True)
            environment = {"LOCPATH": str(self.locales), "LC_ALL": name, "LANGUAGE": ""}
        window = self.desktop.start(self.program, **environment)
        self.programs.append(window)
        until("the window", lambda: any(window["title"] == TITLE for window in self.windows()))
        self.place(TITLE, size, corner)
        return window

    def cast(self, device, *signs):
        """Presses the device's button and goes on until the first of the signs shows."""
        self.do("press", self.words(CAST_TO, device=device))
        return self.reach(*signs)

    def reach(self, *signs):
        """Waits for the first of these. Answers on the way: the test card where the desktop asks what to share, yes where
        it is asked about a device that nobody has certified."""
        yes, share = self.words(YES), self.words(SHARE)
        while (sign := self.see(*signs, yes, share)) not in signs:
            if sign == yes:
                self.do("press", yes)
            elif self.ask("gone", share, timeout=1):
                # What was allowed before needs no dialog.
                continue
            else:
                self.desktop.run(DESKTOP / "press-portal", "--timeout", str(LIMIT), f"{CARD}*", "Share")
            self.do("gone", sign)
        return sign

    # The network.

    def worsen(self):
        """What leaves the window's host is slow, and some of it never arrives. It is dropped where it arrives: the sender
        would be told of a drop on its own host, as of a firewall."""
        subprocess.run(["ip", "netns", "exec", f"{self.name}-a", "tc", "qdisc", "add", "dev", "eth0", "root", "tbf",
                        "rate", RATE, "burst", "16k", "latency", "120ms"], check=True)
        rules = ("add table inet loss; add chain inet loss in { type filter hook input priority 0; }; "
                 f"add rule inet loss in meta l4proto udp numgen random mod 100 < {LOSS} drop")
        subprocess.run(["ip", "netns", "exec", f"{self.name}-b", "nft", rules], check=True)
