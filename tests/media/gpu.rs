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
use telecast::capture::frame::{DmaBuf, Memory, RawFrame};
use telecast::cast::codec::VideoCodec;
use telecast::cast::control::EncoderControl;
use telecast::cast::frame::Dependency;
use telecast::encode::config::{Encoders, VideoConfig};
use telecast::encode::output::EncoderEvent;
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

/// `vp8enc` behind the stand-in, claiming to be hardware.
fn profile() -> Arc<Profile> {
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
    // Intel's Y tiling.
    encoder.push(frame((320, 180), 0, 0x0100_0000_0000_0002, &returned));
    assert!(matches!(
        next(&news),
        EncoderEvent::Using { dma_buf: false, .. }
    ));
    assert!(matches!(next(&news), EncoderEvent::Dropped));
    encoder.push(frame((320, 180), 1, 0, &returned));
    assert!(matches!(next(&news), EncoderEvent::Frame(_)));
    thread::sleep(Duration::from_millis(50));
    assert_eq!(returned.load(Ordering::SeqCst), 2);
}

#[test]
fn when_the_gpu_fails_the_capture_is_told_to_deliver_plain_memory() {
    let returned = Arc::new(AtomicUsize::new(0));
    let (events, news) = async_channel::bounded(8);
    let mut failing = (*profile()).clone();
    failing.settings = faulty::profile(Fault::Error(3)).settings.clone();
    let mut candidates = Profile::candidates(VideoCodec::Vp8);
    candidates.retain(|profile| !profile.hardware);
    candidates.insert(0, Arc::new(failing));
    let config = config(VideoCodec::Vp8, Encoders::Candidates(candidates));
    let encoder = VideoEncoder::start(config, events).unwrap();
    for step in 0..2 {
        encoder.push(frame((320, 180), step, 0, &returned));
        next_frame(&news, &mut Vec::new());
    }
    encoder.push(frame((320, 180), 2, 0, &returned));
    assert!(matches!(
        next(&news),
        EncoderEvent::Using {
            dma_buf: false,
            hardware: false,
            ..
        }
    ));
    assert!(matches!(next(&news), EncoderEvent::Dropped));
    encoder.push(scene::frame((320, 180), 3, Instant::now()));
    let frame = next_frame(&news, &mut Vec::new());
    assert_eq!(frame.dependency, Dependency::KeyFrame);
    thread::sleep(Duration::from_millis(50));
    assert_eq!(returned.load(Ordering::SeqCst), 3);
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
            let input = gst_video::VideoInfoDmaDrm::from_caps(caps.caps())
                .unwrap()
                .to_video_info()
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
