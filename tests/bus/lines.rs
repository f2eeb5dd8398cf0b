// SPDX-License-Identifier: GPL-3.0-or-later
//! The lines that the README prints for scripts, run as they are printed.

use std::path::Path;

use super::support::{Bus, end, tv};

/// The lines of the README's code block that begins below this heading.
fn lines_below(heading: &str) -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let from = readme.find(heading).expect("the section is there");
    let mut blocks = readme[from..].split("\n```");
    let block = blocks.nth(1).expect("a block of code");
    let lines = block.trim_start_matches("sh").lines().map(str::to_owned);
    lines.filter(|line| !line.is_empty()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_line_of_the_readme_for_scripts_works_as_printed() {
    let bus = Bus::start().await;
    bus.activatable("service --idle 600");
    let lines = lines_below("### For scripts");
    assert!(lines.len() >= 8, "{lines:?}");
    for program in ["busctl", "gdbus", "telecast"] {
        assert!(lines.iter().any(|line| line.contains(program)), "{program}");
    }
    // The one thing that is another on each network.
    let (_tv, address) = tv().await;
    let script = lines.join("\n").replace("192.168.1.20", &address);
    assert!(script.contains(&address));
    let program = Path::new(env!("CARGO_BIN_EXE_telecast"));
    let folder = program.parent().unwrap().display();
    let path = std::env::var("PATH").unwrap();
    let mut shell = bus.command("bash", &["-euxo", "pipefail", "-c", &script]);
    shell.env("PATH", format!("{folder}:{path}"));
    let (code, printed, complained) = end(shell.spawn().unwrap()).await;
    assert_eq!(code, 0, "{printed}\n{complained}");
    assert!(printed.contains("streaming"), "{printed}\n{complained}");
}
