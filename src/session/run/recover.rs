// SPDX-License-Identifier: GPL-3.0-or-later
//! A device that was lost in the middle: sought with the old streams still in place, until it plays again or is given up.
//! When and whether is decided by [`Recovery`](super::super::recovery::Recovery).

use std::time::Instant;

use tokio::time::timeout_at;

use super::super::negotiate::Settled;
use super::super::reason::{Reason, Waiting};
use super::super::state::{Absence, Step};
use super::super::timings::Timings;
use super::{Actor, Event};

impl Actor {
    /// Seeks the device that was lost for `reason`; what flows afterwards.
    pub(super) async fn recover(&mut self, reason: Reason) -> Result<Settled, Reason> {
        let why = reason.to_string();
        let mut absence = self.recovery.lost(Instant::now(), reason)?;
        tracing::info!(%why, "the device is lost");
        // Whatever still comes on it is about streams that are over.
        self.control = None;
        self.joins = true;
        loop {
            self.step(&Step::Lost(absence));
            self.pause(&absence).await?;
            self.recovery.attempt();
            self.step(&Step::Lost(Absence {
                next: None,
                ..absence
            }));
            let reason = match self.attempt().await {
                Ok(settled) => return Ok(settled),
                Err(reason) => reason,
            };
            tracing::info!(attempt = absence.attempt, %reason, "the device is not back");
            self.control = None;
            if reason == Reason::TimedOut(Waiting::Answer) {
                // The app is there and in no order.
                self.joins = false;
            }
            absence = self.recovery.failed(Instant::now(), reason)?;
        }
    }

    /// One attempt, from the first packet to streams that flow.
    async fn attempt(&mut self) -> Result<Settled, Reason> {
        self.connect(Timings {
            connect: self.timings.knock,
            ..self.timings
        })
        .await?;
        let offer = self.propose().ok_or(Reason::NoPicture)?;
        self.resume(offer)?;
        let settled = self.until_settled().await?;
        self.until_open().await?;
        self.start_media(&settled).await?;
        Ok(settled)
    }

    /// Waits for the moment of the next attempt. News of the network bring it forward.
    async fn pause(&mut self, absence: &Absence) -> Result<(), Reason> {
        let Some(mut next) = absence.next else {
            return Ok(());
        };
        if std::mem::take(&mut self.news) {
            next = self.recovery.news(Instant::now(), next);
        }
        while Instant::now() < next {
            // Safe to be cancelled.
            let Ok(event) = timeout_at(next.into(), self.next()).await else {
                break;
            };
            if let Event::News = event? {
                self.news = false;
                next = self.recovery.news(Instant::now(), next);
            }
        }
        Ok(())
    }
}
