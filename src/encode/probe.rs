// SPDX-License-Identifier: GPL-3.0-or-later
//! Which encoders really work here: profiles in, those that were seen to encode out.
//!
//! A driver that offers an encoder often fails with the first picture, keeps pictures back or never answers. So each
//! candidate encodes a few pictures before it is offered. The outcome is remembered for the process, and in a file in the
//! user's cache for as long as element, driver and profile stay the same.
//!
//! Blocking: up to some seconds for a driver that hangs, once.

mod cache;
mod driver;
mod prove;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use self::cache::{Cache, Verdict};
use super::profile::Profile;
use crate::cast::codec::VideoCodec;

pub use self::prove::prove;

/// An encoder that works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// What it encodes.
    pub codec: VideoCodec,
    /// GStreamer's name of the element.
    pub element: String,
    /// Whether it runs on a GPU or a video unit.
    pub hardware: bool,
}

/// The working encoders of `codec`, best first, proven at most once in this process.
pub fn proven(codec: VideoCodec) -> Vec<Arc<Profile>> {
    static KNOWN: Mutex<Option<HashMap<VideoCodec, Vec<Arc<Profile>>>>> = Mutex::new(None);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known
        .get_or_insert_default()
        .entry(codec)
        .or_insert_with(|| Prober::of_user().working(Profile::candidates(codec)))
        .clone()
}

/// Whether an encoder of `codec` on a GPU or a video unit works. Software encoders are not tried.
pub fn proven_hardware(codec: VideoCodec) -> bool {
    let mut candidates = Profile::candidates(codec);
    candidates.retain(|profile| profile.hardware);
    !Prober::of_user().working(candidates).is_empty()
}

/// Every working encoder.
pub fn available() -> Vec<Proven> {
    VideoCodec::ALL
        .into_iter()
        .flat_map(proven)
        .map(|profile| Proven {
            codec: profile.codec,
            element: profile.element.to_string(),
            hardware: profile.hardware,
        })
        .collect()
}

/// Whether sound can be encoded, tried out at most once in this process.
pub fn audio_works() -> bool {
    static KNOWN: Mutex<Option<bool>> = Mutex::new(None);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    *known.get_or_insert_with(super::audio::works)
}

/// The version of `GStreamer`, as it calls itself.
pub fn version() -> String {
    gstreamer::version_string().to_string()
}

/// Proves profiles and remembers the outcome in a file.
#[derive(Debug)]
pub struct Prober {
    path: Option<PathBuf>,
}

impl Prober {
    /// Remembers in the user's cache (`XDG_CACHE_HOME`), where there is one.
    pub fn of_user() -> Prober {
        Prober {
            path: cache::path_of_user(),
        }
    }

    /// Remembers in this file.
    pub fn at(path: PathBuf) -> Prober {
        Prober { path: Some(path) }
    }

    /// Those of the candidates that work, in the same order.
    pub fn working(&self, candidates: Vec<Arc<Profile>>) -> Vec<Arc<Profile>> {
        if crate::chain::init().is_err() {
            return Vec::new();
        }
        let mut cache = Cache::load(self.path.as_deref());
        candidates
            .into_iter()
            .filter(|profile| works(profile, &mut cache))
            .collect()
    }
}

fn works(profile: &Arc<Profile>, cache: &mut Cache) -> bool {
    let Some(identity) = driver::identity(profile) else {
        return false;
    };
    let name = format!("{}/{}", profile.codec, profile.element);
    match cache.verdict(&name, &identity) {
        Verdict::Works => return true,
        Verdict::Fails => return false,
        Verdict::Unknown => {}
    }
    // Noted before the attempt: a driver that takes the process down is not tried for ever.
    cache.begin(&name, &identity);
    let outcome = prove(profile);
    match &outcome {
        Ok(time) => tracing::info!(%name, ?time, "encoder works"),
        Err(error) => tracing::info!(%name, %error, "encoder does not work"),
    }
    cache.finish(&name, &identity, outcome.is_ok());
    outcome.is_ok()
}
