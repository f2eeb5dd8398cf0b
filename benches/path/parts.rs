// SPDX-License-Identifier: GPL-3.0-or-later
//! The measurements, each on a running [`Rig`].

use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use telecast::clock;

use crate::null::COMMAND;
use crate::process::{self, Usage};
use crate::report::Report;
use crate::rig::{Rig, TV};
use crate::statistics::{median, slope};

/// After the start, until the bitrate has settled.
const WARM_UP: Duration = Duration::from_secs(6);
/// Processor time is counted over so long.
const WINDOW: Duration = Duration::from_secs(12);
/// Devices answer the same mDNS question once a second only (RFC 6762, section 6).
const BETWEEN_STARTS: Duration = Duration::from_secs(2);
/// How long the memory is watched, and how often.
const LONG: Duration = Duration::from_mins(10);
const SAMPLE: Duration = Duration::from_secs(10);
const STAGES: [&str; 7] = [
    "capture",
    "convert",
    "encode",
    "pace",
    "network",
    "reassembly",
    "playout",
];

/// How often each measurement is made.
fn runs() -> usize {
    let wanted = std::env::var("BENCH_RUNS")
        .ok()
        .and_then(|text| text.parse().ok());
    wanted.unwrap_or(3).max(1)
}

/// What one codec gave, run by run.
#[derive(Default)]
struct Moving {
    complete_p50: Vec<f64>,
    complete_p95: Vec<f64>,
    decoded_p50: Vec<f64>,
    cpu: Vec<f64>,
    convert: Vec<f64>,
    memory: Vec<f64>,
}

/// The moving picture with its sound: delay by stage, processor, memory, with VP8 and with H.264.
pub fn moving(rig: &mut Rig, report: &mut Report) {
    rig.show_card();
    let codecs = ["vp8", "h264"].map(|codec| {
        let mut all = Moving::default();
        for run in 1..=runs() {
            println!("\n{codec}, run {run}");
            let mut mirror = rig.mirror(&["--audio", "both", "--codec", codec]);
            Rig::wait_streaming(&mut mirror);
            sleep(WARM_UP);
            let usage = process::usage(mirror.pid(), WINDOW);
            all.memory.push(process::memory(mirror.pid()));
            let sent = rig.finish(mirror);
            let received = rig.received();
            print_threads(&usage);
            print_stages(&sent);
            print_ends(&received);
            let figure = |key: &str, percentile: &str| number(&received[key][percentile]);
            all.cpu.push(usage.total);
            // Encoders have threads of their own; this one converts and passes on.
            all.convert.push(usage.of("encoder"));
            all.complete_p50.push(figure("screen_to_complete_ms", "p50"));
            all.complete_p95.push(figure("screen_to_complete_ms", "p95"));
            all.decoded_p50.push(figure("screen_to_decoded_ms", "p50"));
        }
        println!(
            "\n{codec}: medians: complete {:.1} / {:.1} ms, decoded {:.1} ms, processor {:.1} %, memory {:.1} MB",
            median(&all.complete_p50),
            median(&all.complete_p95),
            median(&all.decoded_p50),
            median(&all.cpu),
            median(&all.memory),
        );
        all
    });
    // The delay is told of one codec, not the best of each figure.
    let [vp8, h264] = &codecs;
    let faster = if median(&vp8.complete_p50) <= median(&h264.complete_p50) {
        vp8
    } else {
        h264
    };
    report.add(
        "pixel_to_complete_p50_ms",
        median(&faster.complete_p50),
        "ms",
    );
    report.add(
        "pixel_to_complete_p95_ms",
        median(&faster.complete_p95),
        "ms",
    );
    report.add("pixel_to_decoded_p50_ms", median(&faster.decoded_p50), "ms");
    report.add(
        "process_cpu_pct",
        median(&vp8.cpu).min(median(&h264.cpu)),
        "%",
    );
    report.add("process_cpu_vp8_pct", median(&vp8.cpu), "%");
    report.add("process_cpu_h264_pct", median(&h264.cpu), "%");
    report.add("convert_cpu_pct", median(&vp8.convert), "%");
    report.add("pss_720_mb", median(&vp8.memory), "MB");
}

/// Everything but the encoder.
pub fn null(rig: &mut Rig, report: &mut Report) {
    rig.show_card();
    let (mut sender, mut opus) = (Vec::new(), Vec::new());
    for run in 1..=runs() {
        println!("\nnull encoder, run {run}");
        let program = std::env::current_exe().expect("this program has a name");
        let address = rig.address();
        let mut child = rig.run(program, [COMMAND, &address, "both"]);
        Rig::wait_streaming(&mut child);
        sleep(WARM_UP);
        let usage = process::usage(child.pid(), WINDOW);
        let sent = rig.finish(child);
        print_threads(&usage);
        print_stages(&sent);
        opus.push(usage.of("encode-audio"));
        sender.push(usage.total - usage.of("encode-audio"));
    }
    report.add("sender_cpu_pct", median(&sender), "%");
    report.add("opus_cpu_pct", median(&opus), "%");
}

/// A picture that does not move, without sound.
pub fn still(rig: &mut Rig, report: &mut Report) {
    rig.hide_card();
    let mut cpu = Vec::new();
    for run in 1..=runs() {
        println!("\nstill screen, run {run}");
        let mut mirror = rig.mirror(&["--audio", "none"]);
        Rig::wait_streaming(&mut mirror);
        sleep(WARM_UP);
        let usage = process::usage(mirror.pid(), WINDOW);
        rig.finish(mirror);
        print_threads(&usage);
        cpu.push(usage.total);
    }
    report.add("still_cpu_pct", median(&cpu), "%");
}

