// SPDX-License-Identifier: GPL-3.0-or-later
//! A PipeWire node that makes pictures as a compositor does: it drives the graph, allocates its buffers as memfds (also
//! when it calls them DMA-BUFs), and says in metadata what the test wants it to say.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::Cursor;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::rc::Rc;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use pipewire::context::ContextRc;
use pipewire::main_loop::MainLoopRc;
use pipewire::properties::properties;
use pipewire::spa::param::ParamType;
use pipewire::spa::pod::serialize::PodSerializer;
use pipewire::spa::pod::{
    ChoiceValue, Object, Pod, Property, PropertyFlags, Value, deserialize::PodDeserializer,
};
use pipewire::spa::sys as spa;
use pipewire::spa::utils::{
    Choice, ChoiceEnum, ChoiceFlags, Direction, Fraction, Id, Rectangle, SpaTypes,
};
use pipewire::stream::{Stream, StreamFlags, StreamRc, StreamState};
use pipewire::sys::pw_buffer;

/// What the node offers.
#[derive(Debug, Clone)]
pub struct Spec {
    pub size: (u32, u32),
    /// SPA numbers of pixel formats.
    pub formats: Vec<u32>,
    /// DRM modifiers: then buffers are called DMA-BUFs.
    pub modifiers: Vec<i64>,
    pub buffers: i32,
}

