#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws the plots of docs/benchmarks.md from what `make bench-network` wrote. Needs matplotlib.

    make bench-network && build-aux/plots.py

Reads target/bench/network.json and network-traces.json, writes docs/network-*.svg.
"""

import json
import pathlib

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

PROJECT = pathlib.Path(__file__).resolve().parent.parent
BENCH = PROJECT / "target" / "bench"
DOCS = PROJECT / "docs"
LOSSES = [0, 1, 2, 5, 10, 20]
# Colours that also differ in brightness, for those who see no red and green.
COLOURS = {"telecast": "#1c71d8", "reference": "#c64600"}
NAMES = {"telecast": "Telecast", "reference": "reference sender"}

# Text as outlines would differ from machine to machine; a date and random ids would change the file each time.
plt.rcParams.update({
    "svg.fonttype": "none",
    "svg.hashsalt": "telecast",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "figure.facecolor": "white",
})


def read(name):
    return json.loads((BENCH / name).read_text())


def save(figure, name):
    figure.tight_layout()
    figure.savefig(DOCS / f"network-{name}.svg", metadata={"Date": None})
    plt.close(figure)


def find(rows, profile, sender, feedback):
    """The row of a receiver that answers sender reports at once."""
    for row in rows:
        key = (row["profile"], row["sender"], row["feedback_ms"], row["answers_sr"], row["traffic"])
        if key == (profile, sender, feedback, True, "video"):
            return row
    raise SystemExit(f"network.json lacks {profile} {sender} {feedback}: run all of make bench-network")


def by_loss(rows, sender, feedback, key):
    # Without loss: the same link at 100 ms of target delay is the hardest that there is.
    profiles = ["lan"] + [f"loss{loss}_rtt5" for loss in LOSSES[1:]]
    return [find(rows, profile, sender, feedback)[key] for profile in profiles]


def draw_by_loss(rows, name, title, draw):
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    for panel, feedback in zip(panels, [30, 500]):
        for sender in ["telecast", "reference"]:
            draw(panel, sender, feedback)
        panel.set_title(f"losses told every {feedback} ms", fontsize=10)
        panel.set_xlabel("packets lost, both ways (%)")
        panel.set_xticks(range(len(LOSSES)), [str(loss) for loss in LOSSES])
    panels[0].set_ylabel(title)
    panels[0].legend(frameon=False)
    save(figure, name)


def draw_on_time(rows):
    def draw(panel, sender, feedback):
        median = by_loss(rows, sender, feedback, "on_time_pct")
        worst = by_loss(rows, sender, feedback, "on_time_pct_worst")
        panel.plot(median, marker="o", color=COLOURS[sender], label=NAMES[sender])
        panel.fill_between(range(len(median)), worst, median, color=COLOURS[sender], alpha=0.2, lw=0)
        panel.set_ylim(0, 102)

    draw_by_loss(rows, "on-time", "pictures on time (%)", draw)


def draw_freezes(rows):
    def draw(panel, sender, feedback):
        worst = by_loss(rows, sender, feedback, "longest_freeze_ms_worst")
        offset = -0.2 if sender == "telecast" else 0.2
        places = [index + offset for index in range(len(worst))]
        panel.bar(places, worst, width=0.4, color=COLOURS[sender], label=NAMES[sender])

    draw_by_loss(rows, "freezes", "longest freeze in a minute, worst of 30 (ms)", draw)


def draw_steps(traces):
    figure, (rates, queues) = plt.subplots(2, 1, figsize=(9, 5), sharex=True)
    for trace in traces:
        points, sender = trace["points"], trace["sender"]
        seconds = [point["seconds"] for point in points]
        delivered = [point["delivered_kbps"] / 1000 for point in points]
        queue = [point["queue_ms"] for point in points]
        rates.plot(seconds, delivered, color=COLOURS[sender], label=NAMES[sender])
        queues.plot(seconds, queue, color=COLOURS[sender], label=NAMES[sender])
    points = traces[0]["points"]
    rates.step(
        [point["seconds"] for point in points],
        [point["capacity_kbps"] / 1000 for point in points],
        where="pre", color="#77767b", ls="--", label="what the link carries",
    )
    rates.set_ylabel("media delivered (Mbit/s)")
    rates.legend(frameon=False, ncols=3, loc="upper right")
    rates.set_ylim(0, 11)
    queues.set_ylabel("longest wait in the queue (ms)")
    queues.set_xlabel("seconds")
    queues.set_ylim(0)
    save(figure, "steps")


def main():
    rows = read("network.json")
    draw_on_time(rows)
    draw_freezes(rows)
    draw_steps(read("network-traces.json"))


main()
