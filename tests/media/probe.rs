// SPDX-License-Identifier: GPL-3.0-or-later
//! Which encoders are offered.

use std::time::{Duration, Instant};

use telecast::cast::codec::VideoCodec;
use telecast::encode::probe::{self, Prober};
use telecast::encode::profile::Profile;

/// A file of this test's own.
fn path(name: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("telecast-probe-{name}-{}.json", std::process::id()))
}

#[test]
fn every_software_encoder_that_is_installed_here_is_proven() {
    for codec in VideoCodec::ALL {
        for profile in Profile::candidates(codec)
            .into_iter()
            .filter(|p| !p.hardware)
        {
            let time = probe::prove(&profile).unwrap_or_else(|error| panic!("{error}"));
            assert!(
                time < Duration::from_millis(200),
                "{}: {time:?}",
                profile.element
            );
        }
    }
}

#[test]
fn the_outcome_is_remembered_in_a_file() {
    let path = path("remembered");
    let prober = Prober::at(path.clone());
    let first = prober.working(Profile::candidates(VideoCodec::Vp8));
    assert!(first.iter().any(|profile| profile.element == "vp8enc"));
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("vp8/vp8enc"), "{text}");
    let start = Instant::now();
    assert_eq!(prober.working(Profile::candidates(VideoCodec::Vp8)), first);
    assert!(
        start.elapsed() < Duration::from_millis(20),
        "{:?}",
        start.elapsed()
    );
    // What the file says is believed.
    std::fs::write(&path, text.replace("\"works\": true", "\"works\": false")).unwrap();
    assert!(
        prober
            .working(Profile::candidates(VideoCodec::Vp8))
            .is_empty()
    );
    std::fs::remove_file(&path).unwrap();
}
