// SPDX-License-Identifier: GPL-3.0-or-later
//! The `ScreenCast` portal: the person's choice of a screen, a window or a virtual monitor becomes a running source.
//!
//! Input: a `VideoRequest`. Output: a `VideoSource` whose pictures come through the connection that the portal opened.
//! Each source has a bus connection of its own, so that the portal sees the session's owner vanish whatever happens to
//! this process.

use std::sync::Arc;
use std::time::Duration;

use ashpd::desktop::screencast::{
    CursorMode, OpenPipeWireRemoteOptions, Screencast, SelectSourcesOptions, SourceType,
    StartCastOptions, Streams,
};
use ashpd::desktop::{CreateSessionOptions, PersistMode, ResponseError, Session};
use ashpd::enumflags2::BitFlags;
use ashpd::{PortalError, WindowIdentifier};
use futures_util::StreamExt;
use tokio::sync::oneshot;
use zbus::Connection;

use super::error::{CaptureEnd, CaptureError};
use super::pipewire::Remote;
use super::pipewire::video::{StreamControl, StreamRequest, Target, VideoStream};
use super::slot::SlotWriter;
use super::source::{EVENTS, Running, SourceKind, VideoRequest, VideoSource, cheap_to_keep};
use crate::portal::{connection, no_such_service};

/// How long the portal may take to confirm the end of a session.
const CLOSE: Duration = Duration::from_secs(1);

/// Opens the dialog (unless a restore token makes it needless) and starts the chosen source. Dropping the future closes
/// the dialog.
pub(super) async fn start(mut request: VideoRequest) -> Result<VideoSource, CaptureError> {
    let kind = source_type(request.kind).ok_or(CaptureError::KindNotOffered(request.kind))?;
    let connection = connection::open()
        .await
        .map_err(|_| CaptureError::NoPortal)?;
    let portal = Screencast::with_connection(connection)
        .await
        .map_err(error)?;
    let offered = portal.available_source_types().await.map_err(error)?;
    if offered.is_empty() {
        // The portal itself runs, but no desktop stands behind it.
        return Err(CaptureError::NoPortal);
    }
    if !offered.contains(kind) {
        return Err(CaptureError::KindNotOffered(request.kind));
    }
    let session = portal
        .create_session(CreateSessionOptions::default())
        .await
        .map_err(error)?;
    let session = Arc::new(session);
    let ended = CaptureEnd::SharingEnded(request.kind);
    let guard = guard(Arc::clone(&session), ended.clone()).await?;
    let cursor = cursor_mode(portal.available_cursor_modes().await.ok(), request.pointer);
    let options = SelectSourcesOptions::default()
        .set_sources(BitFlags::from(kind))
        .set_multiple(false)
        .set_cursor_mode(cursor)
        .set_persist_mode(if request.persist {
            PersistMode::ExplicitlyRevoked
        } else {
            PersistMode::DoNot
        })
        .set_restore_token(request.restore_token.as_deref());
    portal
        .select_sources(&session, options)
        .await
        .map_err(error)?
        .response()
        .map_err(error)?;
    let parent = request
        .parent_window
        .map(WindowIdentifier::from_xdg_foreign_exported);
    let started = portal
        .start(&session, parent.as_ref(), StartCastOptions::default())
        .await;
    let answer = started.and_then(|request| request.response());
    // Before anything else can fail: the old token is used up and the new one is worth a dialog.
    if let Some(keeper) = &request.token_keeper
        && matches!(answer, Ok(_) | Err(ashpd::Error::Response(_)))
    {
        keeper.keep(answer.as_ref().ok().and_then(Streams::restore_token));
    }
    let streams = answer.map_err(error)?;
    let node = streams
        .streams()
        .first()
        .ok_or(CaptureError::NoStream)?
        .pipe_wire_node_id();
    let remote = portal
        .open_pipe_wire_remote(&session, OpenPipeWireRemoteOptions::default())
        .await
        .map_err(error)?;

    let (writer, hub) = SlotWriter::with_replay(cheap_to_keep);
    let (events, receiver) = async_channel::bounded(EVENTS);
    let stream_request = StreamRequest {
        size: (request.kind == SourceKind::Virtual).then_some(request.size),
        max_fps: request.max_fps,
        dma_buf: request.dma_buf.borrow_and_update().clone(),
        trim_margin: request.kind == SourceKind::Window,
        cursor: cursor == CursorMode::Metadata,
        when_gone: ended.clone(),
    };
    let target = Target {
        remote: Remote::Opened(remote),
        node,
    };
    let stream = VideoStream::start(target, stream_request, writer, events).await?;
    stream.follow(request.dma_buf);
    let stop = guard.watch(&stream.control());
    Ok(VideoSource {
        hub,
        events: receiver,
        restore_token: streams.restore_token().map(str::to_owned),
        running: Box::new(Sharing {
            stream,
            _stop: stop,
        }),
    })
}

