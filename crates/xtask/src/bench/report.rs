//! The numbers for people and for programs, and the goals.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::{Case, load::Numbers, stage::Stage};
use crate::{bundle::files_below, report::kilobytes};

/// One case at one number of connections.
pub struct Measured {
    pub case: Case,
    pub connections: u32,
    pub portal: Numbers,
    pub ceiling: Numbers,
    /// The page's bytes without a database.
    pub bytes: Option<Numbers>,
}

/// A list before and after it grew.
pub struct Growth {
    pub path: &'static str,
    pub rows: u32,
    pub few: Numbers,
    pub many: Numbers,
}

/// A file that browsers get.
struct File {
    name: String,
    bytes: u64,
    brotli: u64,
}

/// Everything that was measured.
pub struct Results {
    pub cases: Vec<Measured>,
    pub growth: Vec<Growth>,
    pub peak_memory_kb: u64,
    pages: Vec<(&'static str, u64)>,
    files: Vec<File>,
}

/// A wish of performance.md and whether it came true.
struct Goal {
    text: String,
    seen: String,
    met: bool,
}

/// What the server may take, in kB.
const MEMORY: u64 = 100_000;
/// What a sign-in may take beyond its hash, in microseconds.
const SIGN_IN_BEYOND: u64 = 5_000;

impl Results {
    /// Nothing yet but what does not depend on load.
    pub fn new(stage: &Stage, site: &Path) -> Result<Self> {
        let mut files = Vec::new();
        for path in files_below(&site.join("pkg"))? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let kind = path.extension().unwrap_or_default().to_string_lossy().into_owned();
            if !["wasm", "js", "css"].contains(&kind.as_str()) {
                continue;
            }
            let size = |path: &Path| -> Result<u64> {
                Ok(fs::metadata(path).with_context(|| path.display().to_string())?.len())
            };
            let brotli = size(&path.with_extension(format!("{kind}.br")))?;
            files.push(File { name, bytes: size(&path)?, brotli });
        }
        Ok(Self {
            cases: Vec::new(),
            growth: Vec::new(),
            peak_memory_kb: 0,
            pages: stage.pages.clone(),
            files,
        })
    }

    pub fn json(&self) -> Value {
        let cases = self.cases.iter().map(|m| {
            json!({
                "case": m.case.name(),
                "connections": m.connections,
                "portal": m.portal,
                "ceiling": m.ceiling,
                "bytes": m.bytes,
                "rate_per_mille_of_ceiling": per_mille(m.portal.millirate, m.ceiling.millirate),
                "p50_per_mille_of_ceiling": per_mille(m.portal.p50, m.ceiling.p50),
                "p99_per_mille_of_ceiling": per_mille(m.portal.p99, m.ceiling.p99),
            })
        });
        let growth = self.growth.iter().map(|g| {
            json!({
                "path": g.path,
                "rows": g.rows,
                "at_100": g.few,
                "at_rows": g.many,
                "p50_per_mille": per_mille(g.many.p50, g.few.p50),
            })
        });
        let goals = self
            .goals()
            .into_iter()
            .map(|goal| json!({ "goal": goal.text, "seen": goal.seen, "met": goal.met }));
        let files = self
            .files
            .iter()
            .map(|file| json!({ "name": file.name, "bytes": file.bytes, "brotli": file.brotli }));
        let pages = self.pages.iter().map(|(name, bytes)| json!({ "page": name, "bytes": bytes }));
        json!({
            "units": "millirate: requests per 1,000 s; p50, p99: microseconds",
            "cases": cases.collect::<Vec<_>>(),
            "growth": growth.collect::<Vec<_>>(),
            "peak_memory_kb": self.peak_memory_kb,
            "pages": pages.collect::<Vec<_>>(),
            "files": files.collect::<Vec<_>>(),
            "goals": goals.collect::<Vec<_>>(),
        })
    }

    pub fn print(&self) {
        println!(
            "\n{:<11}{:>5}  {:>23}  {:>23}  {:>8}  {:>15}",
            "", "", "portal", "ceiling", "share of", "times ceiling's"
        );
        let half = format!("{:>7}{:>8}{:>8}", "req/s", "p50 ms", "p99 ms");
        println!(
            "{:<11}{:>5}  {half}  {half}  {:>8}  {:>7} {:>7}  {:>8}",
            "case", "conn", "ceiling", "p50", "p99", "of bytes"
        );
        for m in &self.cases {
            let of_bytes = m.bytes.map(|bytes| ratio(m.portal.millirate, bytes.millirate));
            println!(
                "{:<11}{:>5}  {}  {}  {:>8}  {:>7} {:>7}  {:>8}",
                m.case.name(),
                m.connections,
                columns(m.portal),
                columns(m.ceiling),
                ratio(m.portal.millirate, m.ceiling.millirate),
                ratio(m.portal.p50, m.ceiling.p50),
                ratio(m.portal.p99, m.ceiling.p99),
                of_bytes.unwrap_or_default(),
            );
        }
        for g in &self.growth {
            println!(
                "{}: p50 {} ms with 100 rows, {} ms with {}: {} times",
                g.path,
                millis(g.few.p50),
                millis(g.many.p50),
                g.rows,
                ratio(g.many.p50, g.few.p50)
            );
        }
        println!("\npeak memory of the server: {} MB", mega(self.peak_memory_kb));
        for (name, bytes) in &self.pages {
            println!("{:>10} page {name}", kilobytes(*bytes));
        }
        for file in &self.files {
            let (bytes, brotli) = (kilobytes(file.bytes), kilobytes(file.brotli));
            println!("{bytes:>10} {brotli:>10} as brotli {}", file.name);
        }
        println!();
        for goal in self.goals() {
            println!(
                "{:<8} {} ({})",
                if goal.met { "met" } else { "NOT MET" },
                goal.text,
                goal.seen
            );
        }
    }

