//! Progress for the reader, and the counts of the last line.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Result;

/// `[2/5] building the site …`, and how long it took.
pub struct Progress {
    total: u32,
    current: u32,
    start: Instant,
}

impl Progress {
    /// For so many steps.
    pub fn new(total: u32) -> Self {
        Self { total, current: 0, start: Instant::now() }
    }

    /// Announces a step, does it, and says how long it took.
    pub fn step<T>(&mut self, what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.current += 1;
        println!("[{}/{}] {what} …", self.current, self.total);
        let start = Instant::now();
        let done = work()?;
        println!("[{}/{}] {what}: {}", self.current, self.total, seconds(start.elapsed()));
        Ok(done)
    }

    /// Since the first step.
    pub fn elapsed(&self) -> String {
        seconds(self.start.elapsed())
    }
}

/// `12.3 s`.
pub fn seconds(duration: Duration) -> String {
    format!("{}.{} s", duration.as_secs(), duration.subsec_millis() / 100)
}

/// `108.4 kB`.
pub fn kilobytes(bytes: u64) -> String {
    format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100)
}

/// What passed and what failed, over all suites.
#[derive(Default)]
pub struct Report {
    passed: u64,
    failed: u64,
    failures: Vec<String>,
}

impl Report {
    /// One check, lint or build.
    pub fn case(&mut self, name: &str, passed: bool) {
        println!("{} {name}", if passed { "  ok  " } else { " FAIL " });
        self.suite(name, u64::from(passed), u64::from(!passed));
    }

    /// The cases of one suite.
    pub fn suite(&mut self, name: &str, passed: u64, failed: u64) {
        self.passed += passed;
        self.failed += failed;
        if failed > 0 {
            self.failures.push(name.to_owned());
        }
    }

    /// How many failed so far.
    pub fn failed(&self) -> u64 {
        self.failed
    }

    /// Names what failed; the last line has the counts.
    pub fn finish(&self) -> ExitCode {
        println!();
        for failure in &self.failures {
            println!("failed: {failure}");
        }
        println!("{} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!(seconds(Duration::from_millis(12_345)), "12.3 s");
        assert_eq!(kilobytes(108_449), "108.4 kB");
    }
}
