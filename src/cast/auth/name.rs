// SPDX-License-Identifier: GPL-3.0-or-later
//! Names of subjects and issuers, in the form in which they are compared (RFC 5280, 7.1): text without regard to its
//! encoding, to the case of ASCII letters, and to repeated spaces.

use x509_parser::asn1_rs::Tag;
use x509_parser::x509::X509Name;

/// The longest common name that is kept for people, in characters.
const MAX_SHOWN: usize = 64;

/// The object identifier of an attribute, in DER without its header.
type Oid = Vec<u8>;

/// A distinguished name, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name(Vec<Vec<(Oid, Value)>>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Text(String),
    /// A type that is compared byte by byte.
    Other(u32, Vec<u8>),
}

impl Name {
    pub(super) fn read(name: &X509Name<'_>) -> Name {
        let relative = name.iter().map(|relative| {
            let mut attributes: Vec<_> = relative
                .iter()
                .map(|attribute| {
                    let any = attribute.attr_value();
                    let oid = attribute.attr_type().as_bytes().to_vec();
                    (oid, Value::read(any.tag(), any.data))
                })
                .collect();
            attributes.sort();
            attributes
        });
        Name(relative.collect())
    }

    /// A name of one text attribute after the other.
    pub(super) fn known(attributes: &[(&[u8], &str)]) -> Name {
        let relative = |&(oid, text): &(&[u8], &str)| vec![(oid.to_vec(), Value::text(text))];
        Name(attributes.iter().map(relative).collect())
    }

    /// Whether it is `base` or stands below it.
    pub(super) fn is_within(&self, base: &Name) -> bool {
        self.0.starts_with(&base.0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Value {
    fn read(tag: Tag, data: &[u8]) -> Value {
        let text = match tag {
            Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString => {
                std::str::from_utf8(data).ok().map(str::to_owned)
            }
            Tag::BmpString => wide(data),
            _ => None,
        };
        match text {
            Some(text) => Value::text(&text),
            None => Value::Other(tag.0, data.to_vec()),
        }
    }

    fn text(text: &str) -> Value {
        let words: Vec<_> = text.split(' ').filter(|word| !word.is_empty()).collect();
        Value::Text(words.join(" ").to_ascii_lowercase())
    }
}

/// A `BMPString`: UTF-16, big-endian.
fn wide(data: &[u8]) -> Option<String> {
    if !data.len().is_multiple_of(2) {
        return None;
    }
    let units: Vec<_> = data
        .chunks_exact(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
        .collect();
    String::from_utf16(&units).ok()
}

/// The last common name of a subject, for people: without control characters, and cut to a line.
pub(super) fn common_name(subject: &X509Name<'_>) -> Option<String> {
    let name = subject.iter_common_name().last()?.as_str().ok()?;
    let shown: String = name
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_SHOWN)
        .collect();
    (!shown.is_empty()).then_some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_equal_without_regard_to_case_spaces_and_encoding() {
        let printable = Value::read(Tag::PrintableString, b"Google  Inc ");
        assert_eq!(printable, Value::read(Tag::Utf8String, b"google inc"));
        assert_eq!(
            Value::read(Tag::BmpString, &[0, b'G', 0, b'o']),
            Value::text("GO")
        );
        assert_ne!(
            Value::read(Tag::BmpString, &[0, b'G', 0]),
            Value::text("g"),
            "half a character"
        );
        assert_ne!(Value::read(Tag::Utf8String, &[0xff]), Value::text(""));
    }

    #[test]
    fn a_name_is_within_what_it_begins_with() {
        let all = Name::known(&[(&[1], "a"), (&[2], "b")]);
        assert!(all.is_within(&Name::known(&[(&[1], "A")])));
        assert!(all.is_within(&all));
        assert!(!Name::known(&[(&[1], "a")]).is_within(&all));
        assert!(!all.is_within(&Name::known(&[(&[2], "b")])));
    }
}
