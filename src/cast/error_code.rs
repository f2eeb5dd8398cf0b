// SPDX-License-Identifier: GPL-3.0-or-later
//! The numbers by which a receiver says why it does not take an OFFER.

/// The `code` of an error reply. On the wire Open Screen adds 10000 to its own numbers; smaller ones belong to vendors and
/// mean nothing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// 10023: the receiver's UDP socket is closed or could not be bound.
    SocketClosed,
    /// 10092: the OFFER is malformed.
    ParameterInvalid,
    /// 10101: a newer OFFER came before this one was answered.
    Interrupted,
    /// 10102: the codec is unknown.
    UnknownCodec,
    /// 10103: the codec's parameter is not acceptable.
    InvalidCodecParameter,
    /// 10104: the socket failed.
    SocketFailure,
    /// 10105: a stream has no usable key.
    UnencryptedOffer,
    /// 10106: remoting is not supported.
    RemotingNotSupported,
    /// 10107: no stream can be used.
    NoStreamSelected,
    /// Any other number.
    Other(i64),
}

impl ErrorCode {
    const TABLE: [(ErrorCode, i64); 9] = [
        (ErrorCode::SocketClosed, 10_023),
        (ErrorCode::ParameterInvalid, 10_092),
        (ErrorCode::Interrupted, 10_101),
        (ErrorCode::UnknownCodec, 10_102),
        (ErrorCode::InvalidCodecParameter, 10_103),
        (ErrorCode::SocketFailure, 10_104),
        (ErrorCode::UnencryptedOffer, 10_105),
        (ErrorCode::RemotingNotSupported, 10_106),
        (ErrorCode::NoStreamSelected, 10_107),
    ];

    /// What a number on the wire means.
    pub fn from_wire(number: i64) -> ErrorCode {
        let known = Self::TABLE.into_iter().find(|(_, wire)| *wire == number);
        known.map_or(ErrorCode::Other(number), |(code, _)| code)
    }

    /// The number on the wire.
    pub fn to_wire(self) -> i64 {
        match self {
            ErrorCode::Other(number) => number,
            code => Self::TABLE
                .into_iter()
                .find(|(known, _)| *known == code)
                .map_or(0, |(_, wire)| wire),
        }
    }
}
