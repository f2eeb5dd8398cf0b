// SPDX-License-Identifier: GPL-3.0-or-later
//! The audio stream's thread: PipeWire's callbacks, and the loop around them.
//!
//! The callback makes blocks; links, the default output and the end are looked after by the loop between two rounds.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Instant;

use ::pipewire::link::Link;
use ::pipewire::properties::{PropertiesBox, properties};
use ::pipewire::spa::utils::Direction;
use ::pipewire::stream::{Stream, StreamFlags, StreamListener, StreamRc, StreamState};
use async_channel::Sender;

use super::claim::{self, Claim};
use super::timeline::{Timeline, length};
use super::{End, PATIENCE, Sound, format, output};
use crate::capture::clock::instant_of;
use crate::capture::error::{CaptureEnd, CaptureError};
use crate::capture::frame::{AUDIO_CHANNELS, AudioBlock};
use crate::capture::pipewire::connection::Connection;
use crate::capture::pipewire::graph::{descends, parent_of};
use crate::capture::pipewire::pod::pods;
use crate::capture::pipewire::registry::GraphWatch;
use crate::capture::slot::SlotWriter;
use crate::capture::source::AudioEvent;

/// How much sound a cycle should bring: about 11 ms; the session manager decides.
const LATENCY: &str = "512/48000";

/// What the callbacks share.
struct State {
    timeline: Timeline,
    blocks: SlotWriter<AudioBlock>,
    events: Sender<AudioEvent>,
    started: bool,
    connected: bool,
    end: Option<CaptureEnd>,
}

impl State {
    fn tell(&self, event: AudioEvent) {
        // Fails only when nobody listens any more.
        self.events.force_send(event).ok();
    }

    fn end(&mut self, reason: CaptureEnd) {
        self.end.get_or_insert(reason);
    }

    fn sound(&mut self, samples: Vec<f32>, cycle: Instant) {
        if samples.is_empty() {
            return;
        }
        if !self.started {
            self.started = true;
            self.tell(AudioEvent::Started);
        }
        let placed = self.timeline.place(cycle, samples.len() / AUDIO_CHANNELS);
        if placed.lost > 0 {
            self.tell(AudioEvent::Gap(length(placed.lost as usize)));
        }
        self.blocks.put(AudioBlock {
            captured: placed.captured,
            lost: placed.lost,
            samples,
        });
    }
}

/// What the loop looks after.
enum Duty {
    /// The session manager links the stream.
    None,
    /// The output is made the default one.
    Output(Claim),
    /// Links to an application's ports, by their ends.
    Application {
        name: String,
        links: BTreeMap<(u32, u32), Link>,
    },
}

/// The stream with everything that has to live as long as it.
pub(super) struct Streaming {
    // Dropped in this order: links and listeners before the stream, the stream before its connection.
    duty: Duty,
    listener: Option<StreamListener<Rc<RefCell<State>>>>,
    stream: StreamRc,
    watch: GraphWatch,
    state: Rc<RefCell<State>>,
    connection: Connection,
}

/// Makes the stream.
pub(super) fn connect(
    connection: Connection,
    sound: Sound,
    records: Option<PathBuf>,
    blocks: SlotWriter<AudioBlock>,
    events: Sender<AudioEvent>,
) -> Result<Streaming, CaptureError> {
    let failed = |action| move |source| CaptureError::PipeWire { action, source };
    let left = records.as_deref().map(output::read_all).unwrap_or_default();
    let watch = GraphWatch::new(&connection)?;
    if !(connection.round_trip(PATIENCE) && connection.round_trip(PATIENCE)) {
        return Err(CaptureError::NoPipeWire);
    }
    if let Some(folder) = &records {
        claim::repair(&watch, folder, &left);
    }
    let (properties, flags, duty) = plan(sound, records, &watch)?;
    let stream = StreamRc::new(connection.core.clone(), "Telecast", properties)
        .map_err(failed("make a stream"))?;
    let state = Rc::new(RefCell::new(State {
        timeline: Timeline::default(),
        blocks,
        events,
        started: false,
        connected: false,
        end: None,
    }));
    let listener = stream
        .add_local_listener_with_user_data(Rc::clone(&state))
        .state_changed(|_, state, _, new| {
            let mut state = state.borrow_mut();
            match new {
                StreamState::Error(message) => state.end(CaptureEnd::Failed(message)),
                StreamState::Unconnected if state.connected => state.end(CaptureEnd::SourceGone),
                StreamState::Unconnected => {}
                _ => state.connected = true,
            }
        })
        .process(|stream, state| {
            let now = Instant::now();
            while let Some((samples, cycle)) = take(stream, now) {
                state.borrow_mut().sound(samples, cycle);
            }
        })
        .register()
        .map_err(failed("listen to a stream"))?;
    let offer: Vec<_> = format::offer().into_iter().collect();
    stream
        .connect(Direction::Input, None, flags, &mut pods(&offer))
        .map_err(failed("connect a stream"))?;
    Ok(Streaming {
        duty,
        listener: Some(listener),
        stream,
        watch,
        state,
        connection,
    })
}

