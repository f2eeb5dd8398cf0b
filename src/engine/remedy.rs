// SPDX-License-Identifier: GPL-3.0-or-later
//! `Remedies`: what helps after a cast has ended. Input: a [`Reason`]; output: at most two things to do, the better one
//! first. Says nothing in words and does nothing itself.

use super::{Distrust, Fault, Layer, Missing, Reason, SourceEnd, Waiting};

/// A page of the preferences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PreferencesPage {
    /// Picture and sound.
    #[default]
    Casting,
    /// Interface, ports, what is remembered.
    Network,
    /// Which devices will do, and who may cast to this computer.
    Trust,
}

/// Something that a person can do about the end of a cast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Remedy {
    /// The same once more.
    TryAgain,
    /// The same once more, with the dialog that asks what to share.
    ChooseSource,
    /// The same once more, without sound.
    WithoutSound,
    /// Back to the list of devices.
    OtherDevice,
    /// Type the address of the device.
    AddByAddress,
    /// Change a setting.
    Preferences(PreferencesPage),
    /// Forget what is known of the device, so that it is like a new one.
    ForgetDevice,
    /// See what is known about this computer.
    Troubleshooting,
}

/// What helps, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remedies {
    /// The most likely help.
    pub first: Remedy,
    /// What else may help.
    pub second: Option<Remedy>,
}

impl Remedies {
    /// What helps after `reason`.
    pub fn after(reason: &Reason) -> Remedies {
        use Remedy as R;
        let (first, second) = match reason {
            Reason::SourceEnded(SourceEnd::Closed)
            | Reason::Broken(Fault::PictureFormat)
            | Reason::PermissionDenied => (R::ChooseSource, R::OtherDevice),
            Reason::NetworkUnreachable => (R::TryAgain, R::Preferences(PreferencesPage::Network)),
            Reason::DeviceNotFound(_) | Reason::HostUnknown(_) => (R::OtherDevice, R::AddByAddress),
            Reason::TlsTooOld | Reason::Garbage(Layer::Tls | Layer::TlsSignature) => {
                return Remedies::only(R::OtherDevice);
            }
            // The safe way first: forgetting gives up what protects from a stranger in the device's place.
            Reason::NotTrusted(
                Distrust::OtherKey | Distrust::NoLongerCertified(_) | Distrust::NoLongerProven(_),
            ) => (R::OtherDevice, R::ForgetDevice),
            Reason::NotTrusted(Distrust::NotCertified(_)) => {
                (R::OtherDevice, R::Preferences(PreferencesPage::Trust))
            }
            Reason::OfferRefused { .. } | Reason::NoPicture => {
                (R::Preferences(PreferencesPage::Casting), R::TryAgain)
            }
            Reason::NoUsableCodec => (R::Preferences(PreferencesPage::Casting), R::Troubleshooting),
            Reason::PortInUse { .. } | Reason::Missing(Missing::Interface(_)) => {
                (R::Preferences(PreferencesPage::Network), R::TryAgain)
            }
            Reason::Missing(Missing::AudioEncoder | Missing::AudioApplication(_))
            | Reason::Broken(Fault::SoundFormat) => (R::WithoutSound, R::Troubleshooting),
            Reason::Broken(Fault::SoundStream) => (R::TryAgain, R::WithoutSound),
            Reason::Missing(_)
            | Reason::Broken(_)
            | Reason::System(_)
            | Reason::Garbage(_)
            | Reason::TimedOut(Waiting::Answer) => (R::TryAgain, R::Troubleshooting),
            _ => (R::TryAgain, R::OtherDevice),
        };
        Remedies {
            first,
            second: Some(second),
        }
    }

    fn only(first: Remedy) -> Remedies {
        Remedies {
            first,
            second: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::AuthVerdict;

    #[test]
    fn what_helps_fits_the_reason() {
        let network = Remedy::Preferences(PreferencesPage::Network);
        for (reason, first) in [
            (Reason::DeviceClosed, Remedy::TryAgain),
            (Reason::SourceEnded(SourceEnd::Closed), Remedy::ChooseSource),
            (
                Reason::SourceEnded(SourceEnd::SharingRevoked),
                Remedy::TryAgain,
            ),
            (Reason::PortInUse { first: 1, last: 2 }, network),
            (Reason::Missing(Missing::Interface("eth9".into())), network),
            (Reason::Missing(Missing::AudioEncoder), Remedy::WithoutSound),
            (Reason::Missing(Missing::VideoEncoder), Remedy::TryAgain),
            (Reason::TlsTooOld, Remedy::OtherDevice),
            (Reason::NotTrusted(Distrust::OtherKey), Remedy::OtherDevice),
            (
                Reason::NoPicture,
                Remedy::Preferences(PreferencesPage::Casting),
            ),
        ] {
            let remedies = Remedies::after(&reason);
            assert_eq!(remedies.first, first, "{reason:?}");
            assert_ne!(remedies.second, Some(first), "{reason:?}");
        }
    }

    #[test]
    fn only_a_device_that_is_less_than_before_can_be_forgotten() {
        let verdict = AuthVerdict::SelfMade;
        for (distrust, forgettable) in [
            (Distrust::OtherKey, true),
            (Distrust::NoLongerCertified(verdict), true),
            (Distrust::NoLongerProven(verdict), true),
            (Distrust::NotCertified(verdict), false),
            (Distrust::NobodyToAsk(verdict), false),
        ] {
            let remedies = Remedies::after(&Reason::NotTrusted(distrust));
            let offered = remedies.second == Some(Remedy::ForgetDevice);
            assert_eq!(offered, forgettable, "{distrust:?}");
        }
    }
}
