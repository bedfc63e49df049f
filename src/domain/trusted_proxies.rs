//! The proxies whose word is taken for who asks: the addresses and networks of `trusted_proxies` in `nightdesk.toml`.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer};

/// Addresses and networks (CIDR, RFC 4632 and RFC 4291) of proxies. This machine is always one of them: whoever
/// runs a program here could reach everything without one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Whether a peer is such a proxy. IPv4 written as IPv6 is IPv4.
    pub fn contain(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        peer.is_loopback() || self.0.iter().any(|network| network.contains(&peer))
    }
}

/// An address, or a network such as `172.16.0.0/12`.
fn network(word: &str) -> Result<IpNet, String> {
    let address = || word.parse::<IpAddr>().map(|address| address.to_canonical());
    let network = word
        .parse::<IpNet>()
        .or_else(|_| address().map(IpNet::from));
    let Ok(network) = network else {
        return Err(format!(
            "expected an address or a network, such as `10.0.0.7` or `172.16.0.0/12`, given `{word}`"
        ));
    };
    // Then anybody could name any address as theirs, and no failed sign-in would be counted.
    if network.prefix_len() == 0 {
        return Err(format!(
            "expected the addresses of your proxies, given `{word}`, which is everybody"
        ));
    }
    // A network with bits behind its prefix is more often a typing mistake in the prefix than in the bits.
    if network.addr() != network.network() {
        return Err(format!(
            "expected a network, given `{word}`: did you mean `{}`, or `{}` alone?",
            network.trunc(),
            network.addr()
        ));
    }
    Ok(network)
}

impl<'de> Deserialize<'de> for TrustedProxies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Vec::<String>::deserialize(deserializer)?;
        let networks: Result<Vec<IpNet>, String> =
            words.iter().map(|word| network(word.trim())).collect();
        networks.map(Self).map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this machine")?;
        self.0.iter().try_for_each(|network| {
            if network.prefix_len() == network.max_prefix_len() {
                write!(f, ", {}", network.addr())
            } else {
                write!(f, ", {network}")
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &str) -> Result<TrustedProxies, String> {
        #[derive(Deserialize)]
        struct File {
            trusted_proxies: TrustedProxies,
        }
        let file = toml::from_str::<File>(&format!("trusted_proxies = {words}"));
        file.map(|file| file.trusted_proxies)
            .map_err(|error| error.message().to_owned())
    }

    #[test]
    fn addresses_and_networks_are_trusted_and_this_machine_always() {
        let none = TrustedProxies::default();
        let some =
            read(r#"["10.0.0.7", "172.18.0.0/16", " 2001:db8::/32 ", "::ffff:10.0.0.9"]"#).unwrap();
        for (peer, by_none, by_some) in [
            ("127.0.0.1", true, true),
            ("::1", true, true),
            ("::ffff:127.0.0.1", true, true),
            ("10.0.0.7", false, true),
            ("::ffff:10.0.0.7", false, true),
            ("10.0.0.9", false, true),
            ("10.0.0.8", false, false),
            ("172.18.255.1", false, true),
            ("172.19.0.1", false, false),
            ("2001:db8:1::1", false, true),
            ("2001:db9::1", false, false),
        ] {
            let peer: IpAddr = peer.parse().unwrap();
            assert_eq!(
                (none.contain(peer), some.contain(peer)),
                (by_none, by_some),
                "{peer}"
            );
        }
        assert_eq!(none.to_string(), "this machine");
        assert_eq!(
            some.to_string(),
            "this machine, 10.0.0.7, 172.18.0.0/16, 2001:db8::/32, 10.0.0.9"
        );
    }

    #[test]
    fn what_is_no_address_of_a_proxy_is_refused() {
        let refused: Vec<String> = [
            r#"["proxy.example.org"]"#,
            r#"["10.0.0.7/33"]"#,
            r#"["0.0.0.0/0"]"#,
            r#"["::/0"]"#,
            r#"["10.0.0.7/8"]"#,
            r#"[""]"#,
            r#""10.0.0.7""#,
        ]
        .into_iter()
        .map(|words| read(words).unwrap_err())
        .collect();
        insta::assert_snapshot!(refused.join("\n"), @r#"
        expected an address or a network, such as `10.0.0.7` or `172.16.0.0/12`, given `proxy.example.org`
        expected an address or a network, such as `10.0.0.7` or `172.16.0.0/12`, given `10.0.0.7/33`
        expected the addresses of your proxies, given `0.0.0.0/0`, which is everybody
        expected the addresses of your proxies, given `::/0`, which is everybody
        expected a network, given `10.0.0.7/8`: did you mean `10.0.0.0/8`, or `10.0.0.7` alone?
        expected an address or a network, such as `10.0.0.7` or `172.16.0.0/12`, given ``
        invalid type: string "10.0.0.7", expected a sequence
        "#);
    }
}
