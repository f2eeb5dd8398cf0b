// SPDX-License-Identifier: GPL-3.0-or-later
//! What it costs to hand packets to the kernel, one by one and in the batches of the media loop: processor time for each
//! packet, and calls for each.
//!
//! Prints a table, and puts its rows into `target/bench/path.json`. Over loopback to a socket that nobody reads, whose
//! buffer is full from the beginning: what is measured is the sending. Each figure is the median of [`ROUNDS`] rounds,
//! taken in turns.

use std::error::Error;
use std::net::UdpSocket;

use rustix::time::{ClockId, clock_gettime};
use telecast::session::socket::{MediaSocket, bind};

use crate::rows::{self, Row};

const ROUNDS: usize = 41;

/// Packets of one round.
const PACKETS: usize = 21 * 200;

/// Packets that leave together: one, a frame of the pictures of a quiet desktop, a burst of the pacer.
const BATCHES: [usize; 3] = [1, 5, 21];

const NAMES: [[&str; 2]; 3] = [
    ["udp_single_cpu", "udp_single_calls"],
    ["udp_batch5_cpu", "udp_batch5_calls"],
    ["udp_batch21_cpu", "udp_batch21_calls"],
];

/// Measures, prints and writes.
pub fn run() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let rows = runtime.block_on(measure())?;
    for row in &rows {
        println!("{:<24} {:>12.3} {}", row.name, row.value, row.unit);
    }
    rows::merge("path.json", &rows)?;
    Ok(())
}

async fn measure() -> Result<Vec<Row>, Box<dyn Error>> {
    let sink = UdpSocket::bind("127.0.0.1:0")?;
    let device = sink.local_addr()?;
    let bound = bind(device, None, None)?;
    let mut socket = MediaSocket::new(bound, device, &[])?;
    let mut nanos = [const { Vec::new() }; BATCHES.len()];
    let mut calls = [0.0; BATCHES.len()];
    send(&mut socket, 21).await;
    for _ in 0..ROUNDS {
        for (index, batch) in BATCHES.into_iter().enumerate() {
            let (before, counts) = (processor_time(), *socket.counts());
            send(&mut socket, batch).await;
            nanos[index].push((processor_time() - before) / PACKETS as f64);
            let (now, sent) = (socket.counts(), PACKETS as f64);
            calls[index] = (now.send_calls - counts.send_calls) as f64 / sent;
        }
    }
    let mut rows = Vec::new();
    for (index, [cpu, per_packet]) in NAMES.into_iter().enumerate() {
        nanos[index].sort_by(f64::total_cmp);
        rows.push(Row::new(cpu, nanos[index][ROUNDS / 2], "ns/packet"));
        rows.push(Row::new(per_packet, calls[index], "calls/packet"));
    }
    Ok(rows)
}

async fn send(socket: &mut MediaSocket, batch: usize) {
    let packet = [7; 1472];
    for _ in 0..PACKETS / batch {
        for _ in 0..batch {
            assert!(socket.queue(&packet), "a batch has room for a burst");
        }
        socket.flush().await;
    }
}

/// Of this thread, in nanoseconds.
fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}
