// SPDX-License-Identifier: GPL-3.0-or-later
//! A row of GStreamer elements driven by hand: a buffer pushed in, buffers handed to a closure as they come out.
//!
//! Shared by [`crate::encode`] and [`crate::decode`]. There is no pipeline, clock, queue or main loop: elements that work
//! synchronously (all software coders here) finish inside [`Chain::push`], which is what keeps one picture in, one
//! picture out without a thread hop. Elements with threads of their own call the closure from those.
//! It never decides what to do about an error; it only says that there was one.

use std::sync::{Arc, Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;

/// Why a chain cannot be made or does not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// GStreamer itself does not start.
    #[error("GStreamer cannot be initialised")]
    NoGStreamer,
    /// The element's plugin is not installed.
    #[error("there is no GStreamer element {0}")]
    NoElement(String),
    /// The element does not accept a value for a property.
    #[error("{element} does not accept {value:?} as {property}")]
    BadProperty {
        /// The element.
        element: String,
        /// The property.
        property: String,
        /// The refused value.
        value: String,
    },
    /// Two elements do not fit together, or do not accept the format.
    #[error("{0} does not fit what is before or after it")]
    NotNegotiated(String),
    /// An element refused to start.
    #[error("{0} does not start")]
    NoStart(String),
    /// An element reported an error while running.
    #[error("{element} failed: {text}")]
    Element {
        /// The element.
        element: String,
        /// What it said.
        text: String,
    },
    /// The element refused a buffer without saying why.
    #[error("the buffer was refused")]
    Refused,
}

/// Initialises GStreamer; cheap when that has been done.
pub fn init() -> Result<(), ChainError> {
    gst::init().map_err(|_| ChainError::NoGStreamer)
}

/// Makes an element.
pub fn make(factory: &str) -> Result<gst::Element, ChainError> {
    gst::ElementFactory::make(factory)
        .build()
        .map_err(|_| ChainError::NoElement(factory.to_owned()))
}

/// Sets a property from its textual form. Returns whether the element knows the property at all, because profiles name
/// properties of several versions of an element.
pub fn set(element: &gst::Element, property: &str, value: &str) -> Result<bool, ChainError> {
    let Some(spec) = element.find_property(property) else {
        return Ok(false);
    };
    let value = glib_value(value, &spec).ok_or_else(|| ChainError::BadProperty {
        element: name_of(element),
        property: property.to_owned(),
        value: value.to_owned(),
    })?;
    element.set_property_from_value(property, &value);
    Ok(true)
}

fn glib_value(text: &str, spec: &gst::glib::ParamSpec) -> Option<gst::glib::Value> {
    gst::glib::Value::deserialize_with_pspec(text, spec).ok()
}

fn name_of(element: &gst::Element) -> String {
    element
        .factory()
        .map_or_else(|| element.name().to_string(), |f| f.name().to_string())
}

/// A buffer that came out, with the format that holds for it.
pub struct Output {
    /// The buffer.
    pub buffer: gst::Buffer,
    /// Its format; `None` only for an element that never said.
    pub caps: Option<gst::Caps>,
}

/// The newest buffer that reached an element. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct LastInput(Arc<Mutex<Option<gst::Buffer>>>);

impl LastInput {
    /// The buffer, if one has passed.
    pub fn get(&self) -> Option<gst::Buffer> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set(&self, buffer: gst::Buffer) {
        let older = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(buffer);
        // Outside the lock: it may go back into a pool.
        drop(older);
    }
}

/// Elements in a row, running.
pub struct Chain {
    elements: Vec<gst::Element>,
    input: gst::Pad,
    output: gst::Pad,
    fault: Arc<Mutex<Option<ChainError>>>,
}

impl Chain {
    /// Links `elements`, starts them and tells them the input's format. `wanted` restricts what may come out;
    /// `on_output` gets everything that does, in order, on whatever thread the last element uses, and must not block for
    /// long.
    pub fn start(
        elements: Vec<gst::Element>,
        caps: &gst::Caps,
        wanted: &gst::Caps,
        on_output: impl Fn(Output) + Send + Sync + 'static,
    ) -> Result<Chain, ChainError> {
        let (Some(first), Some(last)) = (elements.first(), elements.last()) else {
            return Err(ChainError::NoElement(String::new()));
        };
        let fault = Arc::new(Mutex::new(None));
        let bus = fault_bus(&fault);
        let input = gst::Pad::builder(gst::PadDirection::Src)
            .name("src")
            .build();
        let output = output_pad(wanted, on_output)?;
        for pair in elements.windows(2) {
            if let [before, after] = pair {
                before
                    .link(after)
                    .map_err(|_| ChainError::NotNegotiated(name_of(after)))?;
            }
        }
        link(&input, first, "sink")?;
        let from = last
            .static_pad("src")
            .ok_or_else(|| ChainError::NotNegotiated(name_of(last)))?;
        from.link(&output)
            .map_err(|_| ChainError::NotNegotiated(name_of(last)))?;
        let chain = Chain {
            elements,
            input,
            output,
            fault,
        };
        chain.activate(&bus)?;
        chain.announce(caps)?;
        Ok(chain)
    }

    fn activate(&self, bus: &gst::Bus) -> Result<(), ChainError> {
        self.output
            .set_active(true)
            .map_err(|_| ChainError::Refused)?;
        for element in self.elements.iter().rev() {
            element.set_bus(Some(bus));
            element.set_state(gst::State::Playing).map_err(|_| {
                self.take_fault()
                    .unwrap_or_else(|| ChainError::NoStart(name_of(element)))
            })?;
        }
        self.input
            .set_active(true)
            .map_err(|_| ChainError::Refused)?;
        Ok(())
    }