    fn goals(&self) -> Vec<Goal> {
        let mut goals = Vec::new();
        for m in &self.cases {
            let at = format!("at {} connections", m.connections);
            match m.case {
                Case::Catalog => {
                    goals.push(Goal {
                        text: format!("catalogue {at}: requests/s ≥ 0.5 of the ceiling's"),
                        seen: ratio(m.portal.millirate, m.ceiling.millirate),
                        met: m.portal.millirate.saturating_mul(2) >= m.ceiling.millirate,
                    });
                    goals.push(Goal {
                        text: format!("catalogue {at}: p99 ≤ 5 × the ceiling's"),
                        seen: ratio(m.portal.p99, m.ceiling.p99),
                        met: m.portal.p99 <= m.ceiling.p99.saturating_mul(5),
                    });
                }
                Case::PriceList => goals.push(Goal {
                    text: format!("price list {at}: requests/s ≥ 0.7 of a file's"),
                    seen: ratio(m.portal.millirate, m.ceiling.millirate),
                    met: m.portal.millirate.saturating_mul(10)
                        >= m.ceiling.millirate.saturating_mul(7),
                }),
                Case::Order => {
                    goals.push(Goal {
                        text: format!("order {at}: p50 ≤ 2 × the bare debit"),
                        seen: ratio(m.portal.p50, m.ceiling.p50),
                        met: m.portal.p50 <= m.ceiling.p50.saturating_mul(2),
                    });
                    // One connection waits for the disk most of the time.
                    if m.connections == 8 {
                        goals.push(Goal {
                            text: format!("orders {at}: ≥ 0.4 of the debits/s"),
                            seen: ratio(m.portal.millirate, m.ceiling.millirate),
                            met: m.portal.millirate.saturating_mul(5)
                                >= m.ceiling.millirate.saturating_mul(2),
                        });
                    }
                }
                // With more of them the queue for the two hashes multiplies both sides.
                Case::SignIn if m.connections == 1 => goals.push(Goal {
                    text: "sign-in: p50 ≤ argon2 alone + 5 ms".to_owned(),
                    seen: format!("+ {} ms", millis(m.portal.p50.saturating_sub(m.ceiling.p50))),
                    met: m.portal.p50 <= m.ceiling.p50.saturating_add(SIGN_IN_BEYOND),
                }),
                _ => {}
            }
        }
        for g in &self.growth {
            goals.push(Goal {
                text: format!("{} with {} rows: p50 < 2 × that with 100", g.path, g.rows),
                seen: ratio(g.many.p50, g.few.p50),
                met: g.many.p50 < g.few.p50.saturating_mul(2),
            });
        }
        goals.push(Goal {
            text: "memory of the server under this load < 100 MB".to_owned(),
            seen: format!("{} MB", mega(self.peak_memory_kb)),
            met: self.peak_memory_kb < MEMORY,
        });
        goals
    }
}

fn columns(numbers: Numbers) -> String {
    let rate = numbers.millirate / 1000;
    format!("{rate:>7}{:>8}{:>8}", millis(numbers.p50), millis(numbers.p99))
}

/// `1.25` of microseconds.
fn millis(micros: u64) -> String {
    format!("{}.{:02}", micros / 1000, micros % 1000 / 10)
}

/// `61.4` of kilobytes.
fn mega(kilobytes: u64) -> String {
    format!("{}.{}", kilobytes / 1000, kilobytes % 1000 / 100)
}

fn per_mille(part: u64, whole: u64) -> u64 {
    part.saturating_mul(1000) / whole.max(1)
}

/// `0.61`.
fn ratio(part: u64, whole: u64) -> String {
    let per_mille = per_mille(part, whole);
    format!("{}.{:02}", per_mille / 1000, per_mille % 1000 / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_cut_not_rounded() {
        assert_eq!(ratio(619, 1000), "0.61");
        assert_eq!(ratio(5, 0), "5.00");
        assert_eq!(millis(1259), "1.25");
        assert_eq!(mega(61_499), "61.4");
    }
}
