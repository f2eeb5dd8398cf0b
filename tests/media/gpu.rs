// SPDX-License-Identifier: GPL-3.0-or-later
//! The DMA-BUF path without a GPU: memory files instead of GPU buffers, and an element that stands in for `vapostproc`.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use std::thread;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use telecast::capture::frame::{DmaBuf, Memory, RawFrame, Transform};
use telecast::cast::codec::VideoCodec;
use telecast::cast::control::EncoderControl;
use telecast::cast::frame::Dependency;
use telecast::encode::config::{Encoders, VideoConfig};
use telecast::encode::layout::Fit;
use telecast::encode::output::{EncoderEvent, FramePath};
use telecast::encode::profile::{Layout420, Profile};
use telecast::encode::video::VideoEncoder;

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

/// Another tiling, which the stand-in promises to import and then refuses.
pub const REFUSED: u64 = 0x0100_0000_0000_0003;

/// `vp8enc` behind the stand-in, claiming to be hardware.
pub fn profile() -> Arc<Profile> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        telecast::chain::init().unwrap();
        gst::Element::register(
            None,
            "gpustandin",
            gst::Rank::NONE,
            GpuStandIn::static_type(),
        )
        .unwrap();
    });
    Arc::new(Profile {
        element: "faultyvp8enc".into(),
        from_dma_buf: Some("gpustandin".into()),
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
    assert!(matches!(next(&news), EncoderEvent::Path(FramePath::Copied)));
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

fn failing(fault: Fault) -> Encoders {
    Encoders::Candidates(failing_then_software(fault))
}

fn is_software(event: &EncoderEvent) -> bool {
    matches!(
        event,
        EncoderEvent::Using {
            dma_buf: false,
            hardware: false,
            ..
        }
    )
}

#[test]
fn when_the_gpu_fails_a_linear_picture_is_read_and_a_tiled_one_is_asked_for_in_plain_memory() {
    for modifier in [0, TILED] {
        let returned = Arc::new(AtomicUsize::new(0));
        let (events, news) = async_channel::bounded(8);
        let config = config(VideoCodec::Vp8, failing(Fault::Error(3)));
        let encoder = VideoEncoder::start(config, events).unwrap();
        let mut before = Vec::new();
        for step in 0..2 {
            encoder.push(frame((320, 180), step, modifier, &returned));
            next_frame(&news, &mut before);
        }
        assert!(
            matches!(
                &before[..],
                [
                    EncoderEvent::Using { dma_buf: true, .. },
                    EncoderEvent::Path(FramePath::ZeroCopy)
                ]
            ),
            "{before:?}"
        );
        encoder.push(frame((320, 180), 2, modifier, &returned));
        assert!(is_software(&next(&news)));
        if modifier == TILED {
            assert!(matches!(next(&news), EncoderEvent::Dropped));
            assert!(matches!(next(&news), EncoderEvent::PictureLost));
            encoder.push(scene::frame((320, 180), 2, Instant::now()));
        }
        assert!(matches!(next(&news), EncoderEvent::Path(FramePath::Copied)));
        let frame = next_frame(&news, &mut Vec::new());
        assert_eq!(frame.dependency, Dependency::KeyFrame);
        thread::sleep(Duration::from_millis(50));
        assert_eq!(returned.load(Ordering::SeqCst), 3);
    }
}

#[test]
fn a_still_picture_goes_on_after_its_encoder_has_failed_while_repeating_it() {
    for fault in [Fault::Error(3), Fault::Hang(3)] {
        let returned = Arc::new(AtomicUsize::new(0));
        let (events, news) = async_channel::bounded(8);
        let config = VideoConfig {
            repeat: Some(Duration::from_millis(100)),
            ..config(VideoCodec::Vp8, failing(fault))
        };
        let encoder = VideoEncoder::start(config, events).unwrap();
        let mut decoder = Decoder::new(VideoCodec::Vp8);
        encoder.push(frame((320, 180), 0, TILED, &returned));
        let mut before = Vec::new();
        // The picture and one repetition; the second fails.
        for _ in 0..2 {
            let frame = next_frame(&news, &mut before);
            assert_eq!(decoder.picture(&frame).size(), (320, 180));
        }
        assert!(is_software(&next(&news)), "{fault:?}");
        assert!(matches!(next(&news), EncoderEvent::PictureLost));
        assert_eq!(returned.load(Ordering::SeqCst), 1, "given back long ago");
        // The source delivers it again.
        encoder.push(scene::frame((320, 180), 0, Instant::now()));
        for n in 0..3 {
            let frame = next_frame(&news, &mut before);
            assert_eq!(frame.dependency == Dependency::KeyFrame, n == 0);
            assert_eq!(decoder.picture(&frame).size(), (320, 180));
        }
    }
}

#[test]
fn a_lost_picture_is_asked_for_a_bounded_number_of_times() {
    let returned = Arc::new(AtomicUsize::new(0));
    let (events, news) = async_channel::bounded(32);
    let config = VideoConfig {
        repeat: Some(Duration::from_millis(20)),
        ..config(VideoCodec::Vp8, failing(Fault::Error(2)))
    };
    let encoder = VideoEncoder::start(config, events).unwrap();
    encoder.push(frame((320, 180), 0, TILED, &returned));
    next_frame(&news, &mut Vec::new());
    assert!(is_software(&next(&news)));
    thread::sleep(Duration::from_millis(400));
    let mut asked = 0;
    while let Ok(event) = news.try_recv() {
        assert!(matches!(event, EncoderEvent::PictureLost), "{event:?}");
        asked += 1;
    }
    assert_eq!(asked, 5);
}

#[test]
fn when_the_last_encoder_fails_while_repeating_that_is_told() {
    let returned = Arc::new(AtomicUsize::new(0));
    let (events, news) = async_channel::bounded(8);
    let mut candidates = failing_then_software(Fault::Error(2));
    candidates.truncate(1);
    let config = VideoConfig {
        repeat: Some(Duration::from_millis(50)),
        ..config(VideoCodec::Vp8, Encoders::Candidates(candidates))
    };
    let encoder = VideoEncoder::start(config, events).unwrap();
    encoder.push(frame((320, 180), 0, TILED, &returned));
    next_frame(&news, &mut Vec::new());
    assert!(matches!(next(&news), EncoderEvent::Failed(_)));
    assert!(news.recv_blocking().is_err());
    assert_eq!(returned.load(Ordering::SeqCst), 1);
}

#[test]
fn an_encoder_whose_import_fails_goes_on_with_plain_memory() {
    let returned = Arc::new(AtomicUsize::new(0));
    let (events, news) = async_channel::bounded(8);
    let broken = Profile {
        from_dma_buf: Some("nosuchelement".into()),
        ..(*profile()).clone()
    };
    let encoders = Encoders::Candidates(vec![Arc::new(broken)]);
    let encoder = VideoEncoder::start(config(VideoCodec::Vp8, encoders), events).unwrap();
    encoder.push(frame((320, 180), 0, TILED, &returned));
    let told = next(&news);
    assert!(
        matches!(
            told,
            EncoderEvent::Using {
                dma_buf: false,
                hardware: true,
                ..
            }
        ),
        "{told:?}"
    );
    assert!(matches!(next(&news), EncoderEvent::Dropped));
    assert!(matches!(next(&news), EncoderEvent::PictureLost));
    encoder.push(scene::frame((320, 180), 0, Instant::now()));
    assert!(matches!(next(&news), EncoderEvent::Path(FramePath::Copied)));
    assert!(matches!(next(&news), EncoderEvent::Frame(_)));
    assert_eq!(returned.load(Ordering::SeqCst), 1);
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
            EncoderEvent::Path(path) => Some(*path),
            _ => None,
        })
        .collect();
    assert_eq!(
        paths,
        [FramePath::Copied, FramePath::ZeroCopy, FramePath::Copied]
    );
    assert_eq!(returned.load(Ordering::SeqCst), 2);
}

