// SPDX-License-Identifier: GPL-3.0-or-later
//! The hour itself: the weather changes, both ends are looked at once a second, and in the end there is a verdict.

use std::fs;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rustix::process::Pid;
use serde_json::Value;

use crate::course::Course;
use crate::rig::{Remains, Rig};
use crate::series::{DESCRIPTORS, MEMORY, OBJECTS, Series, THREADS};
use crate::support::program::Program;
use crate::weather::{self, Kind};
use crate::{file, machine, process};

/// How often both ends are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How often PipeWire is asked, in looks: the answer is long.
const ASK: u32 = 10;
/// Caches fill, pools grow to what they need: this part of the time is not judged.
const WARM_UP: f64 = 0.25;
const ENDS: [&str; 2] = ["sender", "receiver"];

/// All of it, as the command line says.
pub fn run() -> std::io::Result<ExitCode> {
    // `cargo bench` adds --bench.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let minutes: f64 = arguments
        .first()
        .map_or(60.0, |text| text.parse().expect("minutes"));
    let size = arguments.get(1).map_or("1280x720", String::as_str);
    let length = Duration::from_secs_f64(minutes * 60.0);
    println!("{}; {minutes} minutes of {size}", machine::describe());
    let Some(mut rig) = Rig::start(size) else {
        eprintln!("two hosts with a relay between them cannot be made here: nothing was measured");
        return Ok(ExitCode::FAILURE);
    };
    let mut all = all_series();
    let mut course = Course::default();
    watch(&mut rig, length, &mut all, &mut course);
    let remains = rig.end();
    report(&all, &course, &remains, length)
}

/// Of each end: memory twice, descriptors, threads, PipeWire's objects on its host.
fn all_series() -> Vec<Series> {
    let of = |end: &str| {
        let series = |what: &str, unit, bound| Series::new(format!("{end}_{what}"), unit, bound);
        [
            series("rss", "MB", MEMORY),
            series("own_memory", "MB", MEMORY),
            series("descriptors", "", DESCRIPTORS),
            series("threads", "", THREADS),
            series("pipewire_objects", "", OBJECTS),
        ]
    };
    ENDS.into_iter().flat_map(of).collect()
}

/// Lets the weather change, and looks at both ends.
fn watch(rig: &mut Rig, length: Duration, all: &mut [Series], course: &mut Course) {
    let start = Instant::now();
    let mut spell = None;
    let mut looks = 0;
    while start.elapsed() < length {
        let moment = weather::at(start.elapsed());
        if spell.replace(moment.number) != Some(moment.number) {
            rig.change(moment.kind);
            let at = start.elapsed().as_secs();
            eprintln!("{at:>6} s  {}", moment.kind.name());
            if moment.loses_device {
                course.lose();
            }
        }
        std::thread::sleep(LOOK.saturating_sub(start.elapsed().saturating_sub(LOOK * looks)));
        looks += 1;
        let at = start.elapsed();
        let (sender, receiver) = (newest(&rig.sender), newest(&rig.receiver));
        // The weather may have changed meanwhile.
        let is_settled = moment.is_settled && weather::at(at).is_settled;
        let is_well = course.note(is_settled, &sender, &receiver);
        for (index, process) in rig.processes().into_iter().enumerate() {
            let taken = taken(process).unwrap_or_else(|| panic!("the {} has ended", ENDS[index]));
            if is_well {
                for (series, value) in all[index * 5..].iter_mut().zip(taken) {
                    series.add(at, value);
                }
            }
        }
        if is_well && looks % ASK == 0 {
            for (index, objects) in rig.objects().into_iter().enumerate() {
                all[index * 5 + 4].add(at, objects as f64);
            }
        }
    }
    // Whatever the weather was at the end.
    rig.change(Kind::Fair);
}

fn newest(program: &Program) -> Value {
    program.newest_object().unwrap_or_default()
}

/// What a process has of the system: memory in MB, all of it and what is no file's; open descriptors; threads. `None` when it
/// has ended. (Its share of what is shared would tell about others that come and go.)
fn taken(process: Pid) -> Option<[f64; 4]> {
    let entries = |folder: &str| {
        let entries = fs::read_dir(format!("/proc/{process}/{folder}")).ok()?;
        Some(entries.count() as f64)
    };
    Some([
        process::memory_of(process, "Rss")?,
        process::memory_of(process, "Anonymous")?,
        entries("fd")?,
        entries("task")?,
    ])
}

fn report(
    all: &[Series],
    course: &Course,
    remains: &Remains,
    length: Duration,
) -> std::io::Result<ExitCode> {
    println!(
        "\n{:<28}{:>8}{:>10}{:>10}{:>10}{:>12}{:>10}{:>10}",
        "in settled weather", "points", "mean", "least", "most", "an hour", "growth", "may be"
    );
    let mut rows = Vec::new();
    let mut complaints = course.complaints();
    for series in all {
        let judged = series.judge(length.mul_f64(WARM_UP));
        rows.push(judged.row(series));
        println!(
            "{:<28}{:>8}{:>10.1}{:>10.1}{:>10.1}{:>12.2}{:>10.2}{:>10.2} {}",
            series.name,
            judged.points,
            judged.mean,
            judged.least,
            judged.most,
            judged.an_hour,
            judged.growth,
            judged.may_grow,
            series.unit
        );
        if !judged.is_flat() {
            complaints.push(format!("{} is not flat", series.name));
        }
    }
    if remains.objects > 0 {
        complaints.push(format!(
            "{} of PipeWire's objects are left",
            remains.objects
        ));
    }
    let course = course.row();
    println!("{course}");
    rows.push(course);
    file::write("soak.json", &rows)?;
    for complaint in &complaints {
        println!("NOT AS IT SHOULD BE: {complaint}");
    }
    Ok(if complaints.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
