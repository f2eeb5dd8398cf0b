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
    Opening(BoxFuture<'static, Result<(Source, Ended), Reason>>),
    Open(Source, Ended),
    Gone,
}

/// A source that is being opened, or is open.
pub(super) struct Opening {
    stage: Stage,
    may_ask: bool,
    /// Whether it is not to be opened yet.
    held: bool,
    /// Runs beside the opening: a person looks at the dialog meanwhile.
    probing: Option<BoxFuture<'static, Result<Codecs, Reason>>>,
    codecs: Option<Codecs>,
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.stage {
            Stage::Opening(_) => "Opening",
            Stage::Open(..) => "Open",
            Stage::Gone => "Gone",
        })
    }
}

impl Opening {
    /// Begins with the first call of [`Opening::next`]; but a source that may ask is only probed until it is [let
    /// go](Opening::let_go): nobody is asked what to show on a device before it is known that it will do.
    pub(super) fn new(mut source: Source) -> Opening {
        let may_ask = source.may_ask();
        let probing = source.codecs();
        let opening = Box::pin(async move {
            let ended = source.open().await?;
            Ok((source, ended))
        });
        Opening {
            stage: Stage::Opening(opening),
            may_ask,
            held: may_ask,
            probing: Some(probing),
            codecs: None,
        }
    }

    /// A source that may ask may do so from now on.
    pub(super) fn let_go(&mut self) {
        self.held = false;
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
        tokio::select! {
            codecs = probed(&mut self.probing) => {
                self.probing = None;
                self.codecs = Some(codecs?);
                Ok(Progress::Probed)
            }
            progress = self.stage.next(), if !self.held => progress,
        }
    }

    /// What there is of it, to be dropped where dropping may take time.
    pub(super) fn take(&mut self) -> impl Send + use<> {
        self.probing = None;
        std::mem::replace(&mut self.stage, Stage::Gone)
    }
}

impl Stage {
    async fn next(&mut self) -> Result<Progress, Reason> {
        match self {
            Stage::Opening(opening) => {
                let (source, ended) = opening.await?;
                *self = Stage::Open(source, ended);
                Ok(Progress::Opened)
            }
            Stage::Open(_, ended) => Ok(Progress::Ended(end(ended).await)),
            Stage::Gone => std::future::pending().await,
        }
    }
}

async fn probed(
    probing: &mut Option<BoxFuture<'static, Result<Codecs, Reason>>>,
) -> Result<Codecs, Reason> {
    match probing {
        Some(probing) => probing.await,
        None => std::future::pending().await,
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
