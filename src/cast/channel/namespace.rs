// SPDX-License-Identifier: GPL-3.0-or-later
//! The namespaces of the control channel.

/// Virtual connections: CONNECT, CONNECTED, CLOSE.
pub const CONNECTION: &str = "urn:x-cast:com.google.cast.tp.connection";
/// PING and PONG.
pub const HEARTBEAT: &str = "urn:x-cast:com.google.cast.tp.heartbeat";
/// Device authentication; binary.
pub const DEVICE_AUTH: &str = "urn:x-cast:com.google.cast.tp.deviceauth";
/// The platform: launch, stop, status, volume, availability.
pub const RECEIVER: &str = "urn:x-cast:com.google.cast.receiver";
/// `GET_DEVICE_INFO`.
pub const DISCOVERY: &str = "urn:x-cast:com.google.cast.receiver.discovery";
/// `eureka_info` and other set-up requests.
pub const SETUP: &str = "urn:x-cast:com.google.cast.setup";
/// Mirroring: OFFER, ANSWER, capabilities.
pub const WEBRTC: &str = "urn:x-cast:com.google.cast.webrtc";
/// Remoting: RPC and INPUT.
pub const REMOTING: &str = "urn:x-cast:com.google.cast.remoting";

/// Whether messages of this namespace need no virtual connection.
pub fn is_transport(namespace: &str) -> bool {
    namespace.starts_with("urn:x-cast:com.google.cast.tp.")
}
