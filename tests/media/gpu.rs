// SPDX-License-Identifier: GPL-3.0-or-later
//! The DMA-BUF path without a GPU: memory files instead of GPU buffers, and an element that stands in for `vapostproc`.

mod failures;
mod stand_in;

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use telecast::capture::frame::{DmaBuf, Memory, RawFrame, Transform};
use telecast::cast::codec::VideoCodec;
use telecast::cast::control::EncoderControl;
use telecast::cast::frame::Dependency;
use telecast::encode::config::{Encoders, VideoConfig};
use telecast::encode::layout::Fit;
use telecast::encode::output::{EncoderEvent, FramePath};
use telecast::encode::profile::{Layout420, Profile};
use telecast::encode::video::VideoEncoder;

pub use self::stand_in::REFUSED;
use crate::faulty::{self, Fault};
use crate::round_trip::{Decoder, rgb};
use crate::scene;
use crate::video::{config, next, next_frame};

/// A picture in a memory file; counts when it is given back.
struct MemoryFile {
    file: OwnedFd,
    modifier: u64,
    returned: Arc<AtomicUsize>,
}

impl DmaBuf for MemoryFile {
    fn dup_fd(&self, _plane: usize) -> std::io::Result<OwnedFd> {
        self.file.try_clone()
    }

    fn modifier(&self) -> u64 {
        self.modifier
    }
}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        self.returned.fetch_add(1, Ordering::SeqCst);
    }
}

