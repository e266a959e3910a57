//! What a customer types: IP addresses, e-mail addresses and license names, checked once here.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};

/// Why an input was refused; pages turn it into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum AddressError {
    /// The field is required and empty.
    #[error("missing")]
    Missing,
    /// It is not an address of this kind.
    #[error("malformed")]
    Malformed,
    /// It is an address, but of a network that no server on the internet has.
    #[error("not a public address")]
    NotPublic,
    /// It is longer than the vendor or the mail standard allows.
    #[error("too long")]
    TooLong,
}

/// The public IPv4 address that a license is bound to.
///
/// The vendors' samples know IPv4 only (seeds 001, 002); private, loopback, link-local, multicast
/// and other special ranges can never be the address of a licensed server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LicenseIp(Ipv4Addr);

impl LicenseIp {
    /// Reads what a person typed; spaces around are ignored.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Missing);
        }
        let ip: Ipv4Addr = text.parse().map_err(|_| AddressError::Malformed)?;
        if is_public(ip) { Ok(Self(ip)) } else { Err(AddressError::NotPublic) }
    }

    /// The address itself.
    #[must_use]
    pub const fn get(self) -> IpAddr {
        IpAddr::V4(self.0)
    }
}

/// Documentation networks (192.0.2.0/24 and so on) count as public, so that the demo and the
/// tests have addresses that belong to nobody.
fn is_public(ip: Ipv4Addr) -> bool {
    let [first, second, ..] = ip.octets();
    let shared = first == 100 && (64..128).contains(&second);
    let benchmarking = first == 198 && (second == 18 || second == 19);
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || shared
        || benchmarking
        || first == 0
        || first >= 240)
}

impl fmt::Display for LicenseIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for LicenseIp {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::parse(&text)
    }
}

impl From<LicenseIp> for String {
    fn from(ip: LicenseIp) -> Self {
        ip.to_string()
    }
}

/// An e-mail address, as typed; [`Email::key`] is what accounts are compared by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// A practical check: one `@`, a dotted domain, no spaces or control characters, 254 bytes.
    /// Whether it exists only a mail can tell.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Missing);
        }
        if text.len() > 254 {
            return Err(AddressError::TooLong);
        }
        let (local, host) = text.rsplit_once('@').ok_or(AddressError::Malformed)?;
        let local_ok = !local.is_empty()
            && local.len() <= 64
            && local
                .chars()
                .all(|c| !c.is_whitespace() && !c.is_control() && !"\"<>,;:()[]\\@".contains(c));
        let host_ok = host.contains('.')
            && host.split('.').all(|label| {
                !label.is_empty()
                    && label.len() <= 63
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            });
        if local_ok && host_ok { Ok(Self(text.to_owned())) } else { Err(AddressError::Malformed) }
    }

    /// As typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Lower case: two spellings of one mailbox are one account.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Email {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

/// Checks a license's name: at most 100 characters without control characters. The vendor allows
/// 255 (protocol section 3.4); the rest is left for our reference.
pub fn license_name(text: &str) -> Result<Option<String>, AddressError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > 100 {
        return Err(AddressError::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(AddressError::Malformed);
    }
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_public_addresses_carry_a_license() {
        assert!(LicenseIp::parse(" 203.0.113.7 ").is_ok());
        assert_eq!(LicenseIp::parse(""), Err(AddressError::Missing));
        for bad in ["1.2.3", "1.2.3.4.5", "256.1.1.1", "example.org", "0x7f.1", "::1", "1.2.3.04"] {
            assert_eq!(LicenseIp::parse(bad), Err(AddressError::Malformed), "{bad}");
        }
        for bad in [
            "10.0.0.1",
            "127.0.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
        ] {
            assert_eq!(LicenseIp::parse(bad), Err(AddressError::NotPublic), "{bad}");
        }
    }

    #[test]
    fn mail_addresses() {
        assert_eq!(Email::parse(" Ada@Example.ORG ").unwrap().key(), "ada@example.org");
        assert!(Email::parse("почта@пример.рф").is_ok());
        for bad in ["a", "a@b", "a b@c.de", "a@c..de", "a@-c.de", "a\n@c.de", "<a@c.de>", "@c.de"] {
            assert_eq!(Email::parse(bad), Err(AddressError::Malformed), "{bad}");
        }
    }

    #[test]
    fn names() {
        assert_eq!(license_name("  "), Ok(None));
        assert_eq!(license_name(" web 1 "), Ok(Some("web 1".to_owned())));
        assert_eq!(license_name("a\nb"), Err(AddressError::Malformed));
        assert_eq!(license_name(&"x".repeat(101)), Err(AddressError::TooLong));
    }

    proptest! {
        #[test]
        fn nothing_panics(text in ".*") {
            let _ = (LicenseIp::parse(&text), Email::parse(&text), license_name(&text));
        }
    }
}
