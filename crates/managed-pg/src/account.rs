//! Who runs PostgreSQL: the caller, or, because `initdb` refuses root, the user `postgres`.

use std::{
    fs,
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Stdio},
};

use crate::error::{PgError, Result, at};

/// A user on this machine.
#[derive(Debug)]
pub(crate) struct Account {
    name: String,
    uid: u32,
    gid: u32,
    other: bool,
}

impl Account {
    /// The caller, or somebody with fewer rights if the caller is root.
    pub(crate) fn for_postgres() -> Result<Self> {
        let uid = caller();
        let gid = rustix::process::getegid().as_raw();
        if uid != 0 {
            return Ok(Self { name: "the caller".into(), uid, gid, other: false });
        }
        let passwd = Path::new("/etc/passwd");
        let users = fs::read_to_string(passwd).map_err(at(passwd))?;
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| Self::read(&users, name))
            .ok_or(PgError::NoAccount)
    }

    fn read(passwd: &str, wanted: &str) -> Option<Self> {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next().filter(|name| *name == wanted)?;
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            Some(Self { name: name.to_owned(), uid, gid, other: true })
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn uid(&self) -> u32 {
        self.uid
    }

    /// Whether PostgreSQL runs as somebody else than the caller.
    pub(crate) fn is_other(&self) -> bool {
        self.other
    }

    /// A program run by the account, in `folder`, with nothing of the caller's environment.
    pub(crate) fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .stdin(Stdio::null())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", "C");
        if self.other {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Makes the account the owner.
    pub(crate) fn own(&self, path: &Path) -> Result<()> {
        if self.other { crate::give(path, self.uid, self.gid) } else { Ok(()) }
    }

    /// Tries it out: the account enters the folder and runs a program from there.
    pub(crate) fn reaches(&self, folder: &Path, binaries: &Path) -> bool {
        let mut version = self.command(&binaries.join("postgres"), folder);
        version.arg("--version").output().is_ok_and(|output| output.status.success())
    }
}

/// The user this process acts as.
pub(crate) fn caller() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_passwd() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\npostgres2:x:7:7::/:\npostgres:x:101:104:,,:/var:/bin/sh\n";
        let account = Account::read(passwd, "postgres").expect("is there");
        assert_eq!((account.uid, account.gid), (101, 104));
        assert!(Account::read(passwd, "nobody").is_none());
    }
}
