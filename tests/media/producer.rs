// SPDX-License-Identifier: GPL-3.0-or-later
//! A PipeWire node that makes pictures as a compositor does: it drives the graph, allocates its buffers as memfds (also
//! when it calls them DMA-BUFs), and says in metadata what the test wants it to say.
//!
//! A picture goes out with the next cycle of the graph. No cycle begins before the one before it is complete: PipeWire
//! (1.4: `node_ready` in `impl-node.c`) recovers from that by sending the new picture twice, the second time as nothing.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use pipewire::context::ContextRc;
use pipewire::main_loop::MainLoopRc;
use pipewire::properties::properties;
use pipewire::spa::param::ParamType;
use pipewire::spa::pod::deserialize::PodDeserializer;
use pipewire::spa::pod::{ChoiceValue, Pod, Value};
use pipewire::spa::sys as spa;
use pipewire::spa::utils::{Choice, ChoiceEnum, Direction, Id};
use pipewire::stream::{Stream, StreamFlags, StreamRc, StreamState};
use pipewire::sys::pw_buffer;

use self::drawing::{add_buffer, draw, draw_at_start};
use self::params::{buffers, formats, update};

mod drawing;
mod params;

/// What the node offers.
#[derive(Debug, Clone)]
pub struct Spec {
    pub size: (u32, u32),
    /// SPA numbers of pixel formats.
    pub formats: Vec<u32>,
    /// DRM modifiers: then buffers are called DMA-BUFs, for consumers that take them.
    pub modifiers: Vec<i64>,
    /// Whether consumers that take no DMA-BUFs are served too.
    pub plain_too: bool,
    pub buffers: i32,
    /// The mouse pointer comes as metadata.
    pub pointer: bool,
}

impl Spec {
    pub fn bgrx(width: u32, height: u32) -> Spec {
        Spec {
            size: (width, height),
            formats: vec![spa::SPA_VIDEO_FORMAT_BGRx],
            modifiers: Vec::new(),
            plain_too: false,
            buffers: 4,
            pointer: false,
        }
    }
}

/// One picture.
#[derive(Debug, Clone, Default)]
pub struct Picture {
    /// Each byte of it.
    pub value: u8,
    pub corrupted: bool,
    pub empty: bool,
    pub pts: i64,
    pub crop: Option<(i32, i32, u32, u32)>,
    pub transform: u32,
    pub damage: Vec<(i32, i32, u32, u32)>,
    pub stride: Option<i32>,
    /// What is said of the mouse pointer; nothing: that there is none.
    pub pointer: Option<Pointer>,
}

/// A mouse pointer.
#[derive(Debug, Clone)]
pub struct Pointer {
    pub position: (i32, i32),
    /// Its image, where that is new.
    pub image: Option<PointerImage>,
}

/// A rectangle of one colour.
#[derive(Debug, Clone)]
pub struct PointerImage {
    pub hotspot: (i32, i32),
    pub size: (u32, u32),
    /// The bytes of each pixel, in RGBA.
    pub pixel: [u8; 4],
}

enum Order {
    Draw(Picture, mpsc::Sender<bool>),
    Resize(u32, u32),
    AtStarts { skip: u32, value: u8 },
    Quit,
}

/// A running node. Dropping it takes the node away.
pub struct Producer {
    pub node: u32,
    orders: pipewire::channel::Sender<Order>,
    thread: Option<JoinHandle<()>>,
    pub states: mpsc::Receiver<bool>,
    /// The most pictures a second that the consumer wants, as agreed last.
    pub max_fps: Arc<AtomicU32>,
}

impl Producer {
    pub fn start(remote: OwnedFd, spec: Spec) -> Producer {
        let (orders, inbox) = pipewire::channel::channel();
        let (ready, node) = mpsc::channel();
        let (streaming, states) = mpsc::channel();
        let max_fps = Arc::new(AtomicU32::new(0));
        let agreed = Arc::clone(&max_fps);
        let thread = thread::spawn(move || run(remote, spec, agreed, inbox, ready, streaming));
        let node = node
            .recv_timeout(super::pipewire_daemon::PATIENCE)
            .expect("the producer's node");
        Producer {
            node,
            orders,
            thread: Some(thread),
            states,
            max_fps,
        }
    }

    /// Waits until a consumer is linked and runs.
    pub fn wait_streaming(&self) {
        let patience = super::pipewire_daemon::PATIENCE;
        while !self.states.recv_timeout(patience).expect("a consumer") {}
    }

    /// Sends a picture; false when no buffer is free.
    pub fn draw(&self, picture: Picture) -> bool {
        let (done, result) = mpsc::channel();
        assert!(self.orders.send(Order::Draw(picture, done)).is_ok());
        result
            .recv_timeout(super::pipewire_daemon::PATIENCE)
            .expect("an answer")
    }

    /// From now on draws this by itself at each start of the stream, as compositors do, but for the first `skip` ones.
    pub fn draw_at_starts(&self, skip: u32, value: u8) {
        let order = Order::AtStarts { skip, value };
        assert!(self.orders.send(order).is_ok());
    }

