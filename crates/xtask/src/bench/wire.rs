//! The case `list-read`: a vendor's list of 10,000 licenses becomes a document, next to quick-xml
//! merely telling the tokens of the same bytes apart. It needs neither portal nor database.

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{process, report::kilobytes, workspace::Workspace};

const EXAMPLE: &str = "list_read";
/// Times of telling tokens apart that reading may take.
const TIMES: u64 = 4;
/// Bodies that reading may take in memory.
const BODIES: u64 = 10;

/// What `crates/billmgr/examples/list_read.rs` prints: medians of rounds in turns.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct ListRead {
    licenses: u64,
    body_bytes: u64,
    rounds: u64,
    read_micros: u64,
    tokenise_micros: u64,
    peak_bytes: u64,
    kept_bytes: u64,
}

/// Builds the program that measures, and runs it.
pub fn measure(ws: &Workspace) -> Result<ListRead> {
    println!("list-read …");
    let mut build = process::cargo();
    build.args(["build", "--release", "--package", "billmgr", "--example", EXAMPLE]);
    process::run_ok(&mut build)?;
    let program = ws.target.join("release/examples").join(EXAMPLE);
    let said = process::read(&mut process::clean(&program))
        .with_context(|| format!("{} does not measure", program.display()))?;
    parse(&said).with_context(|| format!("{} says no measurement: {said}", program.display()))
}

fn parse(said: &str) -> Result<ListRead> {
    let seen: ListRead = serde_json::from_str(said)?;
    let all = [seen.licenses, seen.body_bytes, seen.rounds, seen.read_micros];
    let all = all.iter().chain([&seen.tokenise_micros, &seen.peak_bytes, &seen.kept_bytes]);
    ensure!(all.into_iter().all(|number| *number > 0), "a number is 0");
    Ok(seen)
}

impl ListRead {
    pub fn json(&self) -> Value {
        let goals: Vec<_> = self
            .goals()
            .into_iter()
            .map(|(text, seen, met)| json!({ "goal": text, "seen": seen, "met": met }))
            .collect();
        json!({ "measured": self, "goals": goals })
    }

    pub fn print(&self) {
        println!(
            "\nlist-read: {} licenses, {}: read in {} ms, tokens told apart in {} ms; {} at most, {} kept",
            self.licenses,
            kilobytes(self.body_bytes),
            millis(self.read_micros),
            millis(self.tokenise_micros),
            kilobytes(self.peak_bytes),
            kilobytes(self.kept_bytes),
        );
        for (text, seen, met) in self.goals() {
            println!("{:<8} {text} ({seen})", if met { "met" } else { "NOT MET" });
        }
    }

    /// Text, what was seen, and whether it is met.
    fn goals(&self) -> [(String, String, bool); 2] {
        [
            (
                format!("list-read: time < {TIMES} × quick-xml's tokens"),
                times(self.read_micros, self.tokenise_micros),
                self.read_micros < self.tokenise_micros.saturating_mul(TIMES),
            ),
            (
                format!("list-read: memory < {BODIES} × the answer"),
                times(self.peak_bytes, self.body_bytes),
                self.peak_bytes < self.body_bytes.saturating_mul(BODIES),
            ),
        ]
    }
}

/// `2.41`, cut.
fn times(part: u64, whole: u64) -> String {
    let percent = part.saturating_mul(100) / whole.max(1);
    format!("{}.{:02}", percent / 100, percent % 100)
}

/// `41.3` of microseconds.
fn millis(micros: u64) -> String {
    format!("{}.{}", micros / 1000, micros % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = r#"{"licenses":10000,"body_bytes":5000000,"rounds":15,"read_micros":60000,
        "tokenise_micros":30000,"peak_bytes":50000000,"kept_bytes":20000000}"#;

    #[test]
    fn what_was_measured_is_compared_with_the_goals() {
        let goals = parse(SAID).unwrap().goals().map(|(_, seen, met)| (seen, met));
        assert_eq!(goals, [("2.00".to_owned(), true), ("10.00".to_owned(), false)]);
    }

    #[test]
    fn no_measurement_is_an_error() {
        assert!(parse("").is_err());
        assert!(parse("{}").is_err());
        assert!(parse(&SAID.replace("60000", "0")).is_err());
    }
}
