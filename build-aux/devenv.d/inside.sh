#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The first process of devenv's namespaces: mounts, changes the root, runs the command, ends everything with it.
#
#     inside.sh ROOT DIRECTORY HOME CA-BUNDLE|- FOLDER... -- COMMAND [ARG...]
#
# Each FOLDER appears inside at the path that it has outside; the command starts in DIRECTORY.
set -euo pipefail

root=$1 directory=$2 home=$3 bundle=$4
shift 4

mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir -p "$root/run/user/0" "$root$home"
chmod 700 "$root/run/user/0"
mount -t tmpfs -o mode=700 tmpfs "$root$home"
while [ "$1" != -- ]; do
    mkdir -p "$root$1"
    mount --rbind "$1" "$root$1"
    shift
done
shift
# Names and certificates of the host, so that cargo can reach its registry.
for file in /etc/resolv.conf /etc/hosts; do
    [ ! -e "$file" ] || { touch "$root$file"; mount --bind "$(realpath "$file")" "$root$file"; }
done
[ "$bundle" = - ] || mount --bind "$(realpath "$bundle")" "$root/etc/ssl/certs/ca-certificates.crt"

cd "$root"
mkdir -p .old
pivot_root . .old
umount -l .old
rmdir .old 2>/dev/null || :
# The caller's folder when it lies in something that is visible here.
cd "$directory" 2>/dev/null || cd "$home"

# As the namespace's init this shell outlives a Ctrl-C that ends the command; when it ends, the kernel ends the rest.
trap : INT TERM
status=0
"$@" || status=$?
exit "$status"
