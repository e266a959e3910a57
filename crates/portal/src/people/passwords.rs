//! argon2id behind a narrow gate: each hash takes 19 MiB, so only a few run at one time, and the
//! memory is kept: freed pieces of that size stay with the allocator's arenas, one per thread that
//! ever hashed, and grew the process to hundreds of megabytes.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::Semaphore;

use crate::{Error, random};

/// Hashes at one time.
const AT_ONCE: usize = 2;

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct Passwords {
    argon: Argon2<'static>,
    gate: Arc<Semaphore>,
    /// What is not in use just now; never more than the gate lets in.
    memories: Arc<Mutex<Vec<Memory>>>,
    /// Checked when there is no such user, so that the answer takes as long.
    decoy: Arc<str>,
}

type Memory = Vec<Block>;

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
        let mut memory = Memory::new();
        let decoy = hash_in(&mut memory, &argon, b"nobody's password")?;
        Ok(Self {
            argon,
            gate: Arc::new(Semaphore::new(AT_ONCE)),
            memories: Arc::new(Mutex::new(vec![memory])),
            decoy: decoy.into(),
        })
    }

    /// A new hash with its own salt.
    pub async fn hash(&self, password: &str) -> Result<String, Error> {
        let (argon, password) = (self.argon.clone(), password.to_owned());
        self.run(move |memory| hash_in(memory, &argon, password.as_bytes())).await?
    }

    /// Whether the password is the one of this hash; without a hash it takes as long and says no.
    pub async fn verify(&self, hash: Option<&str>, password: &str) -> Result<bool, Error> {
        let password = password.to_owned();
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.decoy).to_owned();
        self.run(move |memory| Ok(verify_in(memory, &hash, password.as_bytes())? && known)).await?
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let permit = Arc::clone(&self.gate)
            .acquire_owned()
            .await
            .map_err(|_| Error::Machine("the password gate is closed".to_owned()))?;
        let memories = Arc::clone(&self.memories);
        tokio::task::spawn_blocking(move || {
            let kept = || memories.lock().unwrap_or_else(PoisonError::into_inner);
            let mut memory = kept().pop().unwrap_or_default();
            let result = work(&mut memory);
            kept().push(memory);
            drop(permit);
            result
        })
        .await
        .map_err(|error| Error::Machine(format!("a password task failed: {error}")))
    }
}

fn hash_in(memory: &mut Memory, argon: &Argon2<'_>, password: &[u8]) -> Result<String, Error> {
    let salt = Salt::new(&random::bytes::<16>()).map_err(failed)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon.params()).map_err(failed)?,
        salt: Some(salt),
        hash: Some(output_in(memory, argon, password, &salt)?),
    };
    Ok(hash.to_string())
}

fn verify_in(memory: &mut Memory, hash: &str, password: &[u8]) -> Result<bool, Error> {
    let hash = PasswordHash::new(hash).map_err(failed)?;
    let (Some(salt), Some(expected)) = (hash.salt, hash.hash) else {
        return Err(failed("a hash without its salt or its result"));
    };
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(failed)?;
    let version = hash.version.map(Version::try_from).transpose().map_err(failed)?;
    let params = Params::try_from(&hash).map_err(failed)?;
    let argon = Argon2::new(algorithm, version.unwrap_or_default(), params);
    // The comparison takes the same time whatever differs.
    Ok(output_in(memory, &argon, password, &salt)? == expected)
}

fn output_in(
    memory: &mut Memory,
    argon: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
) -> Result<Output, Error> {
    let blocks = argon.params().block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::default());
    }
    let blocks = memory.get_mut(..blocks).unwrap_or_default();
    let length = argon.params().output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let mut output = vec![0; length];
    argon.hash_password_into_with_memory(password, salt, &mut output, blocks).map_err(failed)?;
    Output::new(&output).map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Machine(format!("password hashing: {error}"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use argon2::password_hash::PasswordVerifier as _;

    use super::*;

    #[tokio::test]
    async fn kept_memory_changes_no_hash() {
        let passwords = Passwords::cheap().unwrap();
        for password in ["the first one", "another, longer one", "the first one"] {
            let hash = passwords.hash(password).await.unwrap();
            assert!(passwords.verify(Some(&hash), password).await.unwrap());
            assert!(!passwords.verify(Some(&hash), "the wrong one").await.unwrap());
            assert!(!passwords.verify(None, password).await.unwrap());
            // As the library does it, in memory of its own.
            let parsed = PasswordHash::new(&hash).unwrap();
            assert!(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok());
        }
        // Rows of other parameters are read with theirs, in the same memory.
        let dearer = Passwords::with(Params::new(64, 2, 1, None).unwrap()).unwrap();
        let hash = dearer.hash("the dearer one").await.unwrap();
        assert!(passwords.verify(Some(&hash), "the dearer one").await.unwrap());
        assert_eq!(passwords.memories.lock().unwrap().len(), 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn of_two_hundred_at_once_two_are_hashed_at_a_time() {
        let passwords = Passwords::cheap().unwrap();
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let tasks: Vec<_> = (0..200)
            .map(|_| {
                let (passwords, running, most) = (passwords.clone(), running.clone(), most.clone());
                tokio::spawn(async move {
                    let work = move |_: &mut Memory| {
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