/// From the start of the program to the first complete frame.
pub fn start(rig: &mut Rig, report: &mut Report) {
    rig.show_card();
    let address = rig.address();
    report.add("first_frame_ms", first_frame(rig, &address), "ms");
    if rig.has_hosts() {
        report.add("first_frame_by_name_ms", first_frame(rig, TV), "ms");
    }
}

fn first_frame(rig: &mut Rig, device: &str) -> f64 {
    let mut times = Vec::new();
    for _ in 0..runs().max(5) {
        sleep(BETWEEN_STARTS);
        let started = clock::monotonic().as_secs_f64() * 1000.0;
        let mirror = rig.mirror_to(device, &[]);
        let first_of = |object: &Value| {
            let first = object["first_complete_at_ms"].as_f64();
            first.filter(|first| *first > started)
        };
        let limit = Duration::from_secs(30);
        let object = rig
            .receiver
            .wait_for_object("a first frame", limit, |object| first_of(object).is_some());
        rig.finish(mirror);
        times.push(first_of(&object).unwrap_or(f64::NAN) - started);
    }
    println!("\nstart to the first frame at {device}: {times:.0?} ms");
    median(&times)
}

/// Memory with a large picture.
pub fn large(rig: &mut Rig, report: &mut Report) {
    rig.show_card();
    let mut memory = Vec::new();
    for _ in 1..=runs() {
        let mut mirror = rig.mirror(&["--audio", "both", "--codec", "vp8"]);
        Rig::wait_streaming(&mut mirror);
        sleep(WARM_UP + WINDOW);
        memory.push(process::memory(mirror.pid()));
        rig.finish(mirror);
    }
    println!("\n1920x1080: memory {memory:.1?} MB");
    report.add("pss_1080_mb", median(&memory), "MB");
}

/// Memory over ten minutes in which other programs want the processor too.
pub fn long(rig: &mut Rig, report: &mut Report) {
    rig.show_card();
    let mut mirror = rig.mirror(&["--audio", "both", "--codec", "vp8"]);
    Rig::wait_streaming(&mut mirror);
    sleep(WARM_UP);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let hogs: Vec<Hog> = (0..cores).map(|_| Hog::start()).collect();
    let start = Instant::now();
    let mut samples = Vec::new();
    while start.elapsed() < LONG {
        sleep(SAMPLE);
        let memory = process::memory(mirror.pid());
        samples.push((start.elapsed().as_secs_f64() / 60.0, memory));
    }
    drop(hogs);
    let sent = rig.finish(mirror);
    // The caches of encoder and libraries fill in the beginning.
    let settled: Vec<(f64, f64)> = samples.split_off(samples.len() / 5);
    println!("\nten minutes with a short processor: {settled:.1?} (minutes, MB)");
    print_stages(&sent);
    report.add("pss_growth_mb_per_min", slope(&settled), "MB/min");
}

/// A program that wants a whole core.
struct Hog(Child);

impl Hog {
    fn start() -> Hog {
        let child = Command::new("sh")
            .args(["-c", "while :; do :; done"])
            .stdin(Stdio::null())
            .spawn()
            .expect("a shell");
        Hog(child)
    }
}

impl Drop for Hog {
    fn drop(&mut self) {
        if let Err(error) = self.0.kill().and_then(|()| self.0.wait()) {
            eprintln!("a busy program does not end: {error}");
        }
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// Processor time by thread, what is not nothing.
fn print_threads(usage: &Usage) {
    let mut threads: Vec<_> = usage.threads.iter().collect();
    threads.sort_by(|one, other| other.1.total_cmp(one.1));
    print!("processor {:.1} % of a core:", usage.total);
    for (name, percent) in threads.into_iter().filter(|(_, percent)| **percent >= 0.05) {
        print!("  {name} {percent:.1}");
    }
    println!();
}

/// The sender's own numbers: medians over the seconds after the first ones.
fn print_stages(sent: &[Value]) {
    let streaming: Vec<&Value> = sent
        .iter()
        .filter(|object| number(&object["uptime_s"]) > WARM_UP.as_secs_f64())
        .collect();
    let of = |pick: &dyn Fn(&Value) -> f64| {
        let values: Vec<f64> = streaming.iter().map(|object| pick(object)).collect();
        median(&values)
    };
    print!("by stage, ms:");
    for stage in STAGES {
        print!(
            "  {stage} {:.1}",
            of(&|it| number(&it["latency_ms"][stage]))
        );
    }
    println!(
        "\nsent: {:.0} pictures a second, {:.2} Mbit/s of {:.2}, round trip {:.2} ms; last: dropped {}, resent {}",
        of(&|it| number(&it["fps"]["sent"])),
        of(&|it| number(&it["bitrate"]["actual"])) / 1e6,
        of(&|it| number(&it["bitrate"]["target"])) / 1e6,
        of(&|it| number(&it["rtt_ms"])),
        streaming.last().map_or(&Value::Null, |it| &it["dropped"]),
        streaming
            .last()
            .map_or(&Value::Null, |it| &it["retransmitted"]),
    );
}

fn print_ends(received: &Value) {
    for key in ["screen_to_complete_ms", "screen_to_decoded_ms"] {
        let of = |percentile: &str| number(&received[key][percentile]);
        print!(
            "{key}: p50 {:.1}, p95 {:.1}, p99 {:.1}  ",
            of("p50"),
            of("p95"),
            of("p99")
        );
    }
    println!("late {}, skipped {}", received["late"], received["skipped"]);
}
