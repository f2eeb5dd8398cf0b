// SPDX-License-Identifier: GPL-3.0-or-later
//! `Advertiser`: the receiver's own announcement. Input: what the receiver is and does; output: mDNS records, kept up to
//! date with the network's interfaces, withdrawn at the end.

use std::net::IpAddr;
use std::time::Duration;

use mdns_sd::ServiceInfo;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::SERVICE_TYPE;
use super::browse::{RETRY, SETTLED, at, changed};
use super::device::Capabilities;
use super::mdns::Mdns;
use super::netlink::InterfaceWatch;

/// What a receiver announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advertisement {
    /// `id`; hexadecimal digits, not empty.
    pub id: String,
    /// `fn`, the name that people see; not empty.
    pub name: String,
    /// `md`; may be empty.
    pub model: String,
    /// `ca`.
    pub capabilities: Capabilities,
    /// `st`: whether something runs.
    pub busy: bool,
    /// `rs`: what runs, for people; may be empty.
    pub status: String,
    /// The TCP port of the control channel; not 0.
    pub port: u16,
    /// The one address that the receiver listens on; `None`: all of this computer's, as they come and go.
    pub address: Option<IpAddr>,
}

/// Time between two announcements of changes. A record may be multicast once a second (RFC 6762 section 6), and the
/// library repeats each announcement after one second: what came sooner would not leave.
const GAP: Duration = Duration::from_millis(2200);

/// Why a receiver cannot be announced.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdvertiseError {
    /// The id, the name or the port is missing: peers would refuse the record.
    #[error("an announcement needs an id, a name and a port")]
    Incomplete,
    /// The mDNS library refused it.
    #[error("cannot announce the receiver: {0}")]
    Mdns(#[from] mdns_sd::Error),
}

impl Advertisement {
    /// The capabilities of a receiver that shows and plays.
    pub const PICTURE_AND_SOUND: Capabilities =
        Capabilities(Capabilities::VIDEO_OUT.0 | Capabilities::AUDIO_OUT.0);
    /// `ve`: the version that Open Screen's receiver announces; senders accept 2 to 99.
    const VERSION: &'static str = "2";

    /// The DNS label of the instance: the first 20 characters of the model with `-` for blanks, `-`, the id without
    /// dashes, at most 63 bytes (Open Screen `receiver_info.cc`). Dots become dashes, too: resolvers differ about them.
    pub fn instance(&self) -> String {
        let model: String = self
            .model
            .chars()
            .take(20)
            .map(|c| if c == ' ' || c == '.' { '-' } else { c })
            .collect();
        let separator = if model.is_empty() { "" } else { "-" };
        let label = format!("{model}{separator}{}", self.id.replace('-', ""));
        label[..label.floor_char_boundary(63)].to_owned()
    }

    /// The TXT pairs; each fits into a string of 255 bytes.
    fn txt(&self) -> [(&'static str, String); 7] {
        [
            ("id", self.id.replace('-', "")),
            ("ve", Self::VERSION.to_owned()),
            ("ca", self.capabilities.0.to_string()),
            ("st", u8::from(self.busy).to_string()),
            ("md", self.model.clone()),
            ("fn", self.name.clone()),
            ("rs", self.status.clone()),
        ]
        .map(|(key, value)| {
            (
                key,
                value[..value.floor_char_boundary(255 - key.len() - 1)].to_owned(),
            )
        })
    }

    fn service(&self) -> Result<ServiceInfo, AdvertiseError> {
        if self.id.is_empty() || self.name.is_empty() || self.port == 0 {
            return Err(AdvertiseError::Incomplete);
        }
        let host = format!("{}.local.", self.id.replace('-', "").to_lowercase());
        let addresses: Vec<IpAddr> = self.address.into_iter().collect();
        let service = ServiceInfo::new(
            SERVICE_TYPE,
            &self.instance(),
            &host,
            &addresses[..],
            self.port,
            &self.txt()[..],
        )?;
        Ok(if addresses.is_empty() {
            service.enable_addr_auto()
        } else {
            service
        })
    }
}

/// A running announcement. Dropping it withdraws the announcement without waiting.
#[derive(Debug)]
pub struct Advertiser {
    wanted: watch::Sender<Advertisement>,
    task: JoinHandle<()>,
}

impl Advertiser {
    /// Announces on all interfaces, or on the one that is named, on the current tokio runtime. Interfaces that come later
    /// are used as well.
    pub fn start(
        advertisement: Advertisement,
        interface: Option<&str>,
    ) -> Result<Advertiser, AdvertiseError> {
        let service = advertisement.service()?;
        let mdns = Mdns::start(interface)?;
        mdns.daemon.register(service)?;
        let (wanted, changes) = watch::channel(advertisement);
        let task = tokio::spawn(run(mdns, interface.map(ToOwned::to_owned), changes));
        Ok(Advertiser { wanted, task })
    }

