// SPDX-License-Identifier: GPL-3.0-or-later
//! Name constraints (RFC 5280, 4.2.1.10): which subjects an issuer may certify. Of the kinds of names only directory
//! names are compared, because devices have no others; an issuer that constrains another kind is refused where a
//! certificate has a name of that kind.

use x509_parser::extensions::{GeneralName, NameConstraints as Parsed};

use super::name::Name;

/// The kind of a general name, by its tag.
type Kind = u8;

/// What an issuer may certify.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NameConstraints {
    permitted: Vec<Name>,
    excluded: Vec<Name>,
    /// Constrained kinds that are not compared.
    others: Vec<Kind>,
}

/// The names of a certificate, as far as constraints look at them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AlternativeNames {
    directories: Vec<Name>,
    others: Vec<Kind>,
}

impl NameConstraints {
    pub(super) fn read(parsed: &Parsed<'_>) -> NameConstraints {
        let mut constraints = NameConstraints::default();
        for subtree in parsed.permitted_subtrees.iter().flatten() {
            match &subtree.base {
                GeneralName::DirectoryName(name) => constraints.permitted.push(Name::read(name)),
                other => constraints.others.push(kind(other)),
            }
        }
        for subtree in parsed.excluded_subtrees.iter().flatten() {
            match &subtree.base {
                GeneralName::DirectoryName(name) => constraints.excluded.push(Name::read(name)),
                other => constraints.others.push(kind(other)),
            }
        }
        constraints
    }

    /// Whether a certificate with these names may be issued.
    pub(super) fn permit(&self, subject: &Name, alternatives: &AlternativeNames) -> bool {
        // An empty subject is no name.
        let subject = (!subject.is_empty()).then_some(subject);
        let directories = subject.into_iter().chain(&alternatives.directories);
        let directories_fit = directories.into_iter().all(|name| {
            (self.permitted.is_empty() || self.permitted.iter().any(|base| name.is_within(base)))
                && !self.excluded.iter().any(|base| name.is_within(base))
        });
        directories_fit
            && !alternatives
                .others
                .iter()
                .any(|kind| self.others.contains(kind))
    }
}

impl AlternativeNames {
    pub(super) fn read(names: &[GeneralName<'_>]) -> AlternativeNames {
        let mut alternatives = AlternativeNames::default();
        for name in names {
            match name {
                GeneralName::DirectoryName(name) => {
                    alternatives.directories.push(Name::read(name));
                }
                other => alternatives.others.push(kind(other)),
            }
        }
        alternatives
    }
}

/// The tags of RFC 5280's `GeneralName`.
fn kind(name: &GeneralName<'_>) -> Kind {
    match name {
        GeneralName::OtherName(..) => 0,
        GeneralName::RFC822Name(_) => 1,
        GeneralName::DNSName(_) => 2,
        GeneralName::X400Address(_) => 3,
        GeneralName::DirectoryName(_) => 4,
        GeneralName::EDIPartyName(_) => 5,
        GeneralName::URI(_) => 6,
        GeneralName::IPAddress(_) => 7,
        GeneralName::RegisteredID(_) => 8,
        GeneralName::Invalid(tag, _) => tag.0 as u8,
    }
}
