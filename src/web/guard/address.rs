//! From where somebody asks: who is connected, or whom a proxy names that is trusted.

use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::domain::trusted_proxies::TrustedProxies;

/// Whose requests are counted together: an IPv4 address, or the 64 bits of an IPv6 address that a line is given, for
/// whoever has one of its addresses has them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) struct Client(IpAddr);

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(v6) if !v6.is_loopback() => {
                let network = v6.to_bits() >> 64 << 64;
                IpAddr::V6(Ipv6Addr::from_bits(network))
            }
            other => other,
        })
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V6(v6) if !v6.is_loopback() => write!(f, "{v6}/64"),
            address => address.fmt(f),
        }
    }
}

/// The address of who sent a request, as a handler asks for it. The listener tells who is connected and which
/// proxies are trusted.
#[derive(Debug, Clone, Copy)]
pub(in crate::web) struct ClientAddress(pub IpAddr);

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

impl ClientAddress {
    /// The address behind the head of a request; the unspecified one where no listener took it.
    pub(in crate::web) fn of(parts: &Parts) -> Self {
        let this_machine = TrustedProxies::default();
        let trusted = parts.extensions.get::<Arc<TrustedProxies>>();
        let trusted = trusted.map_or(&this_machine, Arc::as_ref);
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let nobody = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
        Self(peer.map_or(nobody, |peer| address_of(&parts.headers, peer.0, trusted)))
    }
}

/// The address of who asks. Only a trusted proxy is believed, and its last value only: that is what it saw itself,
/// the ones before may be made up. What is no address names nobody.
pub(in crate::web) fn address_of(
    headers: &HeaderMap,
    peer: SocketAddr,
    trusted: &TrustedProxies,
) -> IpAddr {
    let peer = peer.ip().to_canonical();
    let forwarded = headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()
        .and_then(|list| list.to_str().ok())
        .and_then(|list| list.rsplit(',').next())
        .and_then(|last| parsed(last.trim()));
    match forwarded {
        Some(forwarded) if trusted.contain(peer) => forwarded,
        _ => peer,
    }
}

/// An address, as proxies write it: bare, in brackets, with a port.
fn parsed(value: &str) -> Option<IpAddr> {
    let bare = value
        .strip_prefix('[')
        .and_then(|value| value.strip_suffix(']'))
        .unwrap_or(value);
    let with_port = || value.parse::<SocketAddr>().map(|address| address.ip());
    let address = bare.parse::<IpAddr>().or_else(|_| with_port());
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn asked(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_str(value).unwrap());
        }
        address_of(&headers, peer.parse().unwrap(), &TrustedProxies::default()).to_string()
    }

    #[test]
    fn a_proxy_elsewhere_is_believed_where_it_is_trusted() {
        #[derive(serde::Deserialize)]
        struct File {
            trusted_proxies: TrustedProxies,
        }
        let file: File = toml::from_str("trusted_proxies = [\"172.18.0.0/16\"]").unwrap();
        let told = |peer: &str| {
            let mut headers = HeaderMap::new();
            headers.append("x-forwarded-for", HeaderValue::from_static("203.0.113.9"));
            address_of(&headers, peer.parse().unwrap(), &file.trusted_proxies).to_string()
        };
        assert_eq!(told("172.18.0.2:50000"), "203.0.113.9");
        assert_eq!(told("[::ffff:172.18.0.2]:50000"), "203.0.113.9");
        assert_eq!(told("127.0.0.1:50000"), "203.0.113.9");
        assert_eq!(told("172.19.0.2:50000"), "172.19.0.2");
    }

    #[test]
    fn the_proxy_on_this_machine_is_believed_where_it_names_an_address() {
        for (forwarded, address) in [
            ("203.0.113.9", "203.0.113.9"),
            ("203.0.113.9:4711", "203.0.113.9"),
            ("10.0.0.1, 203.0.113.9", "203.0.113.9"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            // What names no address is whoever is connected.
            ("settings", "127.0.0.1"),
            ("unknown", "127.0.0.1"),
            ("203.0.113.9, settings", "127.0.0.1"),
            ("203.0.113", "127.0.0.1"),
            ("[203.0.113.9", "127.0.0.1"),
            ("", "127.0.0.1"),
            (",", "127.0.0.1"),
        ] {
            assert_eq!(
                asked("127.0.0.1:50000", &[forwarded]),
                address,
                "{forwarded}"
            );
        }
        let lines = ["203.0.113.9", "203.0.113.10"];
        assert_eq!(asked("[::1]:50000", &lines), "203.0.113.10");
        assert_eq!(asked("[::ffff:127.0.0.1]:50000", &lines), "203.0.113.10");
        assert_eq!(asked("10.0.0.1:50000", &lines), "10.0.0.1");
        assert_eq!(asked("127.0.0.1:50000", &[]), "127.0.0.1");
    }

    #[test]
    fn a_line_is_one_client_whichever_of_its_addresses_it_takes() {
        let client = |address: &str| Client::from(address.parse::<IpAddr>().unwrap());
        assert_eq!(client("2001:db8:1:2::1"), client("2001:db8:1:2:ffff::9"));
        assert_ne!(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
        assert_ne!(client("10.0.0.1"), client("10.0.0.2"));
        assert_eq!(client("::ffff:10.0.0.1"), client("10.0.0.1"));
        let told =
            ["2001:db8:1:2::1", "10.0.0.1", "::1"].map(|address| client(address).to_string());
        assert_eq!(told, ["2001:db8:1:2::/64", "10.0.0.1", "::1"]);
    }

    proptest! {
        #[test]
        fn whatever_is_forwarded_is_an_address_or_the_peer(value in "[ -~]{0,60}") {
            let told = asked("127.0.0.1:1", &[&value]);
            let last = value.rsplit(',').next().unwrap_or_default().trim();
            prop_assert!(told == "127.0.0.1" || parsed(last).is_some_and(|address| address.to_string() == told));
        }
    }
}
