// SPDX-License-Identifier: GPL-3.0-or-later
//! The ground of the other tests: the desktop shows, plays, shares; the two hosts hear each other.

use std::fs::File;
use std::io::BufReader;
use std::time::{Duration, Instant};

use telecast::capture::slot::Next;
use telecast::capture::source::{SourceKind, VideoRequest, VideoSource};

use super::support::moving_window;
use super::support::network::Network;
use super::support::program::Program;
use super::support::session::Session;

const FEW_SECONDS: Duration = Duration::from_secs(20);

#[test]
fn a_desktop_of_the_wanted_size_comes_up_and_leaves_nothing_behind() {
    let session = Session::desktop("800x600", None);
    let picture = session.path("desktop.png");
    session.screenshot(&picture);
    let reader = png::Decoder::new(BufReader::new(File::open(&picture).unwrap()))
        .read_info()
        .unwrap();
    assert_eq!((reader.info().width, reader.info().height), (800, 600));

    let mark = format!("TELECAST_SESSION={}", session.path("").display());
    let mark = mark.trim_end_matches('/').to_owned();
    assert!(processes_with(&mark) > 5, "a desktop is several processes");
    drop(session);
    assert_eq!(processes_with(&mark), 0);
}

/// Processes that have `mark` among their environment's entries.
fn processes_with(mark: &str) -> usize {
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| std::fs::read(entry.ok()?.path().join("environ")).ok())
        .filter(|environment| {
            environment
                .split(|byte| *byte == 0)
                .any(|entry| entry == mark.as_bytes())
        })
        .count()
}

#[test]
fn what_is_played_can_be_recorded_from_the_speakers() {
    let session = Session::sound_only(None);
    let _tone = Program::start(
        "tone",
        session.command("gst-launch-1.0").args([
            "-q",
            "audiotestsrc",
            "freq=1000",
            "!",
            "pulsesink",
        ]),
    );
    let file = session.path("recorded.raw");
    session.run(
        FEW_SECONDS,
        "sh",
        &[
            "-c",
            &format!(
                "sleep 1; timeout 3 parec --latency-msec=50 --device=speakers.monitor --format=s16le --rate=48000 --channels=1 > {}; true",
                file.display()
            ),
        ],
    );
    let samples: Vec<i16> = std::fs::read(&file)
        .unwrap()
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    // The beginning may be the silence before the tone.
    let cycles = samples[24_000..72_000]
        .windows(2)
        .filter(|pair| pair[0] < 0 && pair[1] >= 0)
        .count();
    assert!((950..=1050).contains(&cycles), "{cycles} Hz");
}

/// The portal's dialog is answered for `kind` with `buttons`; afterwards the stream gives pictures of the size.
fn share(kind: &str, buttons: &[&str], size: &str) {
    let session = Session::desktop("1280x720", None);
    // Something that moves, else there is one picture only.
    let _window = moving_window(&session);
    let mut child = Program::start(
        "sharing",
        session
            .command(std::env::current_exe().unwrap())
            .args([
                "--ignored",
                "--exact",
                "--nocapture",
                "ground::child_that_shares",
            ])
            .env("TELECAST_TEST_KIND", kind),
    );
    session.press(buttons);
    let status = child.wait(Duration::from_mins(1));
    assert!(status.success());
    assert!(
        child.lines().iter().any(|line| line.contains(size)),
        "no picture of {size}"
    );
}

#[test]
fn a_monitor_chosen_in_the_dialog_gives_moving_pictures() {
    share("screen", &["Share"], "1280x720");
}

#[test]
fn a_virtual_monitor_chosen_in_the_dialog_gives_a_picture() {
    share("virtual", &["Share"], "1024x768");
}

/// Not a test by itself: what `share` runs inside the session, as the session's environment cannot be this process's.
#[test]
#[ignore = "run by the tests that share something"]
fn child_that_shares() {
    let kind = std::env::var("TELECAST_TEST_KIND").unwrap();
    let (kind, pictures) = match kind.as_str() {
        "screen" => (SourceKind::Screen, 20),
        "virtual" => (SourceKind::Virtual, 1),
        other => panic!("no kind {other}"),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut request = VideoRequest::new(kind);
    request.size = (1024, 768);
    let source = runtime.block_on(VideoSource::start(request)).unwrap();
    let frames = source.frames();
    let deadline = Instant::now() + FEW_SECONDS;
    for number in 0..pictures {
        match frames.take_until(Some(deadline)) {
            Next::Item(frame) => println!("picture {number}: {}x{}", frame.size.0, frame.size.1),
            other => panic!(
                "picture {number}: {other:?} {:?}",
                source.events().try_recv()
            ),
        }
    }
}

#[test]
fn two_hosts_reach_each_other_and_each_has_its_own_sound() {
    let folder = super::support::folder::Folder::new();
    let Some(network) = Network::up(folder.name(), 0) else {
        return;
    };
    let sender = Session::sound_only(Some(&network.a()));
    let receiver = Session::sound_only(Some(&network.b()));
    receiver.run(
        FEW_SECONDS,
        "sh",
        &["-c", "ip -brief address show eth0 | grep -q 10.77.0.2/24"],
    );
    let mut listener = Program::start(
        "listener",
        receiver
            .command("python3")
            .args(["-c", LISTEN_FOR_MULTICAST]),
    );
    for _ in 0..50 {
        sender.run(FEW_SECONDS, "python3", &["-c", SEND_MULTICAST]);
        if listener
            .lines()
            .iter()
            .any(|line| line == "10.77.0.1 hello")
        {
            assert!(listener.wait(FEW_SECONDS).success());
            return;
        }
    }
    panic!("no multicast packet crossed");
}

const LISTEN_FOR_MULTICAST: &str = "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('', 5353))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton('224.0.0.251') + socket.inet_aton('10.77.0.2'))
data, peer = s.recvfrom(100)
print(peer[0], data.decode(), flush=True)
";

const SEND_MULTICAST: &str = "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b'hello', ('224.0.0.251', 5353))
";
