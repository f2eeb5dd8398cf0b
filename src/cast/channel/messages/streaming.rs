// SPDX-License-Identifier: GPL-3.0-or-later
//! The envelope of mirroring: OFFER, ANSWER and capabilities (namespace `webrtc`), and the types of `remoting` that are
//! recognised but not used.
//!
//! Message types are compared without regard to case here, unlike everywhere else; `result` is not. A reply is matched
//! to its request by `seqNum`.

use serde_json::{Value, json};

use crate::cast::answer::{Answer, AnswerError};
use crate::cast::error_code::ErrorCode;
use crate::cast::json;
use crate::cast::offer::{Offer, OfferError};

/// What a sender says to a mirroring application.
#[derive(Debug, Clone, PartialEq)]
pub struct SenderMessage {
    /// Its number. Without one, OFFER and `GET_CAPABILITIES` cannot be answered and are ignored.
    pub seq: Option<u32>,
    /// What it says.
    pub body: SenderBody,
}

/// The body of a [`SenderMessage`].
#[derive(Debug, Clone, PartialEq)]
pub enum SenderBody {
    /// What it can send.
    Offer(Result<Offer, OfferError>),
    /// What can you play?
    GetCapabilities,
    /// Remoting.
    Rpc,
    /// Input events.
    Input,
    /// Anything else, to be ignored.
    Unknown,
}

/// What a mirroring application says to a sender.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceiverMessage {
    /// The number of the request that it answers.
    pub seq: Option<u32>,
    /// What it says.
    pub body: ReceiverBody,
}

/// The body of a [`ReceiverMessage`].
#[derive(Debug, Clone, PartialEq)]
pub enum ReceiverBody {
    /// The reply to an OFFER.
    Answer(Result<Box<Answer>, Refusal>),
    /// The reply to `GET_CAPABILITIES`.
    Capabilities(Result<Capabilities, Refusal>),
    /// Remoting; the base64 text.
    Rpc(String),
    /// Input events.
    Input,
    /// Anything else, to be ignored.
    Unknown,
}

/// A reply that is not the good one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The receiver says no, with a number and words of its own.
    #[error("the receiver refused: {description} ({})", .code.to_wire())]
    Error {
        /// Why.
        code: ErrorCode,
        /// Why, in its words; at most [`MAX_DESCRIPTION`] bytes are kept.
        description: String,
    },
    /// The receiver says no but not why, or does not even say `ok`.
    #[error("the receiver refused without a reason")]
    Unexplained,
    /// It says `ok` with a body that cannot be used.
    #[error("the reply cannot be used: {0}")]
    Answer(#[from] AnswerError),
    /// It says `ok` with capabilities that cannot be read.
    #[error("the capabilities cannot be read")]
    Capabilities,
}

/// The most that is kept of a receiver's description of an error, in bytes.
pub const MAX_DESCRIPTION: usize = 512;

/// What a receiver says it can play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// The version of remoting; 1 when it does not say.
    pub remoting: u32,
    /// What it plays; not empty.
    pub media: Vec<MediaCapability>,
}

/// One word of `mediaCaps`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaCapability {
    /// The audio codecs built into Chrome.
    Audio,
    /// AAC.
    Aac,
    /// Opus.
    Opus,
    /// The base of video codecs.
    Video,
    /// Pictures of 4K.
    FourK,
    /// H.264.
    H264,
    /// VP8.
    Vp8,
    /// VP9.
    Vp9,
    /// H.265.
    Hevc,
    /// AV1.
    Av1,
}

impl SenderMessage {
    /// Reads the payload.
    pub fn parse(text: &str) -> Option<SenderMessage> {
        let message = json::object(text)?;
        let body = match message["type"].as_str()?.to_ascii_uppercase().as_str() {
            "OFFER" => SenderBody::Offer(Offer::parse(&message["offer"])),
            "GET_CAPABILITIES" => SenderBody::GetCapabilities,
            "RPC" => SenderBody::Rpc,
            "INPUT" => SenderBody::Input,
            _ => SenderBody::Unknown,
        };
        Some(SenderMessage {
            seq: json::int(&message["seqNum"]),
            body,
        })
    }

    /// The payload of an OFFER. Holds the keys of all streams.
    pub fn offer(seq: u32, offer: &Offer) -> String {
        json!({ "type": "OFFER", "seqNum": seq, "offer": offer.to_json() }).to_string()
    }

