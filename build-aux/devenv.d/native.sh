# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Is the system itself enough? Which of its packages are missing? Sourced by devenv.

# The oldest versions that the crates are compiled for (Cargo.toml: v4_18, v1_7, v1_26).
native_libraries=(
    'gtk4 >= 4.18' 'libadwaita-1 >= 1.7'
    'gstreamer-1.0 >= 1.26' 'gstreamer-app-1.0 >= 1.26' 'gstreamer-video-1.0 >= 1.26'
    'gstreamer-audio-1.0 >= 1.26' 'gstreamer-allocators-1.0 >= 1.26'
    'libpipewire-0.3 >= 0.3.65' 'libspa-0.2'
)
# What the headless desktop is made of; bwrap and friends come with it.
native_desktop=(gnome-shell pipewire wireplumber pipewire-pulse pactl dbus-daemon gdbus gst-launch-1.0 ip tc nft openssl python3)
native_modules='import gi; gi.require_version("Atspi", "2.0"); gi.require_version("Gtk", "4.0")'

# native_is_enough build|run|test: true when the system has what that needs.
native_is_enough() {
    local name
    command -v pkg-config >/dev/null && command -v cargo >/dev/null && command -v msgfmt >/dev/null || return 1
    for name in "${native_libraries[@]}"; do
        pkg-config --exists "$name" 2>/dev/null || return 1
    done
    [ "$1" = test ] || return 0
    for name in "${native_desktop[@]}"; do
        command -v "$name" >/dev/null || return 1
    done
    python3 -c "$native_modules" 2>/dev/null
}

# The system's kind, when its release is new enough to have the libraries: "debian", "fedora", or nothing.
native_kind() (
    # shellcheck source=/dev/null
    . /etc/os-release 2>/dev/null || exit 0
    local version=${VERSION_ID:-0}
    local major=${version%%.*}
    case ${ID:-} in
    debian) [ "${VERSION_ID:+set}" != set ] || [ "$major" -ge 13 ] || exit 0 ; echo debian ;;
    ubuntu) [ "$major" -ge 25 ] || exit 0 ; echo debian ;;
    fedora) [ "$major" -ge 42 ] || exit 0 ; echo fedora ;;
    esac
)

# packages_for SECTION COLUMN: the names in packages.txt that a section stands on; column 2 is Debian, 3 Fedora.
packages_for() {
    local sections=' build '
    case $1 in
    run) sections=' build run ' ;;
    test) sections=' build run test ' ;;
    esac
    awk -v sections="$sections" -v column="$2" \
        'NF == 3 && $1 !~ /^#/ && index(sections, " " $1 " ") && $column != "-" { print $column }' "$here/packages.txt"
}

# native_install build|run|test: names what a new enough system misses and, on a terminal, offers to install it.
# False when the system is another one, when the answer is no, or when it did not help.
native_install() {
    local kind package install=() missing=()
    kind=$(native_kind)
    [ -n "$kind" ] || return 1
    command -v cargo >/dev/null || die "cargo is missing: install Rust 1.95 or newer, for instance with rustup"
    local column=2
    [ "$kind" = debian ] || column=3
    for package in $(packages_for "$1" "$column"); do
        native_has_package "$kind" "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 1

    case $kind in
    debian) install=(apt-get install --no-install-recommends "${missing[@]}") ;;
    fedora) install=(dnf install "${missing[@]}") ;;
    esac
    [ "$(id -u)" = 0 ] || install=(sudo "${install[@]}")
    say "missing on this system: ${missing[*]}"
    say "to install them: ${install[*]}"
    if [ ! -t 0 ] || [ ! -t 2 ]; then
        say "nobody to ask: using a Debian 13 root in the cache folder instead"
        return 1
    fi
    local answer
    read -r -p 'devenv: install them now? (no: use a Debian 13 root in the cache folder) [Y/n] ' answer
    case $answer in
    '' | [yY]*) "${install[@]}" && native_is_enough "$1" ;;
    *) return 1 ;;
    esac
}

native_has_package() {
    case $1 in
    debian) [ "$(dpkg-query -W -f '${db:Status-Status}' "$2" 2>/dev/null)" = installed ] ;;
    fedora) rpm -q --quiet --whatprovides "$2" ;;
    esac
}