/// The scene in a memory file.
fn frame(size: (u32, u32), step: u32, modifier: u64, returned: &Arc<AtomicUsize>) -> RawFrame {
    let mut raw = scene::frame(size, step, Instant::now());
    let Memory::Bytes(bytes) = &raw.memory else {
        panic!("made of bytes")
    };
    let file = rustix::fs::memfd_create("picture", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
    File::from(file.try_clone().unwrap())
        .write_all(bytes.bytes())
        .unwrap();
    raw.memory = Memory::DmaBuf(Arc::new(MemoryFile {
        file,
        modifier,
        returned: Arc::clone(returned),
    }));
    raw
}

/// `vp8enc` behind the stand-in, claiming to be hardware.
pub fn profile() -> Arc<Profile> {
    stand_in::register();
    Arc::new(Profile {
        element: "faultyvp8enc".into(),
        from_dma_buf: Some(stand_in::ELEMENT.into()),
        input: Layout420::Nv12,
        ..(*faulty::profile(Fault::Error(0))).clone()
    })
}

#[test]
fn a_dma_buf_reaches_the_encoder_as_it_is_and_is_given_back() {
    let returned = Arc::new(AtomicUsize::new(0));
    let (events, news) = async_channel::bounded(8);
    let config = VideoConfig {
        bitrate: 20_000_000,
        repeat: Some(Duration::from_millis(300)),
        ..config(VideoCodec::Vp8, Encoders::Candidates(vec![profile()]))
    };
    let encoder = VideoEncoder::start(config, events).unwrap();
    let mut decoder = Decoder::new(VideoCodec::Vp8);
    let mut before = Vec::new();
    for step in 0..5 {
        encoder.push(frame((640, 360), step, 0, &returned));
        let coded = next_frame(&news, &mut before);
        let picture = decoder.picture(&coded);
        assert_eq!(picture.size(), (640, 360));
        let seen = rgb(&picture);
        for (index, patch) in scene::PATCHES.iter().enumerate() {
            let pixel = seen.at(index as u32 * 80 + 40, 90);
            for (seen, meant) in pixel.iter().zip(patch) {
                assert!(
                    (i32::from(*seen) - i32::from(*meant)).abs() <= 6,
                    "{pixel:?} {patch:?}"
                );
            }
        }
    }
    assert!(matches!(
        &before[0],
        EncoderEvent::Using {
            dma_buf: true,
            hardware: true,
            ..
        }
    ));
    // The encoder repeats from its own copy; the compositor has its buffers back.
    thread::sleep(Duration::from_millis(50));
    assert_eq!(returned.load(Ordering::SeqCst), 5);
    encoder.control(EncoderControl::KeyFrame);
    let repeated = next_frame(&news, &mut before);
    assert_eq!(repeated.dependency, Dependency::KeyFrame);
    assert_eq!(decoder.picture(&repeated).size(), (640, 360));
}

#[test]
fn an_encoder_without_a_gpu_reads_linear_dma_bufs_and_refuses_tiled_ones() {
    let returned = Arc::new(AtomicUsize::new(0));
    let (events, news) = async_channel::bounded(8);
    let mut software = Profile::candidates(VideoCodec::Vp8);
    software.retain(|profile| !profile.hardware);
    let config = config(VideoCodec::Vp8, Encoders::Candidates(software));
    let encoder = VideoEncoder::start(config, events).unwrap();
    encoder.push(frame((320, 180), 0, TILED, &returned));
    assert!(matches!(
        next(&news),
        EncoderEvent::Using { dma_buf: false, .. }
    ));
    assert!(matches!(next(&news), EncoderEvent::Dropped));
    assert!(matches!(next(&news), EncoderEvent::PictureLost));
    encoder.push(frame((320, 180), 1, 0, &returned));
    assert!(matches!(
        next(&news),
        EncoderEvent::Path(FramePath::Copied, _)
    ));
    assert!(matches!(next(&news), EncoderEvent::Frame(_)));
    thread::sleep(Duration::from_millis(50));
    assert_eq!(returned.load(Ordering::SeqCst), 2);
}

/// Intel's Y tiling: nothing that a CPU reads.
pub const TILED: u64 = 0x0100_0000_0000_0002;

/// A candidate that imports DMA-BUFs and fails, before software.
pub fn failing_then_software(fault: Fault) -> Vec<Arc<Profile>> {
    let failing = Profile {
        settings: faulty::profile(fault).settings.clone(),
        ..(*profile()).clone()
    };
    let mut candidates = Profile::candidates(VideoCodec::Vp8);
    candidates.retain(|profile| !profile.hardware);
    candidates.insert(0, Arc::new(failing));
    candidates
}

#[test]
fn a_turned_picture_and_one_with_borders_are_asked_for_in_plain_memory() {
    for turned in [true, false] {
        let returned = Arc::new(AtomicUsize::new(0));
        let (events, news) = async_channel::bounded(8);
        let config = VideoConfig {
            fit: Fit::Borders,
            max_size: if turned { (320, 180) } else { (320, 240) },
            ..config(VideoCodec::Vp8, Encoders::Candidates(vec![profile()]))
        };
        let encoder = VideoEncoder::start(config, events).unwrap();
        let mut raw = frame((320, 180), 0, TILED, &returned);
        if turned {
            raw.transform = Transform::Rotate90;
        }
        encoder.push(raw);
        assert!(matches!(
            next(&news),
            EncoderEvent::Using { dma_buf: false, .. }
        ));
        assert!(matches!(next(&news), EncoderEvent::Dropped));
        assert!(matches!(next(&news), EncoderEvent::PictureLost));
        encoder.push(scene::frame((320, 180), 0, Instant::now()));
        next_frame(&news, &mut Vec::new());
        assert_eq!(returned.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn pictures_may_change_between_plain_memory_and_dma_bufs_at_any_time() {
    let returned = Arc::new(AtomicUsize::new(0));
    let (events, news) = async_channel::bounded(8);
    let encoders = Encoders::Candidates(vec![profile()]);
    let encoder = VideoEncoder::start(config(VideoCodec::Vp8, encoders), events).unwrap();
    let mut decoder = Decoder::new(VideoCodec::Vp8);
    let mut before = Vec::new();
    for step in 0..6 {
        encoder.push(if step % 4 < 2 {
            scene::frame((320, 180), step, Instant::now())
        } else {
            frame((320, 180), step, TILED, &returned)
        });
        let frame = next_frame(&news, &mut before);
        assert_eq!(frame.dependency == Dependency::KeyFrame, step % 2 == 0);
        assert_eq!(decoder.picture(&frame).size(), (320, 180));
    }
    let paths: Vec<_> = before
        .iter()
        .filter_map(|event| match event {
            EncoderEvent::Path(path, _) => Some(*path),
            _ => None,
        })
        .collect();
    assert_eq!(
        paths,
        [FramePath::Copied, FramePath::ZeroCopy, FramePath::Copied]
    );
    assert_eq!(returned.load(Ordering::SeqCst), 2);
}
