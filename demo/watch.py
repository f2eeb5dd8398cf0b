#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints what sender and receiver say, one line a second: watch.py SENDER.log RECEIVER.log SECONDS

Exit code 1 when the sender said nothing for five seconds or its state is no longer streaming.
"""
import json
import sys
import time


def last_object(path):
    """The last complete JSON line, or nothing."""
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in reversed(lines.read().split("\n")[:-1]):
            if line.startswith("{"):
                return json.loads(line)
    return {}


def get(value, *keys):
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def number(value, unit="", digits=0):
    return "-" if not isinstance(value, (int, float)) else f"{value:.{digits}f}{unit}"


def line(sender, receiver):
    bitrate = get(sender, "bitrate", "actual")
    return "  ".join([
        f"{sender.get('codec', '-')} {sender.get('width', '-')}x{sender.get('height', '-')}",
        f"sent {number(get(sender, 'fps', 'sent'))}/s",
        f"{number(bitrate / 1e6 if isinstance(bitrate, (int, float)) else None, ' Mbit/s', 1)}",
        f"rtt {number(sender.get('rtt_ms'), ' ms', 1)}",
        f"loss {number(sender.get('loss_pct'), ' %', 1)}",
        f"| TV decoded {number(get(receiver, 'fps', 'decoded'))}/s",
        f"screen to picture {number(get(receiver, 'screen_to_decoded_ms', 'p50'), ' ms')}",
        f"A/V {number(receiver.get('av_skew_ms'), ' ms')}",
    ])


def main():
    sender_log, receiver_log, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    end = time.monotonic() + seconds
    newest, changed = None, time.monotonic()
    while time.monotonic() < end:
        time.sleep(1)
        sender = last_object(sender_log)
        if sender != newest:
            newest, changed = sender, time.monotonic()
        if time.monotonic() - changed > 5 or str(sender.get("state", "")).lower() not in ("streaming", "recovering"):
            print(f"the sender's last words: {json.dumps(sender)}", file=sys.stderr)
            return 1
        print(line(sender, last_object(receiver_log)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
