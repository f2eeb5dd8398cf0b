# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs a suite as parts: each with its time, all of them even when one fails, a table at the end, which also tells what was
# skipped. Sourced by test and test-desktop.

part_names=()
part_results=()
failed_parts=0
skipped_tests=0
part_log=$(mktemp)
# Tests that cannot run here add a line to this file, "TEST: REASON"; to cargo they have passed.
export TELECAST_TEST_SKIPPED
TELECAST_TEST_SKIPPED=$(mktemp)
trap 'rm -f "$part_log" "$TELECAST_TEST_SKIPPED"' EXIT

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
    part_ran=0
    : >"$TELECAST_TEST_SKIPPED"
    "$@" || status=$?
    part_names+=("$name")
    local result=ok
    if [ "$status" != 0 ]; then
        result=FAILED
        failed_parts=$((failed_parts + 1))
    fi
    local skipped reasons=''
    skipped=$(sort -u "$TELECAST_TEST_SKIPPED" | wc -l)
    if [ "$skipped" -gt 0 ]; then
        skipped_tests=$((skipped_tests + skipped))
        sort -u "$TELECAST_TEST_SKIPPED" | sed 's/^/SKIPPED /'
        reasons=$(sed 's/^[^ ]*: //' "$TELECAST_TEST_SKIPPED" | sort -u | paste -sd ';')
        reasons="  $skipped of $part_ran tests SKIPPED: $reasons"
        # Nothing of it was shown to work.
        [ "$result" != ok ] || [ "$skipped" -lt "$part_ran" ] || result=SKIPPED
    fi
    part_results+=("$(printf '%-8s %s%s' "$result" "$(minutes $((SECONDS - started)))" "$reasons")")
}

# cargo_tests ARG...: cargo test that fails when it found no test to run. Its words reach the standard output as they come.
cargo_tests() {
    local status=0
    cargo test --locked "$@" 2>&1 | tee "$part_log" || status=$?
    part_ran=$(awk '/^test result:/ { n += $4 + $6 } END { print n + 0 }' "$part_log")
    [ "$status" = 0 ] || return "$status"
    if [ "$part_ran" = 0 ]; then
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
    printf '%-44s %-8s %s' total "$([ "$failed_parts" = 0 ] && echo ok || echo FAILED)" "$(minutes $SECONDS)"
    [ "$skipped_tests" = 0 ] || printf '  %s tests SKIPPED' "$skipped_tests"
    printf '\n'
    [ "$failed_parts" = 0 ]
}

minutes() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }
