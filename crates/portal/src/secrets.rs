//! Secrets at rest: XChaCha20-Poly1305 under a master key from the environment or a file.
//!
//! A sealed secret is one byte of key id (for rotation), the nonce and the ciphertext; the id of
//! the row is associated data, so that a secret copied into another row does not open.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::SecretString;
use uuid::Uuid;

use crate::{Error, random};

const KEY_ID: u8 = 1;
const NONCE: usize = 24;

/// The key that seals the vendors' passwords.
#[derive(Clone)]
pub struct MasterKey(XChaCha20Poly1305);

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey")
    }
}

impl MasterKey {
    /// From 32 secret bytes.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(bytes.into()))
    }

    /// Seals `secret` for the row `row`.
    pub fn seal(&self, row: Uuid, secret: &str) -> Result<Vec<u8>, Error> {
        let nonce: [u8; NONCE] = random::bytes();
        let payload = Payload { msg: secret.as_bytes(), aad: row.as_bytes() };
        let sealed = self
            .0
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Error::Machine("the secret cannot be sealed".to_owned()))?;
        Ok([&[KEY_ID], nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`Self::seal`] made for the same row.
    pub fn open(&self, row: Uuid, sealed: &[u8]) -> Result<SecretString, Error> {
        let failed = || Error::Machine("a stored secret does not open with this key".to_owned());
        let (id, rest) = sealed.split_first().ok_or_else(failed)?;
        let (nonce, text) = rest.split_at_checked(NONCE).ok_or_else(failed)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| failed())?;
        if *id != KEY_ID {
            return Err(failed());
        }
        let payload = Payload { msg: text, aad: row.as_bytes() };
        let bytes = self.0.decrypt(&XNonce::from(nonce), payload).map_err(|_| failed())?;
        String::from_utf8(bytes).map(SecretString::from).map_err(|_| failed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn a_secret_opens_with_its_key_in_its_row_only() {
        let (key, row) = (MasterKey::new(&[7; 32]), Uuid::from_u128(1));
        let sealed = key.seal(row, "SimPass2026").unwrap();
        assert!(!sealed.windows(11).any(|window| window == b"SimPass2026"));
        assert_eq!(key.open(row, &sealed).unwrap().expose_secret(), "SimPass2026");
        assert!(key.open(Uuid::from_u128(2), &sealed).is_err());
        assert!(MasterKey::new(&[8; 32]).open(row, &sealed).is_err());
        for index in 0..sealed.len() {
            let mut forged = sealed.clone();
            forged[index] ^= 1;
            assert!(key.open(row, &forged).is_err(), "byte {index}");
        }
        assert!(key.open(row, &[]).is_err());
    }
}
