// SPDX-License-Identifier: GPL-3.0-or-later
//! The list of Cast devices on the network, and the receiver's own advertisement (mDNS). Never connects to a device.
//!
//! ```text
//! mdns-sd ──ServiceEvent──▶ browse ──Announcement──▶ table ──▶ Vec<Device>, DeviceEvent
//! direct ──Announcement───────▲                        (the answers to one question, for a quick start)
//! netlink ──interfaces changed──▶ browse, advertise         (the table is sans-IO: time is an argument)
//! ```

pub mod advertise;
mod announcement;
mod anybody;
mod browse;
mod device;
mod direct;
mod handle;
mod links;
mod lookup;
mod manual;
mod mdns;
mod netlink;
mod records;
mod table;
mod text;

pub use advertise::{AdvertiseError, Advertisement, Advertiser};
pub use announcement::{Announcement, TxtFields};
pub use anybody::anybody;
pub use device::{Capabilities, Device, DeviceEvent, DeviceKind, Endpoint};
pub use handle::{Discovery, DiscoveryError, DiscoveryHandle, DiscoveryOptions};
pub use links::{Link, LinkKind, links};
pub use lookup::{has_address, has_interface};
pub use manual::{ManualHost, ParseHostError};
pub use table::{MAX_DEVICES, Table};

/// The DNS-SD service type of Cast devices, in the form that the mDNS library wants.
pub const SERVICE_TYPE: &str = "_googlecast._tcp.local.";

/// The TCP port of the control channel where none is given; groups and other programs announce their own.
pub const DEFAULT_PORT: u16 = 8009;
