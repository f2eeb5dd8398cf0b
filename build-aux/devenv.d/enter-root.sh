# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs a command inside the root folder as if it were the machine's own. Sourced by devenv.
#
# A private mount and PID namespace: mounts and left-over processes vanish with it. pivot_root and not chroot, because
# the kernel refuses user namespaces to processes in a chroot. The project and the Rust toolchain appear at the paths
# that they have outside, so compiler messages and cargo's fingerprints are the same inside and out; everything else of
# the home folder, /run and /tmp is empty and forgotten afterwards.

# enter_root COMMAND [ARG...]: ends this script with the command's exit code.
enter_root() {
    local cargo_home=${CARGO_HOME:-$HOME/.cargo} rustup_home=${RUSTUP_HOME:-$HOME/.rustup}
    local sysroot bundle='' file
    sysroot=$(cd "$project" && rustc --print sysroot 2>/dev/null) || die "rustc does not run: install Rust 1.95 or newer with rustup"
    case $sysroot in
    /usr | /usr/local) die "Rust comes from $sysroot, which the Debian root cannot use: install it with rustup" ;;
    esac
    mkdir -p "$cargo_home" "$rustup_home"
    for file in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem; do
        [ -z "$bundle" ] && [ -e "$file" ] && bundle=$file
    done

    # What of the environment goes along; the rest of the host's settings would only confuse.
    local environment=() name
    for name in $(compgen -e); do
        case $name in
        TERM | COLORTERM | NO_COLOR | CI | MAKEFLAGS | MFLAGS | GSK_RENDERER | SOURCE_DATE_EPOCH | \
            CARGO_* | RUST* | TELECAST_* | BENCH_* | GST_DEBUG* | PIPEWIRE_DEBUG | G_MESSAGES_DEBUG | PROPTEST_* | \
            [hH][tT][tT][pP]_[pP][rR][oO][xX][yY] | [hH][tT][tT][pP][sS]_[pP][rR][oO][xX][yY] | [nN][oO]_[pP][rR][oO][xX][yY])
            environment+=("$name=${!name}") ;;
        esac
    done
    [ -z "${TELECAST_EXTRA_VECTORS:-}" ] || environment+=("TELECAST_EXTRA_VECTORS=$(realpath -- "$TELECAST_EXTRA_VECTORS")")
    environment+=("HOME=$HOME" "CARGO_HOME=$cargo_home" "RUSTUP_HOME=$rustup_home" "LANG=C.UTF-8" "XDG_RUNTIME_DIR=/run/user/0"
        "PATH=$cargo_home/bin:$sysroot/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")

    # Test vectors from elsewhere.
    local folders=("$project" "$cargo_home" "$rustup_home" "$sysroot")
    [ -z "${TELECAST_EXTRA_VECTORS:-}" ] || folders+=("$(realpath -- "$TELECAST_EXTRA_VECTORS")")

    # In the background so that a signal to this script alone is seen at once. Bash lets such a child ignore Ctrl-C and
    # read nothing: both are put right.
    env --default-signal=INT,QUIT "${namespaces[@]}" bash "$here/devenv.d/inside.sh" \
        "$root" "$PWD" "$HOME" "${bundle:--}" "${folders[@]}" -- \
        env -i "${environment[@]}" "$@" <&0 &
    local child=$! status=0
    trap 'kill -KILL "$child" 2>/dev/null' TERM HUP
    trap : INT
    while :; do
        status=0
        wait "$child" || status=$?
        kill -0 "$child" 2>/dev/null || break
    done
    exit "$status"
}