    pub fn resize(&self, width: u32, height: u32) {
        assert!(self.orders.send(Order::Resize(width, height)).is_ok());
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        self.orders.send(Order::Quit).ok();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

struct State {
    spec: Spec,
    max_fps: Arc<AtomicU32>,
    stride: i32,
    /// SPA number of the buffers' kind of memory.
    kind: u32,
    files: HashMap<*mut pw_buffer, File>,
    /// Drawn, and not sent yet.
    drawn: VecDeque<*mut pw_buffer>,
    /// What is drawn at each start, after so many more.
    at_starts: Option<(u32, u8)>,
}

fn run(
    remote: OwnedFd,
    spec: Spec,
    max_fps: Arc<AtomicU32>,
    inbox: pipewire::channel::Receiver<Order>,
    ready: mpsc::Sender<u32>,
    streaming: mpsc::Sender<bool>,
) {
    pipewire::init();
    let main_loop = MainLoopRc::new(None).unwrap();
    let context = ContextRc::new(&main_loop, None).unwrap();
    let core = context.connect_fd_rc(remote, None).unwrap();
    let stream = StreamRc::new(
        core,
        "test producer",
        properties! { "media.class" => "Video/Source", "node.name" => "test-producer" },
    )
    .unwrap();
    let offered = formats(&spec);
    let state = Rc::new(RefCell::new(State {
        stride: 0,
        kind: spa::SPA_DATA_MemFd,
        spec,
        max_fps,
        files: HashMap::new(),
        drawn: VecDeque::new(),
        at_starts: None,
    }));
    let _listener = stream
        .add_local_listener_with_user_data(Rc::clone(&state))
        .state_changed(move |stream, state, _, new| {
            if new == StreamState::Paused {
                ready.send(stream.node_id()).ok();
            }
            if new == StreamState::Streaming {
                draw_at_start(stream, &mut state.borrow_mut());
            }
            streaming.send(new == StreamState::Streaming).ok();
        })
        .param_changed(|stream, state, kind, pod| {
            if let (ParamType::Format, Some(pod)) = (ParamType::from_raw(kind), pod) {
                format_changed(stream, &mut state.borrow_mut(), pod);
            }
        })
        .add_buffer(|_, state, buffer| add_buffer(&mut state.borrow_mut(), buffer))
        .remove_buffer(|_, state, buffer| {
            let mut state = state.borrow_mut();
            state.files.remove(&buffer);
            state.drawn.retain(|drawn| *drawn != buffer);
        })
        .process(|stream, state| {
            let next = state.borrow_mut().drawn.pop_front();
            if let Some(next) = next {
                #[expect(unsafe_code, reason = "queues by hand what was dequeued by hand")]
                // SAFETY: a buffer that is removed is forgotten at once, so this one is live; it is queued once.
                unsafe {
                    stream.queue_raw_buffer(next);
                }
            }
        })
        .register()
        .unwrap();
    let mut pods: Vec<&Pod> = offered
        .iter()
        .map(|format| Pod::from_bytes(format).unwrap())
        .collect();
    stream
        .connect(
            Direction::Output,
            None,
            StreamFlags::DRIVER | StreamFlags::ALLOC_BUFFERS,
            &mut pods,
        )
        .unwrap();
    let _inbox = inbox.attach(main_loop.loop_(), {
        let main_loop = main_loop.clone();
        let stream = stream.clone();
        move |order| match order {
            Order::Draw(picture, done) => {
                let drawn = draw(&stream, &state.borrow(), &picture);
                state.borrow_mut().drawn.extend(drawn);
                done.send(drawn.is_some()).ok();
            }
            Order::Resize(width, height) => {
                let params = {
                    let mut state = state.borrow_mut();
                    state.spec.size = (width, height);
                    formats(&state.spec)
                };
                update(&stream, &params);
            }
            Order::AtStarts { skip, value } => {
                state.borrow_mut().at_starts = Some((skip, value));
            }
            Order::Quit => main_loop.quit(),
        }
    });
    // At every other tick: in between, the loop has handled what the end of a cycle wakes it for.
    let cycle = stream.clone();
    let even = Cell::new(false);
    let timer = main_loop.loop_().add_timer(move |_| {
        if even.replace(!even.get()) && cycle.state() == StreamState::Streaming {
            cycle.trigger_process().ok();
        }
    });
    let interval = Some(std::time::Duration::from_millis(5));
    assert!(timer.update_timer(interval, interval).into_result().is_ok());
    main_loop.run();
    stream.disconnect().ok();
}

fn format_changed(stream: &Stream, state: &mut State, pod: &Pod) {
    let (_, Value::Object(format)) = PodDeserializer::deserialize_any_from(pod.as_bytes()).unwrap()
    else {
        panic!("not a format")
    };
    let nv12 = format.properties.iter().any(|property| {
        let nv12 = Id(spa::SPA_VIDEO_FORMAT_NV12);
        property.key == spa::SPA_FORMAT_VIDEO_format
            && match &property.value {
                Value::Id(id) | Value::Choice(ChoiceValue::Id(Choice(_, ChoiceEnum::None(id)))) => {
                    *id == nv12
                }
                other => panic!("not a fixed format: {other:?}"),
            }
    });
    for property in &format.properties {
        if property.key == spa::SPA_FORMAT_VIDEO_maxFramerate
            && let Value::Fraction(rate)
            | Value::Choice(ChoiceValue::Fraction(Choice(_, ChoiceEnum::None(rate)))) =
                &property.value
        {
            state
                .max_fps
                .store(rate.num / rate.denom.max(1), Ordering::SeqCst);
        }
    }
    state.stride = state.spec.size.0 as i32 * if nv12 { 1 } else { 4 };
    let modified = format
        .properties
        .iter()
        .any(|property| property.key == spa::SPA_FORMAT_VIDEO_modifier);
    state.kind = if modified {
        spa::SPA_DATA_DmaBuf
    } else {
        spa::SPA_DATA_MemFd
    };
    update(stream, &buffers(&state.spec, state.stride, state.kind));
}
