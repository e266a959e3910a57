//! argon2id behind a narrow gate: each hash costs 19 MiB, so only a few run at one time.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::Error;

/// Hashes at one time.
const AT_ONCE: usize = 2;

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct Passwords {
    argon: Argon2<'static>,
    gate: Arc<Semaphore>,
    /// Checked when there is no such user, so that the answer takes as long.
    decoy: Arc<str>,
}

impl Passwords {
    /// OWASP's minimum: 19 MiB, two passes, one lane.
    pub fn new() -> Result<Self, Error> {
        Self::with(Params::DEFAULT)
    }

    /// The cheapest parameters that there are; for tests.
    pub fn cheap() -> Result<Self, Error> {
        Self::with(Params::new(8, 1, 1, None).map_err(failed)?)
    }

    fn with(params: Params) -> Result<Self, Error> {
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = argon.hash_password(b"nobody's password").map_err(failed)?.to_string();
        Ok(Self { argon, gate: Arc::new(Semaphore::new(AT_ONCE)), decoy: decoy.into() })
    }

    /// A new hash with its own salt.
    pub async fn hash(&self, password: &str) -> Result<String, Error> {
        let (argon, password) = (self.argon.clone(), password.to_owned());
        self.run(move || {
            argon.hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(failed)
        })
        .await?
    }

    /// Whether the password is the one of this hash; without a hash it takes as long and says no.
    pub async fn verify(&self, hash: Option<&str>, password: &str) -> Result<bool, Error> {
        let (argon, password) = (self.argon.clone(), password.to_owned());
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.decoy).to_owned();
        self.run(move || {
            let parsed = PasswordHash::new(&hash).map_err(failed)?;
            Ok(argon.verify_password(password.as_bytes(), &parsed).is_ok() && known)
        })
        .await?
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let permit = Arc::clone(&self.gate)
            .acquire_owned()
            .await
            .map_err(|_| Error::Machine("the password gate is closed".to_owned()))?;
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        })
        .await
        .map_err(|error| Error::Machine(format!("a password task failed: {error}")))
    }
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Machine(format!("password hashing: {error}"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn of_two_hundred_at_once_two_are_hashed_at_a_time() {
        let passwords = Passwords::cheap().unwrap();
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let tasks: Vec<_> = (0..200)
            .map(|_| {
                let (passwords, running, most) = (passwords.clone(), running.clone(), most.clone());
                tokio::spawn(async move {
                    let work = move || {
                        let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(now, Ordering::SeqCst);
                        // Long enough for the others to come in, if they could.
                        for _ in 0..100 {
                            std::thread::yield_now();
                        }
                        running.fetch_sub(1, Ordering::SeqCst);
                    };
                    passwords.run(work).await.unwrap();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert!(most.load(Ordering::SeqCst) <= AT_ONCE);
    }
}
