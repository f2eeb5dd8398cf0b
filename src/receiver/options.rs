// SPDX-License-Identifier: GPL-3.0-or-later
//! What the embedder chooses about a receiver. Plain data.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::screen::Screen;
use super::viewer::{KnownSenders, Viewer};

/// Who may cast to this receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AcceptPolicy {
    /// Ask the person in front of the screen ([`Viewer::ask`]) about each sender that is not in
    /// [`ReceiverOptions::known`].
    Ask,
    /// Only senders that are in [`ReceiverOptions::known`].
    Known,
    /// Everybody on the network.
    #[default]
    Any,
}

/// How a receiver is to be.
#[derive(Clone)]
pub struct ReceiverOptions {
    /// The name that people see in their list of devices.
    pub name: String,
    /// The id of the announcement; 32 hexadecimal digits. `None`: a random one for this run.
    pub id: Option<String>,
    /// The address to listen on; `::` is every address, IPv4 too.
    pub listen: IpAddr,
    /// The TCP port; 0 takes any free one.
    pub port: u16,
    /// Whether to announce the receiver by mDNS.
    pub advertise: bool,
    /// Announce on this interface only.
    pub interface: Option<String>,
    /// Who may cast.
    pub accept: AcceptPolicy,
    /// Who asks the person in front of the screen. `None`: nobody, which is a no.
    pub viewer: Option<Arc<dyn Viewer>>,
    /// How long that person may take before it is a no; below 120 s, which is how long senders wait.
    pub ask_limit: Duration,
    /// Senders that are always allowed. `None`: there are none, and none are remembered.
    pub known: Option<Arc<dyn KnownSenders>>,
    /// The folder of keys and certificates that it proves itself with; what is missing there is made. `None`: it cannot
    /// prove who it is, and tells senders so.
    pub credentials: Option<PathBuf>,
    /// Whether sound is played into PipeWire. Without it, sound is decoded and measured only.
    pub play_sound: bool,
    /// Read the test card's time code from the decoded pictures.
    pub measure: bool,
    /// The largest picture that is asked for (width, height in pixels).
    pub max_size: (u32, u32),
    /// The highest frame rate that is asked for.
    pub max_frame_rate: u32,
    /// Where pictures go. `None`: headless; pictures are decoded, counted and the last one is kept.
    pub screen: Option<Arc<dyn Screen>>,
}

/// The TCP port of Cast devices.
pub const DEFAULT_PORT: u16 = 8009;

/// How long a question to the viewer stays open, if the embedder does not choose otherwise.
pub const ASK_LIMIT: Duration = Duration::from_mins(1);

impl ReceiverOptions {
    /// The model in the announcement.
    pub const MODEL: &'static str = "Telecast";
}

impl Default for ReceiverOptions {
    fn default() -> Self {
        ReceiverOptions {
            name: String::from("Telecast"),
            id: None,
            listen: IpAddr::V6(Ipv6Addr::UNSPECIFIED),
            port: DEFAULT_PORT,
            advertise: true,
            interface: None,
            accept: AcceptPolicy::Any,
            viewer: None,
            ask_limit: ASK_LIMIT,
            known: None,
            credentials: None,
            play_sound: true,
            measure: false,
            max_size: (1920, 1080),
            max_frame_rate: 60,
            screen: None,
        }
    }
}

impl fmt::Debug for ReceiverOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiverOptions")
            .field("name", &self.name)
            .field("listen", &self.listen)
            .field("port", &self.port)
            .field("accept", &self.accept)
            .field("headless", &self.screen.is_none())
            .finish_non_exhaustive()
    }
}
