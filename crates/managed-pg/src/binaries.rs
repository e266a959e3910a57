//! Where PostgreSQL's programs are.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::error::{PgError, Result, at};

/// Finds the folder with `initdb` and `postgres`: the named one, `PG_BIN`, one of PATH, or the
/// highest version below `/usr/lib/postgresql`.
pub fn find_binaries(explicit: Option<&Path>) -> Result<PathBuf> {
    let named = explicit.map(Path::to_path_buf);
    let named = named.or_else(|| env::var_os("PG_BIN").map(PathBuf::from));
    if let Some(named) = named.filter(|path| !path.as_os_str().is_empty()) {
        return if is_complete(&named) { Ok(named) } else { Err(PgError::NotBinaries(named)) };
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).find(|folder| is_complete(folder));
    on_path.or_else(|| installed().pop().map(|(_, folder)| folder)).ok_or(PgError::NoBinaries)
}

/// The programs that fit an existing cluster: those at hand, or the version that made it.
pub(crate) fn for_cluster(at_hand: &Path, cluster: &Path) -> Result<PathBuf> {
    let version_file = cluster.join("PG_VERSION");
    let made_by = fs::read_to_string(&version_file).map_err(at(&version_file))?;
    let made_by = made_by.trim().to_owned();
    let found = major_version(at_hand)?;
    if found == made_by {
        return Ok(at_hand.to_path_buf());
    }
    let fitting = installed().into_iter().find(|(version, _)| version.to_string() == made_by);
    match fitting {
        Some((_, folder)) => Ok(folder),
        None => Err(PgError::Version { path: cluster.to_path_buf(), made_by, found }),
    }
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|program| folder.join(program).is_file())
}

/// Debian's places and Red Hat's, lowest version first.
fn installed() -> Vec<(u32, PathBuf)> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = debian.filter_map(|entry| {
        let version = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    let red_hat = fs::read_dir("/usr").into_iter().flatten().flatten();
    let red_hat = red_hat.filter_map(|entry| {
        let version = entry.file_name().to_str()?.strip_prefix("pgsql-")?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    let mut all: Vec<_> = debian.chain(red_hat).filter(|(_, bin)| is_complete(bin)).collect();
    all.sort();
    all
}

/// `15` of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn major_version(folder: &Path) -> Result<String> {
    let program = folder.join("postgres");
    let output = Command::new(&program).arg("--version").output().map_err(at(&program))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(parse_major(&text).unwrap_or("of unknown version").to_owned())
}

fn parse_major(version_line: &str) -> Option<&str> {
    let (_, number) = version_line.split_once(") ")?;
    let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number.get(..digits).filter(|major| !major.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn major_versions() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n";
        assert_eq!(parse_major(debian), Some("15"));
        assert_eq!(parse_major("postgres (PostgreSQL) 19beta1\n"), Some("19"));
        assert_eq!(parse_major("something else"), None);
    }

    #[test]
    fn a_wrong_folder_is_named() {
        let error = find_binaries(Some(Path::new("/nowhere"))).expect_err("there is nothing");
        assert_eq!(error.to_string(), "/nowhere has no `initdb` and `postgres`: correct PG_BIN");
    }
}
