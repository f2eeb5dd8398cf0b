// SPDX-License-Identifier: GPL-3.0-or-later
//! Device authentication, both ways: whether the device at the other end of a TLS connection is what it says it is.
//!
//! ```text
//!  sender                                                     receiver
//!  Challenge(nonce) ───────── AuthChallenge ─────────▶  Credentials + certificate of this TLS connection
//!        │                                                          │
//!        ▼                                                          ▼
//!  assess(reply, nonce, TLS certificate, Roots, now) ◀── AuthResponse: leaf, intermediates,
//!        │                                                     signature over nonce ‖ TLS certificate, CRL
//!        ▼
//!  Assessment: Verdict, the leaf key that was proven, what else is known
//! ```
//! Input: bytes, a nonce, Unix seconds. Output: typed facts. What is done about them (cast, ask, refuse) is decided above.
//! The signatures, the hashes and the reading of X.509 come from crates; which chain is good is Cast's own set of rules
//! (Open Screen `boringssl_trust_store.cc`, `cast_cert_validator.cc`, `cast_crl.cc`), in [`path`] and [`revocation`].
//! Never reads a clock, draws no randomness, holds no private key but that of [`credentials`].

pub mod anchor;
mod assess;
mod certificate;
pub mod challenge;
mod constraints;
pub mod credentials;
mod google;
mod key;
mod name;
pub mod path;
pub mod revocation;
pub mod verdict;

pub use anchor::{AnchorError, Origin, Roots, TrustAnchor};
pub use assess::{Evidence, Lifetime, MAX_TLS_LIFETIME, assess};
pub use certificate::{Certificate, CertificateError};
pub use challenge::{Challenge, NONCE_LENGTH, is_reply};
pub use credentials::{Credentials, CredentialsError};
pub use key::{Fingerprint, PublicKey, SignatureHash};
pub use revocation::{Crl, CrlError, CrlRule};
pub use verdict::{Assessment, CrlState, Malformation, Verdict};

/// A point in time: seconds since 1970. Certificates know no finer one.
pub type UnixSeconds = i64;