/// How the stream presents itself, and what has to be looked after.
fn plan(
    sound: Sound,
    records: Option<PathBuf>,
    watch: &GraphWatch,
) -> Result<(PropertiesBox, StreamFlags, Duty), CaptureError> {
    let mut properties = properties! {
        "media.type" => "Audio",
        "media.category" => "Capture",
        "media.role" => "Screen",
        "node.latency" => LATENCY,
        // Silence is sound too: without it the timeline would have holes whenever nothing plays.
        "node.always-process" => "true",
    };
    let graph = watch.graph.borrow();
    Ok(match sound {
        Sound::DefaultOutput => {
            properties.insert("node.name", "telecast.monitor");
            properties.insert("stream.capture.sink", "true");
            properties.insert("stream.monitor", "true");
            (
                properties,
                StreamFlags::MAP_BUFFERS | StreamFlags::AUTOCONNECT,
                Duty::None,
            )
        }
        Sound::VirtualOutput { device } => {
            let wanted = output::sink_name(&device);
            let names = (2_u32..).map(|n| format!("{wanted}-{n}"));
            let mut names = std::iter::once(wanted.clone()).chain(names);
            let name = names.find(|name| !graph.has_node(name)).unwrap_or(wanted);
            properties.insert("media.class", "Audio/Sink");
            properties.insert("node.name", name.as_str());
            // A C string ends at a NUL, which a device's name could contain.
            properties.insert("node.description", device.replace('\0', ""));
            properties.insert("node.virtual", "true");
            (
                properties,
                StreamFlags::MAP_BUFFERS,
                Duty::Output(Claim::new(name, records)),
            )
        }
        Sound::Application { name } => {
            if !graph.has_application(&name) {
                return Err(CaptureError::NoSuchApplication(name));
            }
            properties.insert("node.name", "telecast.application");
            properties.insert("stream.monitor", "true");
            let links = BTreeMap::new();
            (
                properties,
                StreamFlags::MAP_BUFFERS,
                Duty::Application { name, links },
            )
        }
    })
}

/// The samples of the next filled buffer, and the time of their cycle.
#[expect(unsafe_code, reason = "the cycle's time is only in the C structure")]
fn take(stream: &Stream, now: Instant) -> Option<(Vec<f32>, Instant)> {
    // SAFETY: a dequeued buffer is live until it is queued again, which happens below on the same thread. Its data
    // pointer, when there is one, is a mapping of `maxsize` bytes, and offset and size are kept within that.
    unsafe {
        let raw = stream.dequeue_raw_buffer();
        let buffer = raw.as_ref()?;
        let data = buffer.buffer.as_ref().filter(|all| all.n_datas > 0);
        let data = data.and_then(|all| all.datas.as_ref());
        let samples = data.and_then(|data| {
            let chunk = data.chunk.as_ref()?;
            if data.data.is_null() {
                return None;
            }
            let all = std::slice::from_raw_parts(data.data.cast::<u8>(), data.maxsize as usize);
            let start = chunk.offset as usize;
            Some(format::samples(
                all.get(start..start.checked_add(chunk.size as usize)?)?,
            ))
        });
        let cycle = i64::try_from(buffer.time)
            .ok()
            .and_then(|time| instant_of(time, now));
        stream.queue_raw_buffer(raw);
        Some((samples.unwrap_or_default(), cycle.unwrap_or(now)))
    }
}

impl Streaming {
    /// Runs until the end, restores what was changed, and tells the end.
    pub fn run(mut self, inbox: ::pipewire::channel::Receiver<End>) {
        let main_loop = self.connection.main_loop.clone();
        let state = Rc::clone(&self.state);
        let inbox = inbox.attach(main_loop.loop_(), move |End(reason)| {
            state.borrow_mut().end(reason);
        });
        let reason = loop {
            let deadline = match &self.duty {
                Duty::Output(claim) => claim.deadline(),
                _ => None,
            };
            self.connection.iterate(deadline);
            if self.connection.is_lost() {
                break CaptureEnd::PipeWireGone;
            }
            self.work();
            if let Some(reason) = self.state.borrow_mut().end.take() {
                break reason;
            }
        };
        drop(inbox);
        if let Duty::Output(claim) = &self.duty
            && !self.connection.is_lost()
        {
            claim.release(&self.watch);
            self.connection.round_trip(PATIENCE);
        }
        if let Err(error) = self.stream.disconnect() {
            tracing::debug!(%error, "the audio stream was gone already");
        }
        self.listener = None;
        tracing::debug!(?reason, "audio stream ended");
        self.state.borrow().tell(AudioEvent::Ended(reason));
    }

    fn work(&mut self) {
        match &mut self.duty {
            Duty::None => {}
            Duty::Output(claim) => {
                if claim.advance(&self.watch, Instant::now()) {
                    let name = claim.sink.clone();
                    self.state.borrow().tell(AudioEvent::ChooseOutput { name });
                }
            }
            Duty::Application { name, links } => {
                if self.watch.changed.replace(false) {
                    let own = std::process::id();
                    let wanted =
                        self.watch
                            .graph
                            .borrow()
                            .links(name, self.stream.node_id(), |pid| {
                                descends(pid, own, parent_of)
                            });
                    links.retain(|ends, _| wanted.contains(ends));
                    for ends in wanted {
                        if !links.contains_key(&ends)
                            && let Some(link) = link(&self.connection, ends)
                        {
                            links.insert(ends, link);
                        }
                    }
                }
            }
        }
    }
}

/// Links two ports for as long as the result lives.
fn link(connection: &Connection, (from, to): (u32, u32)) -> Option<Link> {
    let properties = properties! {
        "link.output.port" => from.to_string(),
        "link.input.port" => to.to_string(),
        "object.linger" => "false",
    };
    let link = connection
        .core
        .create_object::<Link>("link-factory", &properties);
    link.inspect_err(|error| tracing::debug!(%error, from, to, "no link"))
        .ok()
}
