# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs a suite as parts: each with its time, all of them even when one fails, a table at the end. Sourced by test and
# test-desktop.

part_names=()
part_results=()
failed_parts=0
part_log=$(mktemp)
trap 'rm -f "$part_log"' EXIT

# Where namespaces are possible, a test that needs them must run.
if ip netns add telecast-probe 2>/dev/null; then
    ip netns del telecast-probe
    export TELECAST_TEST_AS_ROOT=1
fi

# part NAME COMMAND [ARG...]
part() {
    local name=$1 started=$SECONDS status=0
    shift
    printf '\n==> %s\n' "$name"
    "$@" || status=$?
    part_names+=("$name")
    if [ "$status" = 0 ]; then
        part_results+=("ok      $(minutes $((SECONDS - started)))")
    else
        part_results+=("FAILED  $(minutes $((SECONDS - started)))")
        failed_parts=$((failed_parts + 1))
    fi
}

# cargo_tests ARG...: cargo test that fails when it found no test to run. Its words reach the standard output as they come.
cargo_tests() {
    local status=0 ran
    cargo test --locked "$@" 2>&1 | tee "$part_log" || status=$?
    [ "$status" = 0 ] || return "$status"
    ran=$(awk '/^test result:/ { n += $4 } END { print n + 0 }' "$part_log")
    if [ "$ran" = 0 ]; then
        echo "no test ran: cargo test $*"
        return 1
    fi
}

# The table and the suite's exit code.
summary() {
    local i
    printf '\n==> Time by part\n'
    for i in "${!part_names[@]}"; do
        printf '%-44s %s\n' "${part_names[$i]}" "${part_results[$i]}"
    done
    printf '%-44s %-6s  %s\n' total "$([ "$failed_parts" = 0 ] && echo ok || echo FAILED)" "$(minutes $SECONDS)"
    [ "$failed_parts" = 0 ]
}

minutes() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }
