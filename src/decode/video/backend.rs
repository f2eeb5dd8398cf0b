// SPDX-License-Identifier: GPL-3.0-or-later
//! One decoder element: a frame in, its picture out before the call returns.

use std::sync::mpsc::{Receiver, sync_channel};

use gstreamer as gst;

use crate::cast::codec::VideoCodec;
use crate::chain::{self, Chain, Output};
use crate::decode::error::DecodeError;

/// A decoder and its properties. Those named here work synchronously: with one thread, or with threads within a picture.
struct Candidate {
    element: &'static str,
    properties: &'static [(&'static str, &'static str)],
}

const VPX: &[(&str, &str)] = &[("threads", "2")];

fn candidates(codec: VideoCodec) -> &'static [Candidate] {
    match codec {
        VideoCodec::Vp8 => &[Candidate {
            element: "vp8dec",
            properties: VPX,
        }],
        VideoCodec::Vp9 => &[Candidate {
            element: "vp9dec",
            properties: VPX,
        }],
        VideoCodec::H264 => &[
            // Frame threads would keep pictures back, one for each thread.
            Candidate {
                element: "avdec_h264",
                properties: &[
                    ("thread-type", "slice"),
                    ("max-threads", "2"),
                    ("output-corrupt", "false"),
                ],
            },
            Candidate {
                element: "openh264dec",
                properties: &[],
            },
        ],
        VideoCodec::Av1 => &[
            Candidate {
                element: "dav1ddec",
                properties: &[("max-frame-delay", "1"), ("n-threads", "2")],
            },
            Candidate {
                element: "av1dec",
                properties: &[],
            },
        ],
    }
}

fn input_caps(codec: VideoCodec) -> gst::Caps {
    let caps = |name: &str| gst::Caps::builder(name.to_owned());
    match codec {
        VideoCodec::Vp8 => caps("video/x-vp8").build(),
        VideoCodec::Vp9 => caps("video/x-vp9").field("alignment", "frame").build(),
        VideoCodec::H264 => caps("video/x-h264")
            .field("stream-format", "byte-stream")
            .field("alignment", "au")
            .build(),
        VideoCodec::Av1 => caps("video/x-av1")
            .field("stream-format", "obu-stream")
            .field("alignment", "tu")
            .build(),
    }
}

/// A running decoder.
pub(super) struct Backend {
    chain: Chain,
    pictures: Receiver<Output>,
    count: u64,
}

impl Backend {
    pub(super) fn is_installed(codec: VideoCodec) -> bool {
        candidates(codec)
            .iter()
            .any(|candidate| gst::ElementFactory::find(candidate.element).is_some())
    }

    pub(super) fn start(codec: VideoCodec) -> Result<Backend, DecodeError> {
        let mut last = DecodeError::NoVideoDecoder(codec);
        for candidate in candidates(codec) {
            match Backend::try_start(codec, candidate) {
                Ok(backend) => return Ok(backend),
                Err(error) => {
                    tracing::debug!(element = candidate.element, %error, "decoder not usable");
                    last = error;
                }
            }
        }
        Err(last)
    }

    fn try_start(codec: VideoCodec, candidate: &Candidate) -> Result<Backend, DecodeError> {
        let element = chain::make(candidate.element)?;
        for (property, value) in candidate.properties {
            chain::set(&element, property, value)?;
        }
        // Nobody looks at quality-of-service here, and dropping late pictures is the receiver's decision.
        chain::set(&element, "qos", "false")?;
        let wanted = gst::Caps::builder("video/x-raw")
            .field("format", gst::List::new(["I420", "YV12", "NV12"]))
            .build();
        let (outbox, pictures) = sync_channel(8);
        let chain = Chain::start(vec![element], &input_caps(codec), &wanted, move |output| {
            if outbox.try_send(output).is_err() {
                tracing::debug!("a decoder gives out pictures that nobody asked for");
            }
        })?;
        Ok(Backend {
            chain,
            pictures,
            count: 0,
        })
    }

    /// Decodes one frame. The picture is that of the frame: one that comes late counts as an error.
    pub(super) fn decode(&mut self, frame: &[u8]) -> Result<(gst::Buffer, gst::Caps), DecodeError> {
        let mut buffer = gst::Buffer::from_slice(frame.to_vec());
        if let Some(writable) = buffer.get_mut() {
            // Times only have to increase: the label carries the real ones.
            self.count += 1;
            writable.set_pts(gst::ClockTime::from_mseconds(self.count));
            writable.set_dts(gst::ClockTime::from_mseconds(self.count));
        }
        self.chain.push(buffer)?;
        let mut newest = None;
        while let Ok(output) = self.pictures.try_recv() {
            newest = Some(output);
        }
        match newest {
            Some(Output {
                buffer,
                caps: Some(caps),
            }) if !buffer.flags().contains(gst::BufferFlags::CORRUPTED) => Ok((buffer, caps)),
            _ => Err(DecodeError::BadFrame),
        }
    }
}
