// SPDX-License-Identifier: GPL-3.0-or-later
//! `Service`: puts an engine on the session bus. An engine in; the bus name and the objects out, for as long as the service
//! is kept.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use thiserror::Error;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use zbus::fdo::{ObjectManager, RequestNameFlags, RequestNameReply};
use zbus::message::Type;
use zbus::zvariant::OwnedObjectPath;
use zbus::{Connection, MessageStream, connection};

use super::activity::Activity;
use super::answers::Answers;
use super::calls::Calls;
use super::error::BusError;
use super::manager::ManagerObject;
use super::projection::{Projection, path_of};
use crate::config::{ENGINE_NAME, ENGINE_PATH};
use crate::engine::Engine;
use crate::words;

/// How long a call waits until what it has begun is on the bus.
const APPEAR: Duration = Duration::from_secs(5);
/// How long what was set may differ from what the device tells.
const SETTLE: Duration = Duration::from_secs(2);

/// Why the engine is not on the bus.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// There is no session bus, or it refuses.
    #[error(transparent)]
    Bus(#[from] zbus::Error),
    /// Another program runs the engine of this session.
    #[error("the name {ENGINE_NAME} is taken")]
    Taken,
}

/// What to do when another program runs the engine of this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Waiting {
    /// Give up.
    #[default]
    No,
    /// Take its place on the bus when it ends.
    InLine,
}

/// What a service is given besides its engine.
#[derive(Debug, Default)]
pub struct Sharing {
    /// Where its calls are noted.
    pub activity: Activity,
    /// What to do when there is another one.
    pub waiting: Waiting,
}

/// What all objects share.
#[derive(Debug)]
pub(super) struct Shared {
    pub engine: Arc<Engine>,
    pub calls: Calls,
    pub answers: Answers,
    /// Counts the wishes to look at the engine again.
    again: watch::Sender<u64>,
    /// One such wish is enough.
    looks_again: AtomicBool,
    /// The ids whose objects are on the bus.
    known: watch::Sender<BTreeSet<String>>,
}

impl Shared {
    /// Looks at the engine again in a moment: what was set may not have come about.
    pub fn look_again(self: &Arc<Self>) {
        if self.looks_again.swap(true, Ordering::SeqCst) {
            return;
        }
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(SETTLE).await;
            shared.looks_again.store(false, Ordering::SeqCst);
            shared.again.send_modify(|count| *count += 1);
        });
    }

    pub fn again(&self) -> watch::Receiver<u64> {
        self.again.subscribe()
    }

    pub fn show_known(&self, known: BTreeSet<String>) {
        self.known.send_replace(known);
    }

    /// The object of the device with this id, as soon as it is on the bus.
    pub async fn object_of(&self, id: &str) -> Result<OwnedObjectPath, BusError> {
        // An address that was added may turn out to be that of a device, which has another id.
        let object = || {
            let listed = self.engine.listed().borrow().clone();
            let device = listed.iter().find(|device| device.is(id));
            device.map_or_else(|| id.to_owned(), |device| device.id.clone())
        };
        let mut known = self.known.subscribe();
        let there = timeout(APPEAR, known.wait_for(|known| known.contains(&object()))).await;
        if !matches!(there, Ok(Ok(_))) {
            return Err(BusError::Failed(words::bus::device_away(id)));
        }
        Ok(path_of(&object())?)
    }
}

/// An engine on the session bus. Dropping it takes it off.
#[derive(Debug)]
pub struct Service {
    bus: Connection,
    activity: Activity,
    tasks: Vec<JoinHandle<()>>,
}

impl Service {
    /// Puts `engine` on the bus, with all that it has by now.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn start(engine: Arc<Engine>, sharing: Sharing) -> Result<Service, ServiceError> {
        let answers = Answers::default();
        engine.ask_beside(Arc::new(answers.clone()));
        let shared = Arc::new(Shared {
            engine,
            calls: Calls::default(),
            answers,
            again: watch::Sender::new(0),
            looks_again: AtomicBool::new(false),
            known: watch::Sender::default(),
        });
        let manager = ManagerObject::new(Arc::clone(&shared));
        let bus = connection::Builder::session()?
            .serve_at(ENGINE_PATH, ObjectManager)?
            .serve_at(ENGINE_PATH, manager.clone())?
            .build()
            .await?;
        let mut service = Service {
            bus: bus.clone(),
            activity: sharing.activity,
            tasks: Vec::new(),
        };
        service.note_calls();
        let mut projection = Projection::new(bus.clone(), Arc::clone(&shared), manager);
        projection.remember().await;
        let (listed, casts) = (shared.engine.listed(), shared.engine.sessions());
        let (listed, casts) = (listed.borrow().clone(), casts.borrow().clone());
        projection.show(&listed, &casts).await?;
        service.own_name(sharing.waiting).await?;
        service.tasks.push(tokio::spawn(async move {
            if let Err(error) = projection.run().await {
                tracing::warn!(%error, "the engine is no longer on the session bus");
            }
        }));
        Ok(service)
    }

    /// Who uses the bus, and when.
    pub fn activity(&self) -> &Activity {
        &self.activity
    }

    async fn own_name(&self, waiting: Waiting) -> Result<(), ServiceError> {
        let in_line = waiting == Waiting::InLine;
        let flags = (!in_line)
            .then_some(RequestNameFlags::DoNotQueue)
            .into_iter()
            .collect();
        let taken = |error| match error {
            zbus::Error::NameTaken => ServiceError::Taken,
            other => ServiceError::Bus(other),
        };
        let reply = self.bus.request_name_with_flags(ENGINE_NAME, flags).await;
        if reply.map_err(taken)? == RequestNameReply::InQueue {
            tracing::info!("another program runs the engine of this session; waiting for its end");
        }
        Ok(())
    }

    /// Notes each call of anybody, whatever it is about.
    fn note_calls(&mut self) {
        let (mut messages, activity) = (MessageStream::from(&self.bus), self.activity.clone());
        self.tasks.push(tokio::spawn(async move {
            while let Some(message) = messages.next().await {
                if message.is_ok_and(|message| message.message_type() == Type::MethodCall) {
                    activity.note();
                }
            }
        }));
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