    fn announce(&self, caps: &gst::Caps) -> Result<(), ChainError> {
        // The results do not matter: a refusal shows at the first buffer, with the element's own words.
        self.input
            .push_event(gst::event::StreamStart::builder("telecast").build());
        self.set_caps(caps)?;
        let mut segment = gst::FormattedSegment::<gst::ClockTime>::new();
        segment.set_start(gst::ClockTime::ZERO);
        self.input
            .push_event(gst::event::Segment::builder(&segment).build());
        Ok(())
    }

    /// Changes the format of what is pushed from now on.
    pub fn set_caps(&self, caps: &gst::Caps) -> Result<(), ChainError> {
        if self
            .input
            .push_event(gst::event::Caps::builder(caps).build())
        {
            return Ok(());
        }
        Err(self.take_fault().unwrap_or_else(|| {
            ChainError::NotNegotiated(self.elements.first().map(name_of).unwrap_or_default())
        }))
    }

    /// Pushes one buffer; synchronous elements have called the closure when it returns. May block as long as the element
    /// likes.
    pub fn push(&self, buffer: gst::Buffer) -> Result<(), ChainError> {
        let flow = self.input.push(buffer);
        match (flow, self.take_fault()) {
            (_, Some(fault)) => Err(fault),
            (Ok(_), None) => Ok(()),
            (Err(gst::FlowError::NotNegotiated), None) => Err(ChainError::NotNegotiated(
                self.elements.last().map(name_of).unwrap_or_default(),
            )),
            (Err(_), None) => Err(ChainError::Refused),
        }
    }

    /// Keeps the newest buffer that reaches the last element, for [`Chain::push_last`]. For rows of several elements,
    /// whose first ones make that buffer.
    pub fn keep_last_input(&self) -> Option<LastInput> {
        let pad = self.elements.last()?.static_pad("sink")?;
        let last = LastInput::default();
        let kept = last.clone();
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            if let Some(buffer) = info.buffer() {
                kept.set(buffer.clone());
            }
            gst::PadProbeReturn::Ok
        })?;
        Some(last)
    }

    /// Hands a buffer to the last element alone.
    pub fn push_last(&self, buffer: gst::Buffer) -> Result<(), ChainError> {
        let pad = self
            .elements
            .last()
            .and_then(|last| last.static_pad("sink"));
        let flow = pad.ok_or(ChainError::Refused)?.chain(buffer);
        match (flow, self.take_fault()) {
            (_, Some(fault)) => Err(fault),
            (Ok(_), None) => Ok(()),
            (Err(_), None) => Err(ChainError::Refused),
        }
    }

    /// Asks the encoder to make the next picture a key frame with all headers.
    pub fn request_key_frame(&self) -> bool {
        let event = gst_video::UpstreamForceKeyUnitEvent::builder()
            .all_headers(true)
            .build();
        self.output.push_event(event)
    }

    /// Tells the elements that nothing follows, so that they hand out what they hold back.
    pub fn finish(&self) {
        self.input.push_event(gst::event::Eos::new());
    }

    /// The last element: the coder itself.
    pub fn coder(&self) -> Option<&gst::Element> {
        self.elements.last()
    }

    /// The error reported since the last call, if any.
    pub fn take_fault(&self) -> Option<ChainError> {
        self.fault
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        for element in &self.elements {
            if element.set_state(gst::State::Null).is_err() {
                tracing::debug!(element = %name_of(element), "does not stop cleanly");
            }
        }
        for pad in [&self.input, &self.output] {
            if pad.set_active(false).is_err() {
                tracing::debug!("a pad does not stop cleanly");
            }
        }
    }
}

/// A bus that keeps nothing but the first error.
fn fault_bus(fault: &Arc<Mutex<Option<ChainError>>>) -> gst::Bus {
    let bus = gst::Bus::new();
    let fault = Arc::clone(fault);
    bus.set_sync_handler(move |_, message| {
        if let gst::MessageView::Error(error) = message.view() {
            let element = message
                .src()
                .and_then(|src| src.downcast_ref::<gst::Element>().map(name_of))
                .unwrap_or_default();
            let text = error.error().message().to_owned();
            tracing::debug!(%element, %text, details = ?error.debug(), "an element failed");
            fault
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert(ChainError::Element { element, text });
        }
        gst::BusSyncReply::Drop
    });
    bus
}

fn output_pad(
    wanted: &gst::Caps,
    on_output: impl Fn(Output) + Send + Sync + 'static,
) -> Result<gst::Pad, ChainError> {
    let template = gst::PadTemplate::new(
        "sink",
        gst::PadDirection::Sink,
        gst::PadPresence::Always,
        wanted,
    )
    .map_err(|_| ChainError::Refused)?;
    Ok(gst::Pad::builder_from_template(&template)
        .chain_function(move |pad: &gst::Pad, _, buffer| {
            on_output(Output {
                buffer,
                caps: pad.current_caps(),
            });
            Ok(gst::FlowSuccess::Ok)
        })
        .event_function(|_, _, _| true)
        .build())
}

fn link(from: &gst::Pad, to: &gst::Element, pad: &str) -> Result<(), ChainError> {
    let sink = to
        .static_pad(pad)
        .ok_or_else(|| ChainError::NotNegotiated(name_of(to)))?;
    from.link(&sink)
        .map(|_| ())
        .map_err(|_| ChainError::NotNegotiated(name_of(to)))
}