mod imp {
    use std::sync::{LazyLock, Mutex};

    use gstreamer::subclass::prelude::*;
    use gstreamer_video as gst_video;

    use super::{glib, gst};
    use gst::prelude::*;

    static SINK: LazyLock<gst::PadTemplate> = LazyLock::new(|| {
        let caps = gst::Caps::builder("video/x-raw")
            .features(["memory:DMABuf"])
            .field("format", "DMA_DRM")
            .field(
                "drm-format",
                gst::List::new([
                    "XR24",
                    "XR24:0x0100000000000002",
                    "XR24:0x0100000000000003",
                    "NV12",
                ]),
            )
            .build();
        gst::PadTemplate::new(
            "sink",
            gst::PadDirection::Sink,
            gst::PadPresence::Always,
            &caps,
        )
        .unwrap()
    });
    static SRC: LazyLock<gst::PadTemplate> = LazyLock::new(|| {
        let caps = gst::Caps::builder("video/x-raw")
            .field("format", "NV12")
            .build();
        gst::PadTemplate::new(
            "src",
            gst::PadDirection::Src,
            gst::PadPresence::Always,
            &caps,
        )
        .unwrap()
    });

    /// Takes DMA-BUFs only, gives NV12 in plain memory.
    pub struct StandIn {
        sink: gst::Pad,
        src: gst::Pad,
        formats: Mutex<Option<(gst_video::VideoInfo, gst_video::VideoInfo)>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for StandIn {
        const NAME: &'static str = "GpuStandIn";
        type Type = super::GpuStandIn;
        type ParentType = gst::Element;

        fn with_class(_: &Self::Class) -> Self {
            let sink = gst::Pad::builder_from_template(&SINK)
                .chain_function(|_, parent, buffer| {
                    Self::catch_panic_pad_function(
                        parent,
                        || Err(gst::FlowError::Error),
                        |this| this.chain(&buffer),
                    )
                })
                .event_function(|pad, parent, event| {
                    Self::catch_panic_pad_function(parent, || false, |this| this.event(pad, event))
                })
                .build();
            let src = gst::Pad::builder_from_template(&SRC).build();
            StandIn {
                sink,
                src,
                formats: Mutex::default(),
            }
        }
    }

