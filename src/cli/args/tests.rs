// SPDX-License-Identifier: GPL-3.0-or-later
use clap::CommandFactory;

use super::*;

fn parse(line: &str) -> Result<Arguments, clap::Error> {
    let arguments = Arguments::try_parse_from(line.split(' '))?;
    match arguments.conflict() {
        Some(error) => Err(error),
        None => Ok(arguments),
    }
}

#[test]
fn the_definition_is_consistent() {
    Arguments::command().debug_assert();
}

#[test]
fn each_documented_line_is_understood() {
    for line in [
        "telecast devices --json --timeout 2",
        "telecast mirror TV --source window --audio app=Firefox --codec vp8 --max-size 1280x720 --fps 60 --bitrate 4000000",
        "telecast mirror 192.0.2.7:8010 --source virtual --audio tv --latency 150 --no-restore --duration 5 --stats json",
        "telecast mirror TV --source test-card --audio tone --overscan 10 --no-hardware --no-pointer --profile robust --interface eth0 --port-range 40000-40010 --reconnect 0",
        "telecast receive --name TV --listen ::1 --port 0 --headless --accept known --credentials keys --measure --snapshot a.png --stats json --duration 3",
        "telecast mirror TV --trust certified --trust-root a.crt --trust-root b.crt",
        "telecast -v --log telecast=trace devices",
        "telecast status --json",
        "telecast stop",
        "telecast stop TV",
        "telecast volume 40",
        "telecast volume +5 TV",
        "telecast volume -5",
        "telecast volume mute TV",
        "telecast service --idle 5",
        "telecast service --stay",
        "telecast --device TV",
        "telecast -v --device TV --source virtual",
        "telecast --gapplication-service",
    ] {
        assert!(
            parse(line).is_ok(),
            "{line}: {}",
            parse(line).expect_err("an error")
        );
    }
}

#[test]
fn nonsense_is_refused_as_usage() {
    for line in [
        "telecast mirror",
        "telecast --source screen",
        "telecast --device TV --source test-card",
        "telecast --device TV devices",
        "telecast mirror TV --audio loud",
        "telecast mirror TV --audio app=",
        "telecast mirror TV --max-size 12",
        "telecast mirror TV --bitrate 1",
        "telecast mirror TV --latency 6000",
        "telecast mirror TV --profile robust --latency 100",
        "telecast mirror TV --port-range 9-3",
        "telecast mirror TV --fps 0",
        "telecast mirror TV --overscan 11",
        "telecast mirror TV --reconnect -1",
        "telecast devices --timeout never",
        "telecast receive --accept nobody",
        "telecast mirror TV --trust nobody",
        "telecast volume",
        "telecast volume 101",
        "telecast volume +-5",
        "telecast volume loud",
        "telecast service --idle 0",
        "telecast service --idle 5 --stay",
    ] {
        assert_eq!(parse(line).expect_err(line).exit_code(), 2, "{line}");
    }
}
