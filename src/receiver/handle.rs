// SPDX-License-Identifier: GPL-3.0-or-later
//! `Receiver::start` and the handle that the embedder holds.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::credentials::{self, CredentialsError};
use super::hub::{Command, Hub};
use super::identity::{Identities, IdentityError};
use super::listen::{ListenError, listen};
use super::media::video;
use super::negotiate;
use super::options::ReceiverOptions;
use super::screen::Picture;
use super::shared::Shared;
use super::stats::{ReceiverState, ReceiverStats, ReceiverStatus};
use crate::cast::auth::Credentials;
use crate::cast::offer::Abilities;
use crate::decode;
use crate::discovery::advertise::{AdvertiseError, Advertisement, Advertiser};

/// Commands that wait for the hub; they come from a person.
const COMMANDS: usize = 4;

/// Why a receiver does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiverError {
    /// The port or the address.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The certificate.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// What it is to prove itself with.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The announcement.
    #[error(transparent)]
    Advertise(#[from] AdvertiseError),
    /// The options name no usable id or name.
    #[error("the name and the id of a receiver must not be empty")]
    Unnamed,
    /// Nothing that a sender could offer can be decoded here.
    #[error("no decoder is installed")]
    NoDecoder,
    /// The runtime is shutting down.
    #[error("the program is ending")]
    Ending,
}

/// Starts receivers.
#[derive(Debug)]
pub struct Receiver;

impl Receiver {
    /// Starts to be a Cast device, on the current tokio runtime: listens, announces itself, serves senders until
    /// [`ReceiverHandle::stop`] or until the handle is dropped.
    pub async fn start(options: ReceiverOptions) -> Result<ReceiverHandle, ReceiverError> {
        let id = match &options.id {
            Some(id) => id.replace('-', "").to_lowercase(),
            None => format!("{:032x}", rand::random::<u128>()),
        };
        if id.is_empty() || options.name.is_empty() {
            return Err(ReceiverError::Unnamed);
        }
        let listener = listen(options.listen, options.port)?;
        let address = listener.local_addr().map_err(ListenError::Io)?;
        let (folder, device) = (options.credentials.clone(), id.clone());
        // A key takes 100 ms, the first look at the decoders longer.
        let prepared = tokio::task::spawn_blocking(move || {
            let abilities =
                negotiate::abilities(decode::video::can_decode, decode::audio::can_decode);
            (proofs(folder.as_deref(), &device), abilities)
        });
        let (proofs, abilities) = prepared.await.map_err(|_| ReceiverError::Ending)?;
        let (identities, credentials) = proofs?;
        if abilities == Abilities::default() {
            return Err(ReceiverError::NoDecoder);
        }
        let advertisement = Advertisement {
            id,
            name: options.name.clone(),
            model: ReceiverOptions::MODEL.to_owned(),
            capabilities: Advertisement::PICTURE_AND_SOUND,
            busy: false,
            status: String::new(),
            port: address.port(),
            address: Some(address.ip().to_canonical()).filter(|ip| !ip.is_unspecified()),
        };
        let interface = options.interface.clone();
        let advertiser = if options.advertise {
            Some(Advertiser::start(
                advertisement.clone(),
                interface.as_deref(),
            )?)
        } else {
            None
        };
        let shared = Arc::new(Shared::new(options));
        let (commands, received) = mpsc::channel(COMMANDS);
        let (hub, inbox) = Hub::new(
            listener,
            identities,
            credentials,
            &advertisement,
            abilities,
            shared.clone(),
        );
        let task = tokio::spawn(async move {
            hub.run(inbox, received, advertiser.as_ref()).await;
            if let Some(advertiser) = advertiser {
                advertiser.stop().await;
            }
        });
        Ok(ReceiverHandle {
            address,
            shared,
            commands,
            task,
        })
    }
}

/// The keys of the connections, and of the device where there is a folder of them.
fn proofs(
    folder: Option<&Path>,
    device: &str,
) -> Result<(Identities, Option<Credentials>), ReceiverError> {
    let now = SystemTime::now();
    let opened = folder
        .map(|folder| credentials::open(folder, device, now))
        .transpose()?;
    let (credentials, key) = opened.map(|opened| (opened.device, opened.tls_key)).unzip();
    Ok((Identities::new(key, now)?, credentials))
}

/// A running receiver. Dropping it ends the receiver without waiting.
pub struct ReceiverHandle {
    address: SocketAddr,
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
    task: JoinHandle<()>,
}

impl ReceiverHandle {
    /// The address it listens on, with the real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it is doing, as it changes.
    pub fn status(&self) -> watch::Receiver<ReceiverStatus> {
        self.shared.status()
    }

    /// The numbers of the current or last cast; new ones come once a second.
    pub fn stats(&self) -> watch::Receiver<ReceiverStats> {
        self.shared.stats()
    }

    /// The last decoded picture, shown or not, also after the end of the cast. Converting it takes some milliseconds.
    pub fn snapshot(&self) -> Option<Picture> {
        video::snapshot(&self.shared)
    }

    /// [`ReceiverHandle::snapshot`], unless the last picture is still the one with this [`Picture::show_at`]: then
    /// nothing is converted.
    pub fn snapshot_other_than(&self, seen: Option<Instant>) -> Option<Picture> {
        let last = self.shared.picture()?.label.playout;
        (seen != Some(last)).then(|| self.snapshot())?
    }

    /// Ends the current cast, as the person in front of the screen wants it; the receiver stays.
    pub async fn end_cast(&self) {
        if self.commands.send(Command::EndCast).await.is_err() {
            tracing::debug!("the receiver has ended");
        }
    }

    /// Ends the cast, says goodbye, closes everything, and waits for it.
    pub async fn stop(self) {
        drop(self.commands);
        if let Err(error) = self.task.await {
            tracing::warn!(%error, "the receiver ended badly");
        }
        self.shared.set_state(ReceiverState::Stopped, None);
    }
}

impl std::fmt::Debug for ReceiverHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReceiverHandle")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