/// The kinds of source that the desktop's dialog knows.
pub(super) async fn offered() -> Result<Vec<SourceKind>, CaptureError> {
    let connection = Connection::session()
        .await
        .map_err(|_| CaptureError::NoPortal)?;
    let portal = Screencast::with_connection(connection)
        .await
        .map_err(error)?;
    let offered = portal.available_source_types().await.map_err(error)?;
    let kinds = [SourceKind::Screen, SourceKind::Window, SourceKind::Virtual];
    let is_offered =
        |kind: &SourceKind| source_type(*kind).is_some_and(|kind| offered.contains(kind));
    Ok(kinds.into_iter().filter(is_offered).collect())
}

/// Keeps stream and session: dropped in this order.
struct Sharing {
    stream: VideoStream,
    _stop: oneshot::Sender<()>,
}

impl Running for Sharing {
    fn draw_again(&self) {
        self.stream.draw_again();
    }

    fn set_max_fps(&self, rate: u32) {
        self.stream.set_max_fps(rate);
    }
}

/// A session that is closed when this is dropped.
struct Guard {
    control: oneshot::Sender<StreamControl>,
    stop: oneshot::Sender<()>,
}

impl Guard {
    /// The stream that ends with the session.
    fn watch(self, stream: &StreamControl) -> oneshot::Sender<()> {
        if self.control.send(stream.clone()).is_err() {
            // Nobody would tell the stream: the runtime is ending.
            stream.end(CaptureEnd::Stopped);
        }
        self.stop
    }
}

/// Listens for the end of `session` from now on, and ends it when the guard is dropped.
async fn guard(
    session: Arc<Session<Screencast>>,
    reason: CaptureEnd,
) -> Result<Guard, CaptureError> {
    let (control, stream) = oneshot::channel::<StreamControl>();
    let (stop, stopped) = oneshot::channel::<()>();
    let (listening, listens) = oneshot::channel();
    tokio::spawn(async move {
        let closed = match session.receive_closed().await {
            Ok(closed) => closed,
            Err(failure) => {
                listening.send(Err(error(failure))).ok();
                return;
            }
        };
        let mut closed = std::pin::pin!(closed);
        listening.send(Ok(())).ok();
        tokio::select! {
            // The panel's stop button, or the shared window was closed.
            _ = closed.next() => {
                if let Ok(stream) = stream.await {
                    stream.end(reason);
                }
            }
            _ = stopped => close(&session).await,
        }
    });
    listens.await.unwrap_or(Err(CaptureError::NoPortal))?;
    Ok(Guard { control, stop })
}

async fn close(session: &Session<Screencast>) {
    match tokio::time::timeout(CLOSE, session.close()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "the portal's session was closed already"),
        Err(_) => tracing::warn!("the portal does not close its session"),
    }
}

