// SPDX-License-Identifier: GPL-3.0-or-later
//! What keeps packets from leaving this computer: what happened and what to do, in one line each.

use gettextrs::gettext;

use crate::engine::SendFault;

/// Packets do not leave, for this reason.
pub fn not_sent(fault: SendFault) -> String {
    match fault {
        SendFault::NoRoute => gettext(
            "There is no way to the device at the moment. Is this computer still connected to its network?",
        ),
        SendFault::NotPermitted => gettext(
            "The firewall of this computer keeps packets from leaving. Allow outgoing UDP to the device.",
        ),
        SendFault::NoRoom => gettext(
            "The network card of this computer does not keep up, so packets are lost before they leave. Try a lower --bitrate.",
        ),
        SendFault::TooLarge => {
            gettext("Packets are larger than the network takes. Smaller ones follow.")
        }
        SendFault::Refused => gettext(
            "The device says that nothing takes the picture there. It may be starting again.",
        ),
        SendFault::Other => gettext(
            "Some packets could not be sent. The log has the details (telecast -v mirror …).",
        ),
    }
}
