// SPDX-License-Identifier: GPL-3.0-or-later
//! An element that stands in for `vapostproc`: pictures in DMA-BUFs in, NV12 in plain memory out, by the CPU.

use std::sync::Once;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;

/// Another tiling, which the stand-in promises to import and then refuses.
pub const REFUSED: u64 = 0x0100_0000_0000_0003;

/// The name under which it is made.
pub const ELEMENT: &str = "gpustandin";

/// Makes it known to GStreamer, once.
pub fn register() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        telecast::chain::init().unwrap();
        gst::Element::register(None, ELEMENT, gst::Rank::NONE, GpuStandIn::static_type()).unwrap();
    });
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