fn source_type(kind: SourceKind) -> Option<SourceType> {
    match kind {
        SourceKind::Screen => Some(SourceType::Monitor),
        SourceKind::Window => Some(SourceType::Window),
        SourceKind::Virtual => Some(SourceType::Virtual),
        SourceKind::TestCard => None,
    }
}

/// How the TV, which has no pointer of its own, is to see the mouse: drawn by the compositor where that is `offered` (or
/// what is offered is not known), else drawn by us, else not at all. Nor when it is not `wanted`, if that can be had.
fn cursor_mode(offered: Option<BitFlags<CursorMode>>, wanted: bool) -> CursorMode {
    match offered {
        Some(modes) if !wanted && modes.contains(CursorMode::Hidden) => CursorMode::Hidden,
        None => CursorMode::Embedded,
        Some(modes) if modes.contains(CursorMode::Embedded) => CursorMode::Embedded,
        Some(modes) if modes.contains(CursorMode::Metadata) => CursorMode::Metadata,
        Some(_) => CursorMode::Hidden,
    }
}

fn error(error: ashpd::Error) -> CaptureError {
    match error {
        ashpd::Error::Response(ResponseError::Cancelled)
        | ashpd::Error::Portal(PortalError::Cancelled(_)) => CaptureError::Cancelled,
        ashpd::Error::Response(ResponseError::Other)
        | ashpd::Error::Portal(PortalError::NotAllowed(_)) => CaptureError::Denied,
        ashpd::Error::PortalNotFound(_) => CaptureError::NoPortal,
        ashpd::Error::Zbus(error) | ashpd::Error::Portal(PortalError::ZBus(error))
            if no_such_service(&error) =>
        {
            CaptureError::NoPortal
        }
        other => CaptureError::Portal(Box::new(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dismissed_dialog_is_not_a_denial() {
        let cancelled = error(ashpd::Error::Response(ResponseError::Cancelled));
        assert!(
            matches!(cancelled, CaptureError::Cancelled),
            "{cancelled:?}"
        );
        let denied = error(ashpd::Error::Response(ResponseError::Other));
        assert!(matches!(denied, CaptureError::Denied), "{denied:?}");
        let denied = error(ashpd::Error::Portal(PortalError::NotAllowed(
            "no".to_owned(),
        )));
        assert!(matches!(denied, CaptureError::Denied), "{denied:?}");
    }

    #[test]
    fn the_pointer_is_drawn_by_the_compositor_where_it_can() {
        use CursorMode::{Embedded, Hidden, Metadata};
        assert_eq!(cursor_mode(None, true), Embedded);
        assert_eq!(
            cursor_mode(Some(Hidden | Embedded | Metadata), true),
            CursorMode::Embedded
        );
        assert_eq!(cursor_mode(Some(Hidden | Metadata), true), Metadata);
        assert_eq!(cursor_mode(Some(Hidden.into()), true), Hidden);
        assert_eq!(cursor_mode(Some(BitFlags::empty()), true), Hidden);
    }

    #[test]
    fn an_unwanted_pointer_is_hidden_where_it_can() {
        use CursorMode::{Embedded, Hidden, Metadata};
        assert_eq!(
            cursor_mode(Some(Hidden | Embedded | Metadata), false),
            Hidden
        );
        assert_eq!(cursor_mode(Some(Embedded.into()), false), Embedded);
        assert_eq!(cursor_mode(None, false), Embedded);
    }

    #[test]
    fn a_bus_without_a_portal_is_told_apart_from_a_failing_portal() {
        let unknown = zbus::fdo::Error::ServiceUnknown("gone".to_owned());
        let missing = error(ashpd::Error::Zbus(zbus::Error::FDO(Box::new(unknown))));
        assert!(matches!(missing, CaptureError::NoPortal), "{missing:?}");
        let failing = error(ashpd::Error::Portal(PortalError::Failed(
            "broken".to_owned(),
        )));
        assert!(matches!(failing, CaptureError::Portal(_)), "{failing:?}");
    }
}
