// SPDX-License-Identifier: GPL-3.0-or-later
//! Encoder elements that misbehave on purpose: `vp8enc` in a bin that errs, hangs or keeps pictures back.

use std::sync::Arc;
use std::sync::Once;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use telecast::cast::codec::VideoCodec;
use telecast::encode::profile::{Layout420, Live, Profile, Setting};

/// What goes wrong, and with which picture (the first is 1).
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// An error message and a refused buffer.
    Error(u32),
    /// The call never returns.
    Hang(u32),
    /// Each picture comes out when the next one goes in.
    Late,
}

/// A profile of the misbehaving encoder.
pub fn profile(fault: Fault) -> Arc<Profile> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        telecast::chain::init().unwrap();
        gst::Element::register(
            None,
            "faultyvp8enc",
            gst::Rank::NONE,
            FaultyEncoder::static_type(),
        )
        .unwrap();
    });
    let (what, at) = match fault {
        Fault::Error(at) => ("error", at),
        Fault::Hang(at) => ("hang", at),
        Fault::Late => ("late", 0),
    };
    let set = |property: &'static str, value: String| Setting {
        property: property.into(),
        value: value.into(),
    };
    Arc::new(Profile {
        codec: VideoCodec::Vp8,
        element: "faultyvp8enc".into(),
        hardware: true,
        input: Layout420::Nv12,
        from_dma_buf: None,
        settings: vec![set("fault", what.to_owned()), set("at", at.to_string())].into(),
        rates: vec![].into(),
        live: Live::ALL_BUT_SIZE,
        output: "".into(),
        min_size: (64, 64),
    })
}

mod imp {
    use std::sync::Mutex;
    use std::time::Duration;

    use gstreamer::subclass::prelude::*;

    use super::{glib, gst, *};

    #[derive(Default, glib::Properties)]
    #[properties(wrapper_type = super::FaultyEncoder)]
    pub struct Faulty {
        #[property(get, set)]
        fault: Mutex<String>,
        #[property(get, set)]
        at: Mutex<u32>,
        count: Mutex<u32>,
        kept: Mutex<Option<gst::Buffer>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Faulty {
        const NAME: &'static str = "FaultyVp8Enc";
        type Type = super::FaultyEncoder;
        type ParentType = gst::Bin;
    }

    #[glib::derived_properties]
    impl ObjectImpl for Faulty {
        fn constructed(&self) {
            self.parent_constructed();
            let bin = self.obj();
            // It claims to be hardware, so it takes NV12.
            let convert = gst::ElementFactory::make("videoconvert").build().unwrap();
            let encoder = gst::ElementFactory::make("vp8enc")
                .property("deadline", 1_i64)
                .property_from_str("keyframe-mode", "disabled")
                .build()
                .unwrap();
            bin.add_many([&convert, &encoder]).unwrap();
            convert.link(&encoder).unwrap();
            let sink = convert.static_pad("sink").unwrap();
            let weak = bin.downgrade();
            sink.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
                match weak.upgrade() {
                    Some(bin) => bin.imp().probe(info),
                    None => gst::PadProbeReturn::Ok,
                }
            });
            bin.add_pad(
                &gst::GhostPad::builder_with_target(&sink)
                    .unwrap()
                    .name("sink")
                    .build(),
            )
            .unwrap();
            let source = encoder.static_pad("src").unwrap();
            bin.add_pad(
                &gst::GhostPad::builder_with_target(&source)
                    .unwrap()
                    .name("src")
                    .build(),
            )
            .unwrap();
        }
    }

    impl Faulty {
        fn probe(&self, info: &mut gst::PadProbeInfo) -> gst::PadProbeReturn {
            let count = {
                let mut count = self.count.lock().unwrap();
                *count += 1;
                *count
            };
            let due = count == *self.at.lock().unwrap();
            let fault = self.fault.lock().unwrap().clone();
            match fault.as_str() {
                "error" if due => {
                    gst::element_imp_error!(self, gst::StreamError::Encode, ["out of order"]);
                    info.flow_res = Err(gst::FlowError::Error);
                    gst::PadProbeReturn::Handled
                }
                "hang" if due => loop {
                    std::thread::sleep(Duration::from_mins(1));
                },
                "late" => {
                    let Some(gst::PadProbeData::Buffer(new)) = info.data.take() else {
                        return gst::PadProbeReturn::Ok;
                    };
                    match self.kept.lock().unwrap().replace(new) {
                        Some(old) => {
                            info.data = Some(gst::PadProbeData::Buffer(old));
                            gst::PadProbeReturn::Ok
                        }
                        None => gst::PadProbeReturn::Drop,
                    }
                }
                _ => gst::PadProbeReturn::Ok,
            }
        }
    }

    impl GstObjectImpl for Faulty {}

    impl ElementImpl for Faulty {
        fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
            static METADATA: std::sync::LazyLock<gst::subclass::ElementMetadata> =
                std::sync::LazyLock::new(|| {
                    gst::subclass::ElementMetadata::new(
                        "Faulty",
                        "Encoder/Video",
                        "Fails",
                        "Telecast",
                    )
                });
            Some(&METADATA)
        }
    }

    impl BinImpl for Faulty {}
}

glib::wrapper! {
    pub struct FaultyEncoder(ObjectSubclass<imp::Faulty>) @extends gst::Bin, gst::Element, gst::Object;
}
