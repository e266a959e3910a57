//! Which addresses a vendor may be at. A name that leads into this network is refused when it is
//! looked up, because whoever owns the name can change where it leads after it was checked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Host;

/// The hosts inside this network at which vendors may be: those that the configuration names.
#[derive(Debug, Clone, Default)]
pub struct Inside {
    machine: bool,
    hosts: Arc<[InsideHost]>,
}

/// The name or the address of a vendor inside this network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InsideHost(Host);

impl FromStr for InsideHost {
    type Err = url::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A URL has brackets around the newer addresses; people write them without.
        let host = match text.parse() {
            Ok(IpAddr::V6(ip)) => Host::Ipv6(ip),
            _ => Host::parse(text)?,
        };
        Ok(Self(host))
    }
}

impl Inside {
    /// This very machine, where the simulator is.
    #[must_use]
    pub fn machine() -> Self {
        Self { machine: true, ..Self::default() }
    }

    /// These, too.
    #[must_use]
    pub fn and(self, hosts: impl IntoIterator<Item = InsideHost>) -> Self {
        let hosts = self.hosts.iter().cloned().chain(hosts).collect();
        Self { hosts, ..self }
    }

    /// Whether the configuration names it.
    pub(crate) fn names(&self, host: &Host<&str>) -> bool {
        let this_machine = match host {
            Host::Ipv4(ip) => ip.is_loopback(),
            Host::Ipv6(ip) => ip.is_loopback(),
            Host::Domain(name) => is_own_name(name),
        };
        (this_machine && self.machine) || self.hosts.iter().any(|named| named.0 == *host)
    }
}

/// Looks names up and leaves out what is inside this network, unless the name is one of those that
/// the configuration has.
#[derive(Debug, Clone)]
pub struct Outside(pub Inside);

impl Resolve for Outside {
    fn resolve(&self, name: Name) -> Resolving {
        let named = self.0.names(&Host::Domain(name.as_str()));
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let own = is_own_name(&name);
            let outside: Vec<SocketAddr> = found
                .filter(|address| {
                    let ip = address.ip();
                    match (own, named) {
                        (true, named) => named && ip.is_loopback(),
                        (false, true) => !is_nowhere(ip),
                        (false, false) => !ip.is_loopback() && !is_internal(ip),
                    }
                })
                .collect();
            if outside.is_empty() {
                return Err("the name leads into this network".into());
            }
            let addresses: Addrs = Box::new(outside.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether a name means this very machine.
pub(crate) fn is_own_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

/// Whether no vendor can be at this address; loopback is another question.
pub(crate) fn is_internal(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_internal_v4(ip),
        IpAddr::V6(ip) => is_internal_v6(ip),
    }
}

/// Whether nothing that the configuration could mean is at this address: a cloud's own data are at a
/// link-local one.
fn is_nowhere(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            ip.is_link_local() || ip.is_multicast() || ip.is_broadcast() || ip.octets()[0] == 0
        }
        IpAddr::V6(ip) => ip.is_unicast_link_local() || ip.is_multicast() || ip.is_unspecified(),
    }
}

fn is_internal_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    ip.is_private()
        // The machines' own data are at one of these in every cloud.
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        // Addresses that carriers share, of protocols, and for measuring.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19))
}

fn is_internal_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    ip.is_unspecified()
        || ip.is_multicast()
        || ip.is_unique_local()
        || ip.is_unicast_link_local()
        // An old address inside of a new one: mapped, translated or tunnelled.
        || ip.to_ipv4_mapped().is_some()
        || (a == 0x64 && b == 0xff9b)
        || a == 0x2002
        || (a == 0x2001 && (b == 0 || b == 0xdb8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_the_internet_is_internal() {
        for inside in [
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.1.2.3",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "fd00::1",
            "fe80::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
        ] {
            assert!(is_internal(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["185.60.132.1", "100.63.255.1", "2a00:1450::1"] {
            assert!(!is_internal(outside.parse().unwrap()), "{outside}");
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_leads_to_it_alone() {
        let outside = Outside(Inside::machine());
        let found = outside.resolve("localhost".parse().unwrap()).await.unwrap();
        let found: Vec<_> = found.collect();
        assert!(!found.is_empty() && found.iter().all(|address| address.ip().is_loopback()));
        // Looking up an address asks nobody.
        let inside = outside.resolve("10.0.0.1".parse().unwrap()).await;
        assert!(inside.is_err());
        let nowhere = Outside(Inside::default()).resolve("localhost".parse().unwrap()).await;
        assert!(nowhere.is_err());
        let named = Inside::default().and(["10.0.0.1".parse().unwrap()]);
        assert!(named.names(&Host::Ipv4(Ipv4Addr::new(10, 0, 0, 1))));
        assert!(!named.names(&Host::Ipv4(Ipv4Addr::new(10, 0, 0, 2))));
        let by_name = Outside(Inside::default().and(["Billing.Corp".parse().unwrap()]));
        assert!(by_name.0.names(&Host::Domain("billing.corp")));
        for nowhere in
            ["169.254.169.254", "::ffff:169.254.169.254", "0.0.0.0", "fe80::1", "ff02::1"]
        {
            assert!(is_nowhere(nowhere.parse().unwrap()), "{nowhere}");
        }
        assert!(
            !is_nowhere("10.0.0.5".parse().unwrap()) && !is_nowhere("fd00::5".parse().unwrap())
        );
        assert!("not a host".parse::<InsideHost>().is_err());
        assert_eq!("fd00::5".parse::<InsideHost>(), "[fd00::5]".parse());
    }
}
