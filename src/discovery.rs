// SPDX-License-Identifier: GPL-3.0-or-later
//! The list of Cast devices on the network, and the receiver's own advertisement (mDNS). Never connects to a device.
//!
//! ```text
//! mdns-sd ──ServiceEvent──▶ browse ──Announcement──▶ table ──▶ Vec<Device>, DeviceEvent
//! direct ──Announcement───────▲                        (the answers to one question, for a quick start)
//! netlink ──interfaces changed──▶ browse, advertise         (the table is sans-IO: time is an argument)
//! ```

#[cfg(not(cast_alone))]
pub mod advertise;
mod announcement;
#[cfg(not(cast_alone))]
mod anybody;
#[cfg(not(cast_alone))]
mod browse;
mod device;
#[cfg(not(cast_alone))]
mod direct;
#[cfg(not(cast_alone))]
mod handle;
#[cfg(not(cast_alone))]
mod links;
#[cfg(not(cast_alone))]
mod lookup;
mod manual;
#[cfg(not(cast_alone))]
mod mdns;
#[cfg_attr(cast_alone, allow(dead_code, reason = "who asks has sockets"))]
mod message;
#[cfg(not(cast_alone))]
mod netlink;
#[cfg(not(cast_alone))]
mod records;
mod table;
mod text;

#[cfg(not(cast_alone))]
pub use advertise::{AdvertiseError, Advertisement, Advertiser};
pub use announcement::{Announcement, TxtFields};
#[cfg(not(cast_alone))]
pub use anybody::anybody;
#[cfg(not(cast_alone))]
pub(crate) use device::PROVISIONAL;
pub use device::{Capabilities, Device, DeviceEvent, DeviceKind, Endpoint};
#[cfg(not(cast_alone))]
pub use handle::{Discovery, DiscoveryError, DiscoveryHandle, DiscoveryOptions};
#[cfg(not(cast_alone))]
pub use links::{Link, LinkKind, links};
#[cfg(not(cast_alone))]
pub use lookup::{has_address, has_interface};
pub use manual::{ManualHost, ParseHostError};
/// For the fuzz targets alone: the reader of what strangers answer.
#[cfg(fuzzing)]
pub use message::answer;
pub use table::{MAX_DEVICES, Table};
#[cfg(not(cast_alone))]
pub(crate) use text::clean;

/// The DNS-SD service type of Cast devices, in the form that the mDNS library wants.
pub const SERVICE_TYPE: &str = "_googlecast._tcp.local.";

/// The TCP port of the control channel where none is given; groups and other programs announce their own.
pub const DEFAULT_PORT: u16 = 8009;
