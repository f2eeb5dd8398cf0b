#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Fills a folder with Debian 13 and packages, as (possibly a user namespace's) root. A change here or in packages.txt makes
# a new root.
#
#     recipe.sh FOLDER PACKAGES(,) [APT-LINE]
set -euo pipefail
root=$1 packages=$2
shift 2

mmdebstrap --verbose --variant=minbase --mode=root \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "3"' \
    --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
    --include="ca-certificates,$packages" trixie "$root" "$@"

# Installing something there by hand must not start services.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
# One locale besides C, to see that decimal commas and translations do no harm.
sed -i -E 's/^# (de_DE.UTF-8)/\1/' "$root/etc/locale.gen"
chroot "$root" locale-gen
# inside.sh mounts the host's files over these.
rm -f "$root/etc/resolv.conf"
touch "$root/etc/resolv.conf"
# By this file a process knows where it is, and devenv that the root is complete.
echo "Telecast's build environment" >"$root/etc/telecast-devenv"