    /// The payload of a `GET_CAPABILITIES`.
    pub fn get_capabilities(seq: u32) -> String {
        json!({ "type": "GET_CAPABILITIES", "seqNum": seq }).to_string()
    }
}

impl ReceiverMessage {
    /// Reads the payload.
    pub fn parse(text: &str) -> Option<ReceiverMessage> {
        let message = json::object(text)?;
        let body = match message["type"].as_str()?.to_ascii_uppercase().as_str() {
            "ANSWER" => ReceiverBody::Answer(
                refusal(&message).and_then(|()| Ok(Box::new(Answer::parse(&message["answer"])?))),
            ),
            "CAPABILITIES_RESPONSE" => {
                ReceiverBody::Capabilities(refusal(&message).and_then(|()| {
                    Capabilities::parse(&message["capabilities"]).ok_or(Refusal::Capabilities)
                }))
            }
            "RPC" => ReceiverBody::Rpc(message["rpc"].as_str()?.to_owned()),
            "INPUT" => ReceiverBody::Input,
            _ => ReceiverBody::Unknown,
        };
        Some(ReceiverMessage {
            seq: json::int(&message["seqNum"]),
            body,
        })
    }

    /// The payload of a good ANSWER.
    pub fn answer(seq: u32, answer: &Answer) -> String {
        json!({ "type": "ANSWER", "seqNum": seq, "result": "ok", "answer": answer.to_json() })
            .to_string()
    }

    /// The payload of an ANSWER that refuses.
    pub fn answer_error(seq: u32, code: ErrorCode, description: &str) -> String {
        error("ANSWER", seq, code, description)
    }

    /// The payload of a reply to `GET_CAPABILITIES`.
    pub fn capabilities(seq: u32, capabilities: &Capabilities) -> String {
        let media: Vec<&str> = capabilities
            .media
            .iter()
            .map(|capability| capability.word())
            .collect();
        json!({
            "type": "CAPABILITIES_RESPONSE",
            "seqNum": seq,
            "result": "ok",
            "capabilities": { "remoting": capabilities.remoting, "mediaCaps": media },
        })
        .to_string()
    }

    /// The payload of a reply to `GET_CAPABILITIES` that refuses.
    pub fn capabilities_error(seq: u32, code: ErrorCode, description: &str) -> String {
        error("CAPABILITIES_RESPONSE", seq, code, description)
    }
}

fn error(kind: &str, seq: u32, code: ErrorCode, description: &str) -> String {
    json!({
        "type": kind,
        "seqNum": seq,
        "result": "error",
        "error": { "code": code.to_wire(), "description": description },
    })
    .to_string()
}

fn refusal(message: &Value) -> Result<(), Refusal> {
    if message["result"] == "ok" {
        return Ok(());
    }
    let error = &message["error"];
    match (error["code"].as_i64(), error["description"].as_str()) {
        (Some(code), Some(description)) => Err(Refusal::Error {
            code: ErrorCode::from_wire(code),
            description: description[..description.floor_char_boundary(MAX_DESCRIPTION)].to_owned(),
        }),
        _ => Err(Refusal::Unexplained),
    }
}

impl Capabilities {
    /// An unknown word or an empty list makes the whole body unreadable, as for Open Screen.
    fn parse(body: &Value) -> Option<Capabilities> {
        let media = json::list(&body["mediaCaps"], |word| {
            MediaCapability::from_word(word.as_str()?)
        })?;
        let remoting = match &body["remoting"] {
            Value::Null => 1,
            version => json::int(version)?,
        };
        (!media.is_empty()).then_some(Capabilities { remoting, media })
    }
}

impl MediaCapability {
    const TABLE: [(MediaCapability, &'static str); 10] = [
        (MediaCapability::Audio, "audio"),
        (MediaCapability::Aac, "aac"),
        (MediaCapability::Opus, "opus"),
        (MediaCapability::Video, "video"),
        (MediaCapability::FourK, "4k"),
        (MediaCapability::H264, "h264"),
        (MediaCapability::Vp8, "vp8"),
        (MediaCapability::Vp9, "vp9"),
        (MediaCapability::Hevc, "hevc"),
        (MediaCapability::Av1, "av1"),
    ];

    fn from_word(word: &str) -> Option<MediaCapability> {
        let found = Self::TABLE
            .into_iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(word));
        found.map(|(capability, _)| capability)
    }

    fn word(self) -> &'static str {
        Self::TABLE
            .into_iter()
            .find(|(known, _)| *known == self)
            .map_or("", |(_, word)| word)
    }
}
