// SPDX-License-Identifier: GPL-3.0-or-later
//! A source while it opens and afterwards: `MediaSource` in, its codecs and its end out. Makes no decisions.

use std::fmt;

use super::reason::{Reason, SourceEnd};
use super::source::{BoxFuture, Codecs, Ended, MediaSource};

/// What happens to a source.
#[derive(Debug)]
pub(super) enum Progress {
    /// Its codecs are known.
    Probed,
    /// It is ready.
    Opened,
    /// It is over.
    Ended(Reason),
}

type Source = Box<dyn MediaSource>;

enum Stage {
    Probing(BoxFuture<'static, Result<(Source, Codecs), Reason>>),
    Opening(BoxFuture<'static, Result<(Source, Ended), Reason>>),
    Open(Source, Ended),
    Gone,
}

/// A source that is being opened, or is open.
pub(super) struct Opening {
    stage: Stage,
    may_ask: bool,
    codecs: Option<Codecs>,
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.stage {
            Stage::Probing(_) => "Probing",
            Stage::Opening(_) => "Opening",
            Stage::Open(..) => "Open",
            Stage::Gone => "Gone",
        })
    }
}

impl Opening {
    /// Begins with the first call of [`Opening::next`].
    pub(super) fn new(mut source: Source) -> Opening {
        let may_ask = source.may_ask();
        let probing = Box::pin(async move {
            let codecs = source.codecs().await?;
            Ok((source, codecs))
        });
        Opening {
            stage: Stage::Probing(probing),
            may_ask,
            codecs: None,
        }
    }

    /// Whether a dialog may come.
    pub(super) fn may_ask(&self) -> bool {
        self.may_ask
    }

    /// What it can be encoded to, once that is known.
    pub(super) fn codecs(&self) -> Option<&Codecs> {
        self.codecs.as_ref()
    }

    /// The source, once it is open.
    pub(super) fn get_mut(&mut self) -> Option<&mut dyn MediaSource> {
        match &mut self.stage {
            Stage::Open(source, _) => Some(source.as_mut()),
            _ => None,
        }
    }

    /// Waits for the next progress. Safe to be cancelled.
    pub(super) async fn next(&mut self) -> Result<Progress, Reason> {
        match &mut self.stage {
            Stage::Probing(probing) => {
                let (mut source, codecs) = probing.await?;
                self.codecs = Some(codecs);
                self.stage = Stage::Opening(Box::pin(async move {
                    let ended = source.open().await?;
                    Ok((source, ended))
                }));
                Ok(Progress::Probed)
            }
            Stage::Opening(opening) => {
                let (source, ended) = opening.await?;
                self.stage = Stage::Open(source, ended);
                Ok(Progress::Opened)
            }
            Stage::Open(_, ended) => Ok(Progress::Ended(end(ended).await)),
            Stage::Gone => std::future::pending().await,
        }
    }

    /// What there is of it, to be dropped where dropping may take time.
    pub(super) fn take(&mut self) -> impl Send + use<> {
        std::mem::replace(&mut self.stage, Stage::Gone)
    }
}

async fn end(ended: &mut Ended) -> Reason {
    match ended.wait_for(Option::is_some).await {
        Ok(reason) => reason.clone(),
        // The source's own thread is gone without a word.
        Err(_) => None,
    }
    .unwrap_or(Reason::SourceEnded(SourceEnd::Closed))
}