impl Spec {
    pub fn bgrx(width: u32, height: u32) -> Spec {
        Spec {
            size: (width, height),
            formats: vec![spa::SPA_VIDEO_FORMAT_BGRx],
            modifiers: Vec::new(),
            buffers: 4,
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
}

enum Order {
    Draw(Picture, mpsc::Sender<bool>),
    Resize(u32, u32),
    Quit,
}

/// A running node. Dropping it takes the node away.
pub struct Producer {
    pub node: u32,
    orders: pipewire::channel::Sender<Order>,
    thread: Option<JoinHandle<()>>,
    pub states: mpsc::Receiver<bool>,
}

impl Producer {
    pub fn start(remote: OwnedFd, spec: Spec) -> Producer {
        let (orders, inbox) = pipewire::channel::channel();
        let (ready, node) = mpsc::channel();
        let (streaming, states) = mpsc::channel();
        let thread = thread::spawn(move || run(remote, spec, inbox, ready, streaming));
        let node = node
            .recv_timeout(super::pipewire_daemon::PATIENCE)
            .expect("the producer's node");
        Producer {
            node,
            orders,
            thread: Some(thread),
            states,
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
    stride: i32,
    files: HashMap<*mut pw_buffer, File>,
}

fn bytes(object: Object) -> Vec<u8> {
    PodSerializer::serialize(Cursor::new(Vec::new()), &Value::Object(object))
        .unwrap()
        .0
        .into_inner()
}

fn formats(spec: &Spec) -> Vec<Vec<u8>> {
    let property = |key, value| Property::new(key, value);
    let format = |id: u32| {
        let mut properties = vec![
            property(
                spa::SPA_FORMAT_mediaType,
                Value::Id(Id(spa::SPA_MEDIA_TYPE_video)),
            ),
            property(
                spa::SPA_FORMAT_mediaSubtype,
                Value::Id(Id(spa::SPA_MEDIA_SUBTYPE_raw)),
            ),
            property(spa::SPA_FORMAT_VIDEO_format, Value::Id(Id(id))),
        ];
        if let Some(&default) = spec.modifiers.first() {
            properties.push(Property {
                key: spa::SPA_FORMAT_VIDEO_modifier,
                flags: PropertyFlags::MANDATORY | PropertyFlags::DONT_FIXATE,
                value: Value::Choice(ChoiceValue::Long(Choice(
                    ChoiceFlags::empty(),
                    ChoiceEnum::Enum {
                        default,
                        alternatives: spec.modifiers.clone(),
                    },
                ))),
            });
        }
        let fraction = |num| Fraction { num, denom: 1 };
        properties.extend([
            property(
                spa::SPA_FORMAT_VIDEO_size,
                Value::Rectangle(Rectangle {
                    width: spec.size.0,
                    height: spec.size.1,
                }),
            ),
            property(
                spa::SPA_FORMAT_VIDEO_framerate,
                Value::Fraction(fraction(0)),
            ),
            property(
                spa::SPA_FORMAT_VIDEO_maxFramerate,
                Value::Choice(ChoiceValue::Fraction(Choice(
                    ChoiceFlags::empty(),
                    ChoiceEnum::Range {
                        default: fraction(60),
                        min: fraction(1),
                        max: fraction(60),
                    },
                ))),
            ),
        ]);
        bytes(Object {
            type_: SpaTypes::ObjectParamFormat.as_raw(),
            id: ParamType::EnumFormat.as_raw(),
            properties,
        })
    };
    spec.formats.iter().map(|&id| format(id)).collect()
}

fn int(value: i32) -> Value {
    Value::Int(value)
}

fn buffers(spec: &Spec, stride: i32) -> Vec<Vec<u8>> {
    let kind = if spec.modifiers.is_empty() {
        spa::SPA_DATA_MemFd
    } else {
        spa::SPA_DATA_DmaBuf
    };
    let property = |key, value| Property::new(key, value);
    let mut params = vec![bytes(Object {
        type_: SpaTypes::ObjectParamBuffers.as_raw(),
        id: ParamType::Buffers.as_raw(),
        properties: vec![
            property(spa::SPA_PARAM_BUFFERS_buffers, int(spec.buffers)),
            property(spa::SPA_PARAM_BUFFERS_blocks, int(1)),
            property(
                spa::SPA_PARAM_BUFFERS_size,
                int(stride * spec.size.1 as i32),
            ),
            property(spa::SPA_PARAM_BUFFERS_stride, int(stride)),
            property(
                spa::SPA_PARAM_BUFFERS_dataType,
                Value::Choice(ChoiceValue::Int(Choice(
                    ChoiceFlags::empty(),
                    ChoiceEnum::Flags {
                        default: 1 << kind,
                        flags: vec![1 << kind],
                    },
                ))),
            ),
        ],
    })];
    for (kind, size) in [
        (spa::SPA_META_Header, size_of::<spa::spa_meta_header>()),
        (spa::SPA_META_VideoCrop, size_of::<spa::spa_meta_region>()),
        (
            spa::SPA_META_VideoTransform,
            size_of::<spa::spa_meta_videotransform>(),
        ),
        (
            spa::SPA_META_VideoDamage,
            size_of::<spa::spa_meta_region>() * 4,
        ),
    ] {
        params.push(bytes(Object {
            type_: SpaTypes::ObjectParamMeta.as_raw(),
            id: ParamType::Meta.as_raw(),
            properties: vec![
                property(spa::SPA_PARAM_META_type, Value::Id(Id(kind))),
                property(spa::SPA_PARAM_META_size, int(size as i32)),
            ],
        }));
    }
    params
}

fn update(stream: &Stream, params: &[Vec<u8>]) {
    let mut pods: Vec<&Pod> = params
        .iter()
        .map(|param| Pod::from_bytes(param).unwrap())
        .collect();
    stream.update_params(&mut pods).unwrap();
}

fn run(
    remote: OwnedFd,
    spec: Spec,
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
        spec,
        files: HashMap::new(),
    }));
    let _listener = stream
        .add_local_listener_with_user_data(Rc::clone(&state))
        .state_changed(move |stream, _, _, new| {
            if new == StreamState::Paused {
                ready.send(stream.node_id()).ok();
            }
            streaming.send(new == StreamState::Streaming).ok();
        })
        .param_changed(|stream, state, kind, pod| {
            let (ParamType::Format, Some(pod)) = (ParamType::from_raw(kind), pod) else {
                return;
            };
            let state = &mut *state.borrow_mut();
            let (_, Value::Object(format)) =
                PodDeserializer::deserialize_any_from(pod.as_bytes()).unwrap()
            else {
                panic!("not a format")
            };
            let nv12 = format.properties.iter().any(|property| {
                let nv12 = Id(spa::SPA_VIDEO_FORMAT_NV12);
                property.key == spa::SPA_FORMAT_VIDEO_format
                    && match &property.value {
                        Value::Id(id) => *id == nv12,
                        Value::Choice(ChoiceValue::Id(Choice(_, ChoiceEnum::None(id)))) => {
                            *id == nv12
                        }
                        other => panic!("not a fixed format: {other:?}"),
                    }
            });
            state.stride = state.spec.size.0 as i32 * if nv12 { 1 } else { 4 };
            update(stream, &buffers(&state.spec, state.stride));
        })
        .add_buffer(|_, state, buffer| add_buffer(&mut state.borrow_mut(), buffer))
        .remove_buffer(|_, state, buffer| {
            state.borrow_mut().files.remove(&buffer);
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
                done.send(draw(&stream, &state.borrow(), &picture)).ok();
            }
            Order::Resize(width, height) => {
                let params = {
                    let mut state = state.borrow_mut();
                    state.spec.size = (width, height);
                    formats(&state.spec)
                };
                update(&stream, &params);
            }
            Order::Quit => main_loop.quit(),
        }
    });
    // A buffer that was queued while the graph was busy goes out with the next cycle, as with a compositor that draws on.
    let cycle = stream.clone();
    let timer = main_loop.loop_().add_timer(move |_| {
        if cycle.state() == StreamState::Streaming {
            cycle.trigger_process().ok();
        }
    });
    let interval = Some(std::time::Duration::from_millis(10));
    assert!(timer.update_timer(interval, interval).into_result().is_ok());
    main_loop.run();
    stream.disconnect().ok();
}

