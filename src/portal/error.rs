// SPDX-License-Identifier: GPL-3.0-or-later
//! Why a portal did not do what it was asked for.

use ashpd::desktop::ResponseError;

/// A portal did not do it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PortalError {
    /// There is no session bus.
    #[error("no session bus")]
    NoBus,
    /// This desktop has no such portal, or only an older one.
    #[error("this desktop does not offer it")]
    NotOffered,
    /// The person, or a rule of the desktop, said no.
    #[error("refused")]
    Refused,
    /// The portal failed.
    #[error("the portal failed: {0}")]
    Failed(#[source] Box<ashpd::Error>),
}

impl From<ashpd::Error> for PortalError {
    fn from(error: ashpd::Error) -> Self {
        match error {
            ashpd::Error::Response(ResponseError::Cancelled | ResponseError::Other)
            | ashpd::Error::Portal(
                ashpd::PortalError::Cancelled(_) | ashpd::PortalError::NotAllowed(_),
            ) => PortalError::Refused,
            ashpd::Error::PortalNotFound(_) | ashpd::Error::RequiresVersion(..) => {
                PortalError::NotOffered
            }
            ashpd::Error::Zbus(error) | ashpd::Error::Portal(ashpd::PortalError::ZBus(error)) => {
                PortalError::from(error)
            }
            other => PortalError::Failed(Box::new(other)),
        }
    }
}

impl From<zbus::Error> for PortalError {
    fn from(error: zbus::Error) -> Self {
        if no_such_service(&error) {
            PortalError::NotOffered
        } else {
            PortalError::Failed(Box::new(error.into()))
        }
    }
}

/// Whether the bus knows no portal, or the portal has no such interface.
pub fn no_such_service(error: &zbus::Error) -> bool {
    const NAMES: [&str; 4] = [
        "org.freedesktop.DBus.Error.ServiceUnknown",
        "org.freedesktop.DBus.Error.NameHasNoOwner",
        "org.freedesktop.DBus.Error.UnknownInterface",
        "org.freedesktop.DBus.Error.UnknownMethod",
    ];
    match error {
        zbus::Error::InterfaceNotFound => true,
        zbus::Error::MethodError(name, _, _) => NAMES.contains(&name.as_str()),
        zbus::Error::FDO(error) => matches!(
            **error,
            zbus::fdo::Error::ServiceUnknown(_)
                | zbus::fdo::Error::NameHasNoOwner(_)
                | zbus::fdo::Error::UnknownInterface(_)
                | zbus::fdo::Error::UnknownMethod(_)
        ),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_told_apart_from_a_no_and_from_a_failure() {
        let unknown = zbus::fdo::Error::UnknownInterface("gone".to_owned());
        let missing = PortalError::from(ashpd::Error::Zbus(zbus::Error::FDO(Box::new(unknown))));
        assert!(matches!(missing, PortalError::NotOffered), "{missing:?}");
        let old = PortalError::from(ashpd::Error::RequiresVersion(2, 1));
        assert!(matches!(old, PortalError::NotOffered), "{old:?}");
        let no = PortalError::from(ashpd::Error::Response(ResponseError::Cancelled));
        assert!(matches!(no, PortalError::Refused), "{no:?}");
        let broken = ashpd::PortalError::Failed("broken".to_owned());
        let failed = PortalError::from(ashpd::Error::Portal(broken));
        assert!(matches!(failed, PortalError::Failed(_)), "{failed:?}");
    }
}