    impl StandIn {
        fn event(&self, pad: &gst::Pad, event: gst::Event) -> bool {
            let gst::EventView::Caps(caps) = event.view() else {
                return gst::Pad::event_default(pad, Some(&*self.obj()), event);
            };
            let drm = gst_video::VideoInfoDmaDrm::from_caps(caps.caps()).unwrap();
            if drm.modifier() == super::REFUSED {
                return false;
            }
            // Whatever the modifier says, the tests draw in rows.
            let input = gst_video::VideoInfo::builder(
                gst_video::VideoFormat::Bgrx,
                drm.width(),
                drm.height(),
            )
            .fps(drm.fps())
            .build()
            .unwrap();
            let mut output = self.src.peer_query_caps(Some(SRC.caps()));
            output.make_mut().set("framerate", input.fps());
            output.fixate();
            let info = gst_video::VideoInfo::from_caps(&output).unwrap();
            *self.formats.lock().unwrap() = Some((input, info));
            self.src.push_event(gst::event::Caps::new(&output))
        }

        fn chain(&self, buffer: &gst::Buffer) -> Result<gst::FlowSuccess, gst::FlowError> {
            let (input, output) = self.formats.lock().unwrap().clone().unwrap();
            assert!(
                buffer
                    .peek_memory(0)
                    .is_memory_type::<gstreamer_allocators::DmaBufMemory>()
            );
            let crop = buffer.meta::<gst_video::VideoCropMeta>().unwrap().rect();
            assert_eq!((crop.2, crop.3), (input.width(), input.height()));
            let converter = gst_video::VideoConverter::new(&input, &output, None).unwrap();
            let source =
                gst_video::VideoFrame::from_buffer_readable(buffer.clone(), &input).unwrap();
            let target = gst::Buffer::with_size(output.size()).unwrap();
            let mut target = gst_video::VideoFrame::from_buffer_writable(target, &output).unwrap();
            converter.frame(&source, &mut target);
            let mut result = target.into_buffer();
            result.make_mut().set_pts(buffer.pts());
            result.make_mut().set_duration(buffer.duration());
            self.src.push(result)
        }
    }

    impl ObjectImpl for StandIn {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().add_pad(&self.sink).unwrap();
            self.obj().add_pad(&self.src).unwrap();
        }
    }

    impl GstObjectImpl for StandIn {}

    impl ElementImpl for StandIn {
        fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
            static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
                gst::subclass::ElementMetadata::new(
                    "Stand-in",
                    "Filter/Converter/Video",
                    "Reads DMA-BUFs",
                    "Telecast",
                )
            });
            Some(&METADATA)
        }

        fn pad_templates() -> &'static [gst::PadTemplate] {
            static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> =
                LazyLock::new(|| vec![SINK.clone(), SRC.clone()]);
            &TEMPLATES
        }
    }
}

glib::wrapper! {
    /// The stand-in.
    pub struct GpuStandIn(ObjectSubclass<imp::StandIn>) @extends gst::Element, gst::Object;
}
