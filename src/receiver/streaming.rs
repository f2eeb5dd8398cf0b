// SPDX-License-Identifier: GPL-3.0-or-later
//! The streaming application: takes an OFFER. Input: what was offered and over which connection; output: the ANSWER and
//! media that are ready to run, or the refusal.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::media::audio::AudioPath;
use super::media::video::VideoPath;
use super::media::{Media, MediaNews};
use super::negotiate;
use super::shared::Shared;
use crate::cast::answer::Answer;
use crate::cast::channel::platform::{Decline, Offered};
use crate::cast::error_code::ErrorCode;
use crate::cast::frame::StreamId;
use crate::cast::receiver::Receiver;
use crate::decode::error::DecodeError;

/// What the kernel may keep of media: a burst of key frames while the loop is busy.
const RECEIVE_BUFFER: usize = 2 << 20;

/// Both ends of a control connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub(super) peer: SocketAddr,
    pub(super) local: SocketAddr,
}

/// Media that run.
pub(super) struct Casting {
    pub(super) number: u64,
    pub(super) ends: Ends,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Casting {
    /// Starts media that were prepared.
    pub(super) fn start(number: u64, ends: Ends, media: Media) -> Casting {
        let (stop, stopped) = oneshot::channel();
        Casting {
            number,
            ends,
            stop,
            task: tokio::spawn(media.run(stopped)),
        }
    }

    /// Ends the media and waits until decoders and sockets are closed.
    pub(super) async fn stop(self) {
        // A loop that has ended by itself needs no telling.
        drop(self.stop);
        if let Err(error) = self.task.await {
            tracing::warn!(%error, "the media ended badly");
        }
    }
}

/// Binds a port and makes decoders for the streams that were selected.
pub(super) fn prepare(
    offered: &Offered,
    ends: Ends,
    shared: &Arc<Shared>,
    number: u64,
    news: mpsc::Sender<(u64, MediaNews)>,
) -> Result<(Answer, Media), Decline> {
    let selection = &offered.selection;
    let streams = || {
        let audio = selection.audio.iter().map(|(_, audio)| &audio.stream);
        audio.chain(selection.video.iter().map(|(_, video)| &video.stream))
    };
    let dscp = streams().find_map(|stream| stream.dscp);
    let (socket, port, marked) =
        bind(ends.local, dscp).map_err(|error| decline(ErrorCode::SocketFailure, &error))?;
    let mut answer = negotiate::answer(selection, &shared.options, port);
    if !marked {
        answer.dscp.clear();
    }
    let unix_time = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    let peer = ends.peer.ip().to_canonical();
    let core = Receiver::new(
        Instant::now(),
        negotiate::core_config(selection, unix_time, peer),
    );
    let options = &shared.options;
    let video = selection.video.as_ref().map(|(codec, video)| {
        VideoPath::new(StreamId(video.stream.index), *codec, options.measure)
    });
    let audio = selection
        .audio
        .as_ref()
        .map(|(codec, audio)| AudioPath::new(*codec, audio, shared));
    let no_decoder = |error: DecodeError| decline(ErrorCode::NoStreamSelected, &error);
    let media = Media {
        socket,
        peer,
        core,
        video: video.transpose().map_err(no_decoder)?,
        audio: audio.transpose().map_err(no_decoder)?,
        shared: shared.clone(),
        news,
        number,
        strangers: 0,
    };
    Ok((answer, media))
}

fn decline(code: ErrorCode, error: &dyn std::error::Error) -> Decline {
    tracing::warn!(%error, "an OFFER cannot be taken");
    Decline {
        code,
        description: error.to_string(),
    }
}

/// A socket on the address that the sender reached, and its port; whether RTCP will carry `dscp`.
fn bind(local: SocketAddr, dscp: Option<u8>) -> io::Result<(UdpSocket, NonZeroU16, bool)> {
    let address = match local {
        SocketAddr::V6(mut v6) if v6.ip().to_ipv4_mapped().is_none() => {
            // The scope id stays: a link-local address means nothing without it.
            v6.set_port(0);
            SocketAddr::V6(v6)
        }
        other => SocketAddr::new(other.ip().to_canonical(), 0),
    };
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    socket.set_nonblocking(true)?;
    if let Err(error) = socket.set_recv_buffer_size(RECEIVE_BUFFER) {
        tracing::debug!(%error, "a small receive buffer has to do");
    }
    socket.bind(&address.into())?;
    let socket = UdpSocket::from_std(socket.into())?;
    let port =
        NonZeroU16::new(socket.local_addr()?.port()).ok_or(io::ErrorKind::AddrNotAvailable)?;
    let marked = dscp.is_some_and(|dscp| match mark(&socket, address, dscp) {
        Ok(()) => true,
        Err(error) => {
            tracing::debug!(%error, "RTCP is not marked");
            false
        }
    });
    Ok((socket, port, marked))
}

/// The DSCP is the upper six bits of the traffic class.
fn mark(socket: &UdpSocket, address: SocketAddr, dscp: u8) -> io::Result<()> {
    let class = u32::from(dscp & 0x3f) << 2;
    let socket = SockRef::from(socket);
    if address.is_ipv4() {
        socket.set_tos_v4(class)
    } else {
        socket.set_tclass_v6(class)
    }
}
