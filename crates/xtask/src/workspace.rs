//! What Cargo knows about this workspace.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::process;

/// The answer of `cargo metadata --no-deps`, as far as it is needed.
#[derive(Deserialize)]
pub struct Workspace {
    /// The folder of the top `Cargo.toml`; also the current folder.
    #[serde(rename = "workspace_root")]
    pub root: PathBuf,
    /// Where Cargo builds: `CARGO_TARGET_DIR`, `build.target-dir` or `target`.
    #[serde(rename = "target_directory")]
    pub target: PathBuf,
    /// The members.
    pub packages: Vec<Package>,
}

/// A member of the workspace.
#[derive(Deserialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its `Cargo.toml`.
    pub manifest_path: PathBuf,
    /// What its manifest names, whether switched on or not.
    pub dependencies: Vec<Dependency>,
    /// Its libraries, programs and tests.
    pub targets: Vec<Target>,
}

/// One line of a manifest.
#[derive(Deserialize)]
pub struct Dependency {
    /// The package's own name, not the alias.
    pub name: String,
    /// `None` for a normal one, else `dev` or `build`.
    pub kind: Option<String>,
}

/// A library, program or test.
#[derive(Deserialize)]
pub struct Target {
    /// Its top file.
    pub src_path: PathBuf,
}

impl Workspace {
    /// Asks Cargo, and makes the workspace the current folder.
    pub fn enter() -> Result<Self> {
        let mut metadata = process::cargo();
        metadata.args(["metadata", "--no-deps", "--format-version", "1"]);
        let json = process::read(&mut metadata)?;
        let ws: Self = serde_json::from_str(&json).context("cargo metadata is not understood")?;
        env::set_current_dir(&ws.root).with_context(|| ws.root.display().to_string())?;
        Ok(ws)
    }

    /// A member by name.
    pub fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// A program that was built for this machine.
    pub fn program(&self, name: &str, release: bool) -> PathBuf {
        self.target.join(if release { "release" } else { "debug" }).join(name)
    }
}

impl Package {
    /// The folder of its manifest.
    pub fn folder(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }
}