#[expect(
    unsafe_code,
    reason = "a producer allocates its buffers in C structures"
)]
fn add_buffer(state: &mut State, buffer: *mut pw_buffer) {
    let len = i64::from(state.stride) * i64::from(state.spec.size.1) * 2;
    let fd = rustix::fs::memfd_create("test picture", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
    rustix::fs::ftruncate(&fd, len as u64).unwrap();
    // SAFETY: PipeWire announces a live buffer with one data block, which the allocating side fills in.
    unsafe {
        let data = &mut *(*(*buffer).buffer).datas;
        data.type_ = if state.spec.modifiers.is_empty() {
            spa::SPA_DATA_MemFd
        } else {
            spa::SPA_DATA_DmaBuf
        };
        data.flags = spa::SPA_DATA_FLAG_READWRITE;
        data.fd = i64::from(fd.as_raw_fd());
        data.mapoffset = 0;
        data.maxsize = len as u32;
        data.data = std::ptr::null_mut();
    }
    state.files.insert(buffer, File::from(fd));
}

#[expect(unsafe_code, reason = "a producer fills metadata in C structures")]
fn draw(stream: &Stream, state: &State, picture: &Picture) -> bool {
    // SAFETY: the buffer is live between dequeue and queue on this thread, and metadata is written within its size.
    unsafe {
        let raw = stream.dequeue_raw_buffer();
        if raw.is_null() {
            return false;
        }
        let size = state.stride as usize * state.spec.size.1 as usize * 3 / 2;
        let size = size.min(state.files[&raw].metadata().unwrap().len() as usize);
        state.files[&raw]
            .write_all_at(&vec![picture.value; size], 0)
            .unwrap();
        let buffer = (*raw).buffer;
        let chunk = &mut *(*(*buffer).datas).chunk;
        chunk.offset = 0;
        chunk.size = if picture.empty { 0 } else { size as u32 };
        chunk.stride = picture.stride.unwrap_or(state.stride);
        chunk.flags = 0;
        let header = spa::spa_buffer_find_meta_data(
            buffer,
            spa::SPA_META_Header,
            size_of::<spa::spa_meta_header>(),
        )
        .cast::<spa::spa_meta_header>();
        if !header.is_null() {
            (*header).flags = if picture.corrupted {
                spa::SPA_META_HEADER_FLAG_CORRUPTED
            } else {
                0
            };
            (*header).pts = picture.pts;
        }
        let region = |(x, y, width, height): (i32, i32, u32, u32)| spa::spa_region {
            position: spa::spa_point { x, y },
            size: spa::spa_rectangle { width, height },
        };
        let crop = spa::spa_buffer_find_meta_data(
            buffer,
            spa::SPA_META_VideoCrop,
            size_of::<spa::spa_meta_region>(),
        )
        .cast::<spa::spa_meta_region>();
        if !crop.is_null() {
            (*crop).region = region(picture.crop.unwrap_or_default());
        }
        let transform = spa::spa_buffer_find_meta_data(
            buffer,
            spa::SPA_META_VideoTransform,
            size_of::<spa::spa_meta_videotransform>(),
        )
        .cast::<spa::spa_meta_videotransform>();
        if !transform.is_null() {
            (*transform).transform = picture.transform;
        }
        let damage = spa::spa_buffer_find_meta_data(
            buffer,
            spa::SPA_META_VideoDamage,
            size_of::<spa::spa_meta_region>() * 4,
        )
        .cast::<spa::spa_meta_region>();
        if !damage.is_null() {
            for n in 0..4 {
                let rectangle = picture.damage.get(n).copied().unwrap_or_default();
                (*damage.add(n)).region = region(rectangle);
            }
        }
        stream.queue_raw_buffer(raw);
    }
    true
}