    /// Announces what changed: name, busy, status; at once, or 2 s after the change before. The id stays what it was.
    pub fn update(&self, change: impl FnOnce(&mut Advertisement)) {
        self.wanted.send_if_modified(|advertisement| {
            let before = advertisement.clone();
            change(advertisement);
            advertisement.id.clone_from(&before.id);
            *advertisement != before
        });
    }

    /// Says goodbye on all interfaces, and waits for it.
    pub async fn stop(self) {
        drop(self.wanted);
        if let Err(error) = self.task.await {
            tracing::warn!(%error, "the announcement ended badly");
        }
    }
}

async fn run(mdns: Mdns, interface: Option<String>, mut changes: watch::Receiver<Advertisement>) {
    let mut interfaces = InterfaceWatch::new()
        .inspect_err(|error| tracing::warn!(%error, "changes of the network will not be noticed"))
        .ok();
    let mut mdns = Some(mdns);
    let mut settled = None;
    // When what changed is announced, and before which moment nothing is.
    let mut due = None;
    let mut not_before = Instant::now() + GAP;
    loop {
        let result = tokio::select! {
            change = changes.changed() => match change {
                Ok(()) => {
                    due.get_or_insert(not_before);
                    Ok(())
                }
                Err(_) => break,
            },
            () = at(due) => {
                due = None;
                not_before = Instant::now() + GAP;
                announce(mdns.as_ref(), &changes.borrow_and_update(), Name::Ours)
            }
            () = changed(interfaces.as_mut()) => {
                settled = Some(Instant::now() + SETTLED);
                mdns.as_mut().map_or(Ok(()), Mdns::look_again).map_err(Into::into)
            }
            () = at(settled) => {
                settled = None;
                mdns.as_ref().map_or(Ok(()), Mdns::settle).map_err(Into::into)
            }
            () = tokio::time::sleep(RETRY), if mdns.is_none() => {
                mdns = Mdns::start(interface.as_deref()).ok();
                announce(mdns.as_ref(), &changes.borrow_and_update(), Name::New)
            }
        };
        match result {
            // The label or the port cannot be announced, or the daemon is only busy: the old record stays.
            Err(
                error @ (AdvertiseError::Incomplete
                | AdvertiseError::Mdns(mdns_sd::Error::Again | mdns_sd::Error::Msg(_))),
            ) => {
                tracing::warn!(%error);
            }
            Err(error) => {
                tracing::warn!(%error, "the announcement starts again");
                if let Some(mdns) = mdns.take() {
                    mdns.stop().await;
                }
            }
            Ok(()) => {}
        }
    }
    if let Some(mdns) = mdns {
        mdns.stop().await;
    }
}

/// Whether others may have the instance's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    /// They are asked before it is announced.
    New,
    /// It has been announced already. Asking again would leave all questions unanswered for 3/4 s at each change.
    Ours,
}

fn announce(
    mdns: Option<&Mdns>,
    advertisement: &Advertisement,
    name: Name,
) -> Result<(), AdvertiseError> {
    let mut service = advertisement.service()?;
    service.set_requires_probe(name == Name::New);
    match mdns {
        Some(mdns) => Ok(mdns.daemon.register(service)?),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advertisement(model: &str, id: &str) -> Advertisement {
        Advertisement {
            id: id.into(),
            name: "Demo TV".into(),
            model: model.into(),
            capabilities: Capabilities(5),
            busy: false,
            status: String::new(),
            port: 8009,
            address: None,
        }
    }

    #[test]
    fn instance_labels_follow_the_reference() {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/data/txt_records.json")).unwrap();
        let names = vectors["instance_names"].as_array().unwrap();
        assert!(!names.is_empty());
        for name in names {
            let advertisement = advertisement(
                name["model"].as_str().unwrap(),
                name["id"].as_str().unwrap(),
            );
            assert_eq!(advertisement.instance(), name["instance"].as_str().unwrap());
        }
        let wide = advertisement(&"漢".repeat(30), &"a".repeat(60)).instance();
        assert!(wide.len() <= 63 && wide.starts_with('漢'));
    }

    #[test]
    fn all_six_keys_are_announced_and_fit() {
        let mut advertisement = advertisement("Telecast", "00-aa");
        advertisement.name = "ä".repeat(300);
        let txt = advertisement.txt();
        for (key, value) in &txt {
            assert!(key.len() + 1 + value.len() <= 255, "{key}");
        }
        let keys: Vec<&str> = txt.iter().map(|(key, _)| *key).collect();
        for key in ["id", "ve", "ca", "st", "md", "fn"] {
            assert!(keys.contains(&key));
        }
        assert_eq!(txt[0].1, "00aa");
        assert!(advertisement.service().is_ok());
        advertisement.port = 0;
        assert!(matches!(
            advertisement.service(),
            Err(AdvertiseError::Incomplete)
        ));
    }
}
