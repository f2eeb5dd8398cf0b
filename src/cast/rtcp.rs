// SPDX-License-Identifier: GPL-3.0-or-later
//! RTCP as Cast uses it: the layout of each packet, drawn once beside its parser and its writer.
//!
//! ```text
//!               sender ──▶ receiver                        receiver ──▶ sender
//!   sender_report  (SR)                       receiver_report (RR) · reference_time (XR) · picture_loss (PLI)
//!                                             feedback (CAST + CST2) · event_log (APP)
//!   find_sender_report()                      FeedbackReader::read(), all of a datagram or nothing
//!   SenderReport::write()                     compound::FeedbackBuilder
//! ```
//! A datagram is a sequence of such packets. Reading never panics and allocates only in proportion to the datagram.
//! Nothing in here keeps time or decides when to send; that is `cast::sender` and `cast::receiver`.
//!
//! | file | packet |
//! |---|---|
//! | [`header`] | the four bytes before each packet |
//! | [`sender_report`] | SR, 200 |
//! | [`receiver_report`] | RR, 201, and the report block |
//! | [`event_log`] | APP, 204, subtype 2 |
//! | [`feedback`] | PSFB, 206, subtype 15 |
//! | [`picture_loss`] | PSFB, 206, subtype 1 |
//! | [`reference_time`] | XR, 207, block 4 |
//! | [`compound`] | whole datagrams, read by the sender and built by the receiver |
//! | [`routing`] | which of RTP and RTCP a datagram is, and whose |

pub mod compound;
pub mod event_log;
pub mod feedback;
pub mod header;
pub mod picture_loss;
pub mod receiver_report;
pub mod reference_time;
pub mod routing;
pub mod sender_report;

mod cursor;

pub use compound::{FeedbackBuilder, FeedbackEvents, FeedbackReader};
pub use event_log::{FrameLog, LogEvent, LogEventKind};
pub use feedback::{Feedback, Nack, WHOLE_FRAME};
pub use header::{Header, PacketType};
pub use receiver_report::ReportBlock;
pub use routing::{Route, route};
pub use sender_report::{SenderReport, find_sender_report};

/// Why a datagram was refused. It is refused whole: nothing of it has any effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RtcpError {
    /// Not version 2, padding set, a packet type that Cast does not know, or fewer than four bytes left.
    #[error("not the header of an RTCP packet")]
    BadHeader,
    /// A length field points beyond the end of the datagram.
    #[error("an RTCP packet is longer than its datagram")]
    BeyondDatagram,
    /// A packet is shorter than its type requires.
    #[error("an RTCP packet is shorter than its type requires")]
    Truncated,
    /// An application packet of our peer carries a name that is neither `CAST` nor `TIME`.
    #[error("an RTCP application packet carries an unknown name")]
    UnknownApplication,
}
