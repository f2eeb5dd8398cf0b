// SPDX-License-Identifier: GPL-3.0-or-later
//! The table on the terminal: a line for each row, and below it each target with what was reached.

use crate::rows::{Bad, Row};
use crate::targets;

/// Prints everything. Of most figures the median stands before the worst seed.
pub fn print(rows: &[Row]) {
    println!(
        "{:<13} {:<9} {:<9} {:>4} | {:>15} {:>12} {:>9} {:>9} | {:>5} {:>5} {:>6} | {:>5} {:>5} {:>5} {:>5} | {:>6} {:>5} {:>6} {:>5}",
        "profile",
        "traffic",
        "sender",
        "recv",
        "on time %",
        "freeze ms",
        "frozen",
        "audio gap",
        "p50",
        "p95",
        "p99",
        "util",
        "queue",
        "rep %",
        "ovh %",
        "start%",
        "fps",
        "kbit/s",
        "delay"
    );
    let (mut reached, mut all) = (0, 0);
    for row in rows {
        let case = &row.case;
        println!(
            "{:<13} {:<9} {:<9} {:>4} | {:>15} {:>12} {:>9} {:>9} | {:>5.1} {:>5.1} {:>6.1} | {:>5.1} {:>5.1} {:>5.1} {:>5.1} | {:>6.1} {:>5.1} {:>6.0} {:>5.0}",
            case.profile.slug,
            case.traffic,
            case.sender.name(),
            case.receiver.name(),
            format!(
                "{:.2} ({:.2})",
                row.median(|it| it.on_time_pct),
                row.worst(Bad::Low, |it| it.on_time_pct)
            ),
            format!(
                "{:.0} ({:.0})",
                row.median(|it| it.longest_freeze_ms),
                row.worst(Bad::High, |it| it.longest_freeze_ms)
            ),
            format!("{:.0}", row.median(|it| it.frozen_ms)),
            format!(
                "{:.0} ({:.0})",
                row.median(|it| it.audio_gap_ms),
                row.worst(Bad::High, |it| it.audio_gap_ms)
            ),
            row.median(|it| it.p50_ms),
            row.median(|it| it.p95_ms),
            row.median(|it| it.p99_ms),
            row.median(|it| it.utilisation_pct),
            row.median(|it| it.queue_ms),
            row.median(|it| it.repeated_pct),
            row.median(|it| it.overhead_pct),
            row.median(|it| it.more.start_on_time_pct),
            row.median(|it| it.more.fps),
            row.median(|it| it.more.video_kbps),
            row.worst(Bad::High, |it| it.more.target_delay_ms),
        );
        for verdict in targets::of(row).iter().map(|target| target.check(row)) {
            all += 1;
            reached += usize::from(verdict.passed);
            println!("    {}", verdict.text);
        }
    }
    println!("{reached} of {all} targets reached");
}
