// SPDX-License-Identifier: GPL-3.0-or-later
//! The command line in, the runs to make out.

use std::time::Duration;

use telecast::cast::sender::Sender;

use crate::netsim::profiles::{Profile, ReceiverKind};
use crate::netsim::reference::Reference;
use crate::netsim::run::{Figures, Run};
use crate::netsim::trace::Point;
use crate::netsim::traffic::{Content, Recording};

pub const USAGE: &str = "\
usage: network [--profile SLUG]... [--receiver 30|500|33-|500-]... [--sender telecast|reference]...
               [--traffic video|typing|scrolling|still]... [--seeds N] [--first-seed N] [--seconds N]
       network --calibration       only compares the model of the reference sender with the real one
Everything is run that is not chosen otherwise: 30 seeds of 60 s. A minus marks a receiver that does not answer sender
reports at once. A run of all rows, with however many seeds, writes target/bench/network.json.
";

/// What the targets are for.
pub const FILM: &str = "video";

/// What is recorded.
const TRAFFICS: [&str; 4] = [FILM, "typing", "scrolling", "still"];

/// Where the other contents are measured too.
const SOME_PROFILES: [&str; 5] = [
    "lan",
    "wifi_busy",
    "loss10_rtt5",
    "loss10_rtt40",
    "steps_8_2_6",
];

/// Which sender is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SenderKind {
    Telecast,
    /// A model of the reference's algorithms.
    Reference,
}

impl SenderKind {
    const ALL: [SenderKind; 2] = [SenderKind::Telecast, SenderKind::Reference];

    pub fn name(self) -> &'static str {
        match self {
            SenderKind::Telecast => "telecast",
            SenderKind::Reference => "reference",
        }
    }
}

/// A row of the table.
#[derive(Debug, Clone)]
pub struct Case {
    pub profile: Profile,
    pub receiver: ReceiverKind,
    pub sender: SenderKind,
    pub traffic: &'static str,
}

impl PartialEq for Case {
    fn eq(&self, other: &Case) -> bool {
        let key = |case: &Case| (case.profile.slug, case.receiver, case.sender, case.traffic);
        key(self) == key(other)
    }
}

impl Case {
    /// Of what is no film, only some rows are of interest.
    fn is_in_table(&self) -> bool {
        self.traffic == FILM
            || (self.sender == SenderKind::Telecast
                && self.receiver.answers_sr
                && SOME_PROFILES.contains(&self.profile.slug))
    }
}

/// One seed of a case.
#[derive(Debug, Clone)]
pub struct Task {
    pub case: Case,
    pictures: Content,
    seed: u64,
    length: Duration,
}

impl Task {
    fn as_run(&self) -> Run<'_> {
        Run {
            profile: &self.case.profile,
            receiver: self.case.receiver,
            pictures: &self.pictures,
            seed: self.seed,
            length: self.length,
        }
    }

    pub fn measure(&self) -> Figures {
        match self.case.sender {
            SenderKind::Telecast => self.as_run().measure(Sender::new),
            SenderKind::Reference => self.as_run().measure(Reference::new),
        }
    }

    pub fn trace(&self) -> Vec<Point> {
        match self.case.sender {
            SenderKind::Telecast => self.as_run().trace(Sender::new),
            SenderKind::Reference => self.as_run().trace(Reference::new),
        }
    }
}

/// What was asked for.
#[derive(Debug)]
pub struct Plan {
    profiles: Vec<Profile>,
    receivers: Vec<ReceiverKind>,
    senders: Vec<SenderKind>,
    traffics: Vec<&'static str>,
    seeds: u64,
    first_seed: u64,
    length: Duration,
    is_whole: bool,
    only_calibration: bool,
}

impl Plan {
    /// `None` when help was asked for.
    pub fn from_args(mut args: impl Iterator<Item = String>) -> Result<Option<Plan>, String> {
        let mut plan = Plan {
            profiles: Vec::new(),
            receivers: Vec::new(),
            senders: Vec::new(),
            traffics: Vec::new(),
            seeds: 30,
            first_seed: 1,
            length: Duration::from_mins(1),
            is_whole: true,
            only_calibration: false,
        };
        while let Some(name) = args.next() {
            // What cargo itself says.
            if name == "--bench" {
                continue;
            }
            if name == "--help" || name == "-h" {
                return Ok(None);
            }
            if name == "--calibration" {
                plan.is_whole = false;
                plan.only_calibration = true;
                continue;
            }
            let value = args.next().ok_or(format!("{name} needs a value"))?;
            let unknown = || format!("{name} {value} is not known; see --help");
            let number = || value.parse::<u64>().map_err(|_| unknown());
            let all_rows = ["--seeds", "--first-seed", "--seconds"];
            plan.is_whole &= all_rows.contains(&name.as_str());
            match name.as_str() {
                "--profile" => plan
                    .profiles
                    .push(Profile::named(&value).ok_or_else(unknown)?),
                "--receiver" => {
                    let found = ReceiverKind::ALL.iter().find(|it| it.name() == value);
                    plan.receivers.push(*found.ok_or_else(unknown)?);
                }
                "--sender" => {
                    let found = SenderKind::ALL.iter().find(|it| it.name() == value);
                    plan.senders.push(*found.ok_or_else(unknown)?);
                }
                "--traffic" => {
                    let found = TRAFFICS.iter().find(|it| **it == value);
                    plan.traffics.push(found.ok_or_else(unknown)?);
                }
                "--seeds" => plan.seeds = number()?,
                "--first-seed" => plan.first_seed = number()?,
                "--seconds" => plan.length = Duration::from_secs(number()?.max(5)),
                _ => return Err(unknown()),
            }
        }
        if plan.profiles.is_empty() {
            plan.profiles = Profile::all();
        }
        if plan.receivers.is_empty() {
            plan.receivers = ReceiverKind::ALL.to_vec();
        }
        if plan.senders.is_empty() {
            plan.senders = SenderKind::ALL.to_vec();
        }
        if plan.traffics.is_empty() {
            plan.traffics = TRAFFICS.to_vec();
        }
        Ok(Some(plan))
    }

    /// No row was left out.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The model of the reference is compared with the real one.
    pub fn calibrates(&self) -> bool {
        self.is_whole || self.only_calibration
    }

    pub fn tasks(&self) -> Vec<Task> {
        let mut tasks = Vec::new();
        if self.only_calibration {
            return tasks;
        }
        for case in self.cases() {
            let recordings = Recording::of(case.traffic);
            // The codecs take turns.
            let seeds = self.first_seed..self.first_seed + self.seeds;
            for (seed, recording) in seeds.zip(recordings.iter().cycle()) {
                tasks.push(Task {
                    case: case.clone(),
                    pictures: Content::Recorded(recording.clone()),
                    seed,
                    length: self.length,
                });
            }
        }
        tasks
    }

    fn cases(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        for traffic in &self.traffics {
            for profile in &self.profiles {
                for sender in &self.senders {
                    for receiver in &self.receivers {
                        let case = Case {
                            profile: profile.clone(),
                            receiver: *receiver,
                            sender: *sender,
                            traffic,
                        };
                        if !self.is_whole || case.is_in_table() {
                            cases.push(case);
                        }
                    }
                }
            }
        }
        cases
    }
}
