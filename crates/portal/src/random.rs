//! Randomness, in one place.

use rand::Rng;

/// Bytes from the operating system's generator, for keys, tokens and references.
#[expect(clippy::disallowed_methods, reason = "this is the one place that makes a generator")]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}
