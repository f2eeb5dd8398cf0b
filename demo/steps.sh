# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The steps of the demo. Sourced by run.

# What is put before a command to run it on a host; empty: on this one.
host_a=() host_b=()
# The environment of the desktop and of the receiver's host, as arguments of env.
desktop_environment=() tv_environment=()
tv_window=(--headless)
source=screen
tv_port=8009
network=''
headless=''
started=()

say() { printf '\n==> %s\n' "$*"; }

fail() {
    local log
    printf '\ndemo: %s\n' "$*" >&2
    for log in mirror receiver test-card desktop tv; do
        [ -s "$work/$log.log" ] || [ -s "$work/$log.err" ] || continue
        cat "$work/$log.log" "$work/$log.err" >"demo/$log.log" 2>/dev/null || :
        printf -- '--- the end of demo/%s.log:\n' "$log" >&2
        tail -n 5 "demo/$log.log" >&2
    done
    exit 1
}

# start NAME COMMAND...: in the background; output in NAME.log and NAME.err.
start() {
    local name=$1
    shift
    "$@" </dev/null >"$work/$name.log" 2>"$work/$name.err" &
    started+=($!)
}

clean_up() {
    local pid
    trap '' INT TERM HUP
    # The last first: the sender says goodbye to the receiver, both before their desktops go.
    for ((i = ${#started[@]} - 1; i >= 0; i--)); do
        pid=${started[$i]}
        kill -TERM "$pid" 2>/dev/null || continue
        for _ in $(seq 50); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL "$pid" 2>/dev/null || :
    done
    [ -z "$network" ] || build-aux/desktop/network down "$network"
    rm -rf "$work" demo/tv.png.new
}

# wait_for SECONDS WHAT COMMAND...
wait_for() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || fail "$what: not within the time"
        sleep 0.2
    done
}

# Exec, so that the process that `start` knows is the program itself and gets the signals.
on_desktop() { exec ${host_a[@]+"${host_a[@]}"} env ${desktop_environment[@]+"${desktop_environment[@]}"} "$@"; }
on_tv() { exec ${host_b[@]+"${host_b[@]}"} env ${tv_environment[@]+"${tv_environment[@]}"} "$@"; }

make_hosts() {
    if [ -z "${WAYLAND_DISPLAY:-}${DISPLAY:-}" ] && build-aux/desktop/network up "tcdemo$$" 2>"$work/network.err"; then
        network=tcdemo$$
        host_a=(ip netns exec "$network-a")
        host_b=(ip netns exec "$network-b")
        say "two hosts: 10.77.0.1 with the desktop, 10.77.0.2 is the TV"
    else
        build-aux/desktop/network down "tcdemo$$" 2>/dev/null || :
        tv_port=8010
        say "one host (a second one needs root and no display): the receiver is on port $tv_port"
    fi
}

start_headless_desktop() {
    say "starting a headless GNOME desktop"
    headless=1
    start desktop build-aux/desktop/session --size 1280x720 ${network:+--network "$network-a"} "$work/desktop" sleep infinity
    wait_for 90 "the headless desktop" test -e "$work/desktop/env"
    mapfile -t desktop_environment <"$work/desktop/env"
}

use_own_display() {
    say "using your display"
    tv_window=()
    source=window
}

start_sound_of_tv() {
    # The TV's sound goes into a PipeWire of its own: otherwise it would be captured and sent again.
    start tv build-aux/desktop/session --sound-only ${network:+--network "$network-b"} "$work/tv" sleep infinity
    wait_for 60 "the receiver's sound" test -e "$work/tv/env"
    if [ -n "$headless" ]; then
        mapfile -t tv_environment <"$work/tv/env"
    else
        tv_environment=("PIPEWIRE_RUNTIME_DIR=$work/tv/run" "PULSE_SERVER=unix:$work/tv/run/pulse/native")
    fi
}

wait_for_window() {
    [ -n "$headless" ] || return 0
    card_is_there() { (on_desktop build-aux/desktop/shell windows) | grep -q '"title"'; }
    wait_for 30 "the test card's window" card_is_there
}

find_tv() {
    if [ -z "$network" ]; then
        tv_address=127.0.0.1:$tv_port
        listens() { (exec 3<>"/dev/tcp/127.0.0.1/$tv_port") 2>/dev/null; }
        wait_for 20 "the receiver" listens
        return 0
    fi
    tv_address="Demo TV"
    tv_is_found() { (on_desktop "$telecast" devices --json --timeout 2) | grep -q '"Demo TV"'; }
    wait_for 30 "the receiver, by mDNS" tv_is_found
    (on_desktop "$telecast" devices --timeout 2)
}

answer_dialog() {
    if [ -z "$headless" ]; then
        echo "Choose the window \"Telecast Test Card\" in the dialog and press Share."
        return 0
    fi
    (on_desktop build-aux/desktop/press-portal --timeout 30 Share) || fail "the portal's dialog did not come"
}

wait_for_stream() {
    local limit=30
    [ -n "$headless" ] || limit=120
    streams() {
        kill -0 "$mirror" 2>/dev/null || fail "the sender ended by itself"
        grep -qE '"state": *"[Ss]treaming"' "$work/mirror.log"
    }
    local deadline=$((SECONDS + limit))
    until streams; do
        [ $SECONDS -lt $deadline ] || fail "nothing is streamed"
        sleep 0.2
    done
}

take_screenshot() {
    if [ -z "$headless" ]; then
        echo "(demo/desktop.png is left out: your screen is yours)"
        return 0
    fi
    (on_desktop build-aux/desktop/shell screenshot demo/desktop.png) || fail "no screenshot of the desktop"
}

# stop PROCESS NAME: as Ctrl-C does; it must end well.
stop() {
    kill -INT "$1" 2>/dev/null || fail "$2 ended by itself"
    for _ in $(seq 150); do
        kill -0 "$1" 2>/dev/null || break
        sleep 0.1
    done
    kill -0 "$1" 2>/dev/null && fail "$2 does not end"
    wait "$1" || fail "$2 did not end well"
}

# last_object FILE PATTERN: the last JSON object of its lines that has the pattern, for people to read.
last_object() {
    grep '^{' "$1" | grep -E "$2" | tail -n 1 | python3 -m json.tool
}
