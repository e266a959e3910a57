//! Load from `wrk`, one run at a time.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use super::stage::{self, Side, Stage};
use crate::{process, workspace::Workspace};

/// An address, and how `load.lua` asks for it.
pub struct Target {
    kind: &'static str,
    side: Side,
    path: &'static str,
    account: u32,
}

impl Target {
    /// Something of the portal.
    pub const fn portal(kind: &'static str, path: &'static str) -> Self {
        Self { kind, side: Side::Portal, path, account: 1 }
    }

    /// A page of the portal that belongs to this account.
    pub const fn portal_as(account: u32, path: &'static str) -> Self {
        Self { kind: "my-page", side: Side::Portal, path, account }
    }

    /// Something of the ceilings.
    pub const fn ceiling(kind: &'static str, path: &'static str) -> Self {
        Self { kind, side: Side::Ceiling, path, account: 1 }
    }
}

/// What one run of `wrk` says; latencies in microseconds.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Run {
    requests: u64,
    microseconds: u64,
    p50: u64,
    p99: u64,
    failed: u64,
}

impl Run {
    /// Fails if there is nothing to compare.
    fn answered(self) -> Result<Self> {
        ensure!(self.requests > 0 && self.microseconds > 0, "nothing was answered; more --seconds");
        Ok(self)
    }
}

/// The medians of some runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Numbers {
    /// Requests per 1,000 seconds: a whole number that is fine enough for ratios.
    pub millirate: u64,
    /// Microseconds.
    pub p50: u64,
    /// Microseconds.
    pub p99: u64,
}

/// Runs `wrk`, and numbers the runs so that each makes its own ids.
pub struct Load {
    wrk: PathBuf,
    script: PathBuf,
    runs: u32,
    /// How many orders were answered.
    pub orders: u64,
    /// How many sign-ins were answered.
    pub sign_ins: u64,
}

impl Load {
    pub fn new(ws: &Workspace, wrk: PathBuf) -> Self {
        let script = ws.root.join("crates/xtask/bench/load.lua");
        Self { wrk, script, runs: 0, orders: 0, sign_ins: 0 }
    }

    /// The medians of each target, measured in turns.
    pub fn alternate<const N: usize>(
        &mut self,
        stage: &mut Stage,
        targets: &[Option<Target>; N],
        connections: u32,
        rounds: u32,
        warm_up: Duration,
        length: Duration,
    ) -> Result<[Option<Numbers>; N]> {
        let mut runs = [const { Vec::new() }; N];
        for round in 0..=rounds {
            for (target, runs) in targets.iter().zip(&mut runs) {
                let Some(target) = target else { continue };
                let length = if round == 0 { warm_up } else { length };
                let run = self.run(stage, target, connections, length)?;
                // A busy machine may answer nothing within the short warm-up.
                if round > 0 {
                    runs.push(run.answered()?);
                }
            }
        }
        Ok(runs.map(|runs| medians(&runs)))
    }

    /// The medians of one target.
    pub fn median(
        &mut self,
        stage: &mut Stage,
        target: &Target,
        connections: u32,
        rounds: u32,
        length: Duration,
    ) -> Result<Numbers> {
        // Once more than asked for: the first run warms up.
        let mut runs = Vec::new();
        for _ in 0..=rounds {
            runs.push(self.run(stage, target, connections, length)?.answered()?);
        }
        medians(runs.get(1..).unwrap_or_default()).context("nothing was measured")
    }

    fn run(
        &mut self,
        stage: &mut Stage,
        target: &Target,
        connections: u32,
        length: Duration,
    ) -> Result<Run> {
        stage.still_runs()?;
        self.runs += 1;
        let url = format!("http://{}{}", stage.addr(target.side), target.path);
        let mut wrk = process::clean(&self.wrk);
        // One thread, so that it takes no more of the machine than it has to.
        wrk.args(["--threads", "1", "--connections", &connections.to_string()]);
        wrk.args(["--duration", &format!("{}s", length.as_secs()), "--timeout", "20s", "--script"]);
        wrk.arg(&self.script).args([&url, "--", target.kind, &self.runs.to_string()]);
        wrk.args([&stage::ACCOUNTS.to_string(), stage::PLAN, stage::PASSWORD]);
        wrk.arg(target.account.to_string());
        let said = process::read(&mut wrk)?;
        let line = said.lines().rev().find(|line| line.starts_with('{'));
        let run: Run = serde_json::from_str(line.context("wrk measured nothing")?)?;
        ensure!(run.failed == 0, "{} of {} requests failed: {url}", run.failed, run.requests);
        match target.kind {
            "order" => self.orders += run.requests,
            "sign-in" => self.sign_ins += run.requests,
            _ => {}
        }
        Ok(run)
    }
}

/// Field by field; none of nothing.
fn medians(runs: &[Run]) -> Option<Numbers> {
    let middle = |of: &dyn Fn(&Run) -> u64| {
        let mut values: Vec<_> = runs.iter().map(of).collect();
        values.sort_unstable();
        values.get(values.len() / 2).copied()
    };
    Some(Numbers {
        millirate: middle(&|run| {
            run.requests.saturating_mul(1_000_000_000) / run.microseconds.max(1)
        })?,
        p50: middle(&|run| run.p50)?,
        p99: middle(&|run| run.p99)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_three_counts() {
        let run = |requests, p50| Run { requests, microseconds: 2_000_000, p50, p99: 9, failed: 0 };
        let runs = [run(10, 3), run(30, 1), run(20, 2)];
        assert_eq!(medians(&runs), Some(Numbers { millirate: 10_000, p50: 2, p99: 9 }));
        assert_eq!(medians(&[]), None);
    }
}
