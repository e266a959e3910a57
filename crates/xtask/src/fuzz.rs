//! `cargo xtask fuzz`: cargo-fuzz on what vendors may answer, on the stable compiler.
//!
//! `crates/fuzz` says what must hold and where to begin. What is learned on the way is kept in
//! `<target>/fuzz`, so the next run goes on from there. libFuzzer itself is C++ and is compiled from
//! its crate, by the `c++` of this machine.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{bundle::files_below, process, report::Report, workspace::Workspace};

/// Made-up answers of vendors, for a limited time, with limits of memory and time for each. Fails
/// with the path of the input if one breaks what must hold.
#[derive(clap::Args)]
pub struct Args {
    /// How long for each target
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Only these targets, with commas
    #[arg(long, value_enum, value_delimiter = ',')]
    target: Vec<Target>,
}

/// A program of `crates/fuzz`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Target {
    /// Answers in XML
    #[value(name = "read_xml")]
    ReadXml,
    /// Answers in JSON
    #[value(name = "read_json")]
    ReadJson,
}

impl Target {
    const ALL: [Self; 2] = [Self::ReadXml, Self::ReadJson];

    const fn name(self) -> &'static str {
        match self {
            Self::ReadXml => "read_xml",
            Self::ReadJson => "read_json",
        }
    }
}

const CARGO_FUZZ: &str = "0.13.2";
/// Below the workspace's folder.
const CRATE: &str = "crates/fuzz";
/// Bytes of an input; longer ones find nothing more, slower.
const LENGTH: u32 = 16_384;
/// Of the whole program, in MB.
const MEMORY: u32 = 512;
/// Of one input, in seconds.
const PATIENCE: u32 = 5;

pub fn fuzz(ws: &Workspace, args: &Args) -> Result<ExitCode> {
    ensure!(args.seconds > 0, "--seconds are more than nothing");
    let cargo_fuzz = ensure_cargo_fuzz(ws)?;
    let host = host()?;
    let folder = ws.target.join("fuzz");
    let mut report = Report::default();
    for target in Target::ALL {
        if !args.target.is_empty() && !args.target.contains(&target) {
            continue;
        }
        let name = target.name();
        // Sanitizers need the nightly compiler, and there is no unsafe code of ours to watch.
        let mut build = process::clean(&cargo_fuzz);
        build.args(["fuzz", "build", "--sanitizer", "none", "--target", &host]);
        build.args(["--fuzz-dir", CRATE, "--target-dir"]).arg(&folder).arg(name);
        process::run_ok(&mut build)?;
        let program = folder.join(&host).join("release").join(name);
        let found = run(ws, &folder, &program, name, args.seconds)?;
        for input in &found {
            println!("       {}", input.display());
        }
        report.case(&format!("{name} for {} s", args.seconds), found.is_empty());
    }
    Ok(report.finish())
}

/// The inputs that were found.
fn run(
    ws: &Workspace,
    folder: &Path,
    program: &Path,
    name: &str,
    seconds: u64,
) -> Result<Vec<PathBuf>> {
    let learned = made(folder.join("corpus").join(name))?;
    let findings = made(folder.join("findings").join(name))?;
    let before: BTreeSet<_> = files_below(&findings)?.into_iter().collect();
    let mut fuzzing = process::clean(program);
    // What is learned goes into the first folder.
    fuzzing.arg(&learned).arg(ws.root.join(CRATE).join("corpus").join(name));
    fuzzing.arg(format!("-dict={}", ws.root.join(CRATE).join(format!("{name}.dict")).display()));
    fuzzing.arg(format!("-artifact_prefix={}/", findings.display()));
    fuzzing.args([format!("-max_total_time={seconds}"), format!("-max_len={LENGTH}")]);
    fuzzing.args([format!("-rss_limit_mb={MEMORY}"), format!("-timeout={PATIENCE}")]);
    fuzzing.arg("-print_final_stats=1");
    let good = process::run(&mut fuzzing)?;
    let mut found = files_below(&findings)?;
    found.retain(|input| !before.contains(input));
    if !good && found.is_empty() {
        // It was found before, and is written under the same name.
        found.extend(before);
        ensure!(!found.is_empty(), "{name} failed without an input: see above");
    }
    Ok(found)
}

/// cargo-fuzz in the version that is known to work here, in a folder of its own.
fn ensure_cargo_fuzz(ws: &Workspace) -> Result<PathBuf> {
    let root = ws.target.join("tools").join(format!("cargo-fuzz-{CARGO_FUZZ}"));
    let program = root.join("bin/cargo-fuzz");
    if program.is_file() {
        return Ok(program);
    }
    println!("installing cargo-fuzz {CARGO_FUZZ}");
    let mut install = process::cargo();
    install.args(["install", "cargo-fuzz", "--locked", "--version", CARGO_FUZZ, "--root"]);
    process::run_ok(install.arg(&root))?;
    if program.is_file() { Ok(program) } else { bail!("cargo-fuzz is not in {}", root.display()) }
}

/// The triple of this machine: the build is told it, so that its folder is known.
fn host() -> Result<String> {
    let version = process::read(process::clean("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc -vV names no host")
}

fn made(folder: PathBuf) -> Result<PathBuf> {
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_a_program_and_something_to_begin_with() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
        for target in Target::ALL {
            let name = target.name();
            assert!(folder.join("targets").join(format!("{name}.rs")).is_file(), "{name}");
            assert!(folder.join(format!("{name}.dict")).is_file(), "{name}");
            assert!(!files_below(&folder.join("corpus").join(name)).unwrap().is_empty(), "{name}");
        }
    }
}
