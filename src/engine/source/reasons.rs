// SPDX-License-Identifier: GPL-3.0-or-later
//! What the capture room says, as the reason for which a session does not start or ends.

use super::super::{Fault, Missing, Reason, SourceEnd};
use crate::capture::error::{CaptureEnd, CaptureError};
use crate::capture::source::SourceKind;

/// Why a source could not be started.
pub fn of_error(error: &CaptureError) -> Reason {
    tracing::debug!(?error, "capture");
    match error {
        CaptureError::NoPortal | CaptureError::KindNotOffered(_) => {
            Reason::Missing(Missing::Portal)
        }
        CaptureError::Cancelled => Reason::DialogCancelled,
        CaptureError::Denied => Reason::PermissionDenied,
        CaptureError::NoPipeWire => Reason::Missing(Missing::PipeWire),
        CaptureError::NoSuchApplication(name) => {
            Reason::Missing(Missing::AudioApplication(name.clone()))
        }
        other => Reason::System(other.to_string()),
    }
}

/// Why running pictures ended.
pub fn of_end(end: &CaptureEnd) -> Reason {
    match end {
        CaptureEnd::Stopped => Reason::UserStopped,
        CaptureEnd::SharingEnded(SourceKind::Window) | CaptureEnd::SourceGone => {
            Reason::SourceEnded(SourceEnd::Closed)
        }
        CaptureEnd::SharingEnded(_) => Reason::SourceEnded(SourceEnd::SharingRevoked),
        CaptureEnd::PipeWireGone => Reason::Missing(Missing::PipeWire),
        CaptureEnd::NoCommonFormat => Reason::Broken(Fault::PictureFormat),
        CaptureEnd::Failed(text) => Reason::System(text.clone()),
    }
}

/// Why running sound ended. Nobody shares sound in a dialog, so nobody can have closed it.
pub fn of_end_of_sound(end: &CaptureEnd) -> Reason {
    match end {
        CaptureEnd::SharingEnded(_) | CaptureEnd::SourceGone => Reason::Broken(Fault::SoundStream),
        CaptureEnd::NoCommonFormat => Reason::Broken(Fault::SoundFormat),
        CaptureEnd::Stopped | CaptureEnd::PipeWireGone | CaptureEnd::Failed(_) => of_end(end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_sound_is_not_taken_for_a_closed_window() {
        let closed = Reason::SourceEnded(SourceEnd::Closed);
        assert_eq!(of_end(&CaptureEnd::SourceGone), closed);
        let reason = of_end_of_sound(&CaptureEnd::SourceGone);
        assert_eq!(reason, Reason::Broken(Fault::SoundStream));
        assert!(reason.is_failure());
        let gone = Reason::Missing(Missing::PipeWire);
        assert_eq!(of_end_of_sound(&CaptureEnd::PipeWireGone), gone);
    }
}
