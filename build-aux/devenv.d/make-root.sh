# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Makes the Debian 13 root folder in the cache, once for each version of the recipe. Sourced by devenv.
#
#   …/telecast/debian-13-HASH           the root; HASH is over packages.txt and recipe.sh
#   …/telecast/debian-13-HASH.partial   a root in the making, or what an interruption left of one
#   …/telecast/debian-13-HASH.lock      held shared by those who use the root, alone by who makes or removes it
#   …/telecast/debian-13-HASH.log       the package tools' own words

cache=${XDG_CACHE_HOME:-$HOME/.cache}/telecast
recipe=$(cat "$here/packages.txt" "$here/devenv.d/recipe.sh" | sha256sum | cut -c1-12)
root=$cache/debian-13-$recipe
# Fixed, because it is inherited by the command and so tells others that the root is in use.
lock_fd=9

# make_root: afterwards $root is complete and locked (shared) for this process and its children.
make_root() {
    mkdir -p "$cache"
    eval "exec $lock_fd>>\"\$root.lock\""
    flock -s "$lock_fd"
    [ ! -e "$root$root_stamp" ] || return 0

    # Not there. Whoever gets the lock alone makes it; the others wait and find it made.
    flock -u "$lock_fd"
    flock -n -x "$lock_fd" || { say "waiting for another run that makes the Debian root"; flock -x "$lock_fd"; }
    if [ ! -e "$root$root_stamp" ]; then
        check_for_tools
        remove_tree "$root.partial"
        remove_tree "$root"
        build_root "$root.partial"
        mv "$root.partial" "$root"
        remove_old_roots
    fi
    flock -s "$lock_fd"
}

# Everything that mmdebstrap needs on this system, or a sentence that says what is missing.
check_for_tools() {
    local missing=() tool
    for tool in mmdebstrap unshare; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    [ "$(id -u)" = 0 ] || command -v newuidmap >/dev/null || missing+=(uidmap)
    # Debian 12's keyring knows Debian 13's keys only since an update.
    [ ! -e /etc/debian_version ] || [ -e /usr/share/keyrings/debian-archive-trixie-stable.gpg ] ||
        missing+=(debian-archive-keyring)
    [ ${#missing[@]} -gt 0 ] || return 0
    missing=("${missing[@]/#unshare/util-linux}")
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing ${missing[*]}"
        { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "${missing[@]}"; } \
            >"$root.log" 2>&1 || { tail -n 5 "$root.log" >&2; die "could not install ${missing[*]} (log: $root.log)"; }
    else
        die "to make a Debian 13 root these packages are needed: ${missing[*]}. Install them and try again"
    fi
}

# build_root FOLDER: about two minutes and 4 GB.
build_root() {
    local folder=$1 packages sources status=0 child
    packages=$(packages_for test 2 | paste -sd,)
    sources=$(debian_sources)
    say "making a Debian 13 root in $cache (once; a few minutes, 4 GB)"
    mkdir -p "$folder"
    # Namespaces of its own: an interruption leaves no mount and no process behind.
    env --default-signal=INT,QUIT "${namespaces[@]}" "$here/devenv.d/recipe.sh" \
        "$folder" "$packages" ${sources:+"$sources"} > >(show_progress) 2>&1 &
    child=$!
    trap 'kill -KILL "$child" 2>/dev/null; printf "\n" >&2; die "interrupted; the next run starts over"' INT TERM HUP
    wait "$child" || status=$?
    trap - INT TERM HUP
    if [ "$status" != 0 ]; then
        tail -n 15 "$root.log" >&2
        die "making the Debian 13 root failed (log: $root.log)"
    fi
}

# The apt line for Debian 13, from the mirror that this system itself uses. Nothing when it is no Debian or has several
# ways that are not understood here: then mmdebstrap's own default serves.
debian_sources() {
    local uri
    uri=$(
        {
            # One-line format: deb [options] URI SUITE COMPONENT...
            sed -nE 's/^deb(-src)?[[:space:]]+(\[[^]]*\][[:space:]]+)?(.*)$/\3/p' \
                /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | awk '{ print $1, $2 }'
            # deb822 format: paragraphs with URIs: and Suites:
            awk -v RS= '{
                uris = suites = off = ""
                n = split($0, lines, "\n")
                for (i = 1; i <= n; i++) {
                    if (lines[i] ~ /^URIs:/) { uris = lines[i]; sub(/^URIs:[ \t]*/, "", uris) }
                    if (lines[i] ~ /^Suites:/) { suites = lines[i]; sub(/^Suites:[ \t]*/, "", suites) }
                    if (tolower(lines[i]) ~ /^enabled:[ \t]*no/) off = 1
                }
                split(uris, uri, /[ \t]+/); split(suites, suite, /[ \t]+/)
                if (!off && uri[1] != "") print uri[1], suite[1]
            }' /etc/apt/sources.list.d/*.sources 2>/dev/null
        } | awk '$2 ~ /^(bullseye|bookworm|trixie|forky|sid|stable|oldstable|testing|unstable)$/ && $1 ~ /^https?:/ { print $1; exit }'
    ) || true
    [ -z "$uri" ] || printf 'deb %s trixie main\n' "$uri"
}

# One line on a terminal, rewritten; a line for each step otherwise. Everything goes to the log.
show_progress() {
    local line step='' count=0 terminal=''
    [ ! -t 2 ] || terminal=1
    trap '' INT
    while IFS= read -r line; do
        printf '%s\n' "$line" >&4
        case $line in
        'I: running --'*) continue ;;
        'I: '*) step=${line#I: } ; count=0 ;;
        'Get:'* | 'Unpacking '* | 'Setting up '*) count=$((count + 1)) ;;
        *) continue ;;
        esac
        if [ -n "$terminal" ]; then
            printf '\r\033[Kdevenv: %s (%d)' "${step:0:60}" "$count" >&2
        elif [ "$count" = 0 ]; then
            say "$step"
        fi
    done 4>"$root.log"
    [ -z "$terminal" ] || printf '\r\033[K' >&2
}

# Roots of older recipes that nobody uses now. Their empty lock files stay: somebody may be about to lock one.
remove_old_roots() {
    local lock old
    for lock in "$cache"/debian-13-*.lock; do
        old=${lock%.lock}
        [ "$old" != "$root" ] || continue
        [ -e "$old" ] || [ -e "$old.partial" ] || continue
        (
            flock -n -x 8 || exit 0
            say "removing the older root $(basename "$old")"
            remove_tree "$old.partial"
            remove_tree "$old"
            rm -f "$old.log"
        ) 8>>"$lock"
    done
}

# remove_tree FOLDER: without following a mount that something left in it.
remove_tree() {
    [ -e "$1" ] || return 0
    "${namespaces[@]}" rm -rf --one-file-system "$1"
}
