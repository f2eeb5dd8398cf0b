// SPDX-License-Identifier: GPL-3.0-or-later
//! NTP time against the vectors.

use std::time::{Duration, Instant};

use serde::Deserialize;
use telecast::cast::ntp::{NtpTime, ReportDelay};

use crate::support::typed_vectors;

#[derive(Deserialize)]
struct Vectors {
    unix_to_ntp: Vec<UnixToNtp>,
    split: Vec<Split>,
    delay_since_last_report: Vec<Delay>,
    epoch_difference_seconds: u64,
}

#[derive(Deserialize)]
struct UnixToNtp {
    unix_seconds: u64,
    nanoseconds: u32,
    ntp: String,
    report_id: String,
}

#[derive(Deserialize)]
struct Split {
    ntp: String,
    seconds: u32,
    fraction: u32,
    milliseconds_truncated: Option<u32>,
    report_id: Option<String>,
}

#[derive(Deserialize)]
struct Delay {
    microseconds: i64,
    ticks: u32,
}

fn stamp(hex: &str) -> NtpTime {
    NtpTime(u64::from_str_radix(hex, 16).unwrap())
}

fn id(hex: &str) -> u32 {
    u32::from_str_radix(hex, 16).unwrap()
}

#[test]
fn unix_time_becomes_ntp_time_and_report_ids() {
    for case in typed_vectors::<Vectors>("ntp.json").unix_to_ntp {
        let unix = Duration::new(case.unix_seconds, case.nanoseconds);
        let time = NtpTime::from_unix(unix);
        assert_eq!(time, stamp(&case.ntp));
        assert_eq!(time.report_id().0, id(&case.report_id));
        let back = time.to_unix();
        assert!(
            unix.abs_diff(back) <= Duration::from_nanos(1),
            "{unix:?} came back as {back:?}"
        );
    }
}

#[test]
fn stamps_split_into_seconds_and_fraction() {
    for case in typed_vectors::<Vectors>("ntp.json").split {
        let time = stamp(&case.ntp);
        assert_eq!(
            (time.seconds(), time.fraction()),
            (case.seconds, case.fraction)
        );
        assert_eq!(NtpTime::from_parts(case.seconds, case.fraction), time);
        if let Some(milliseconds) = case.milliseconds_truncated {
            assert_eq!(
                (u64::from(time.fraction()) * 1000) >> 32,
                u64::from(milliseconds)
            );
        }
        if let Some(report_id) = case.report_id {
            assert_eq!(time.report_id().0, id(&report_id));
        }
    }
}

#[test]
fn the_delay_since_the_last_report_truncates_and_saturates() {
    let arrival = Instant::now() + Duration::from_hours(1);
    for case in typed_vectors::<Vectors>("ntp.json").delay_since_last_report {
        let distance = Duration::from_micros(case.microseconds.unsigned_abs());
        let now = if case.microseconds < 0 {
            arrival.checked_sub(distance).unwrap()
        } else {
            arrival + distance
        };
        assert_eq!(
            ReportDelay::between(arrival, now).0,
            case.ticks,
            "{}",
            case.microseconds
        );
    }
}

#[test]
fn the_epochs_are_as_far_apart_as_the_vectors_say() {
    let vectors: Vectors = typed_vectors("ntp.json");
    let epoch = NtpTime::from_unix(Duration::ZERO);
    assert_eq!(u64::from(epoch.seconds()), vectors.epoch_difference_seconds);
}
