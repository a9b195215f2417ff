//! An address or a block of addresses in CIDR notation: `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/32`.

use kernel::{Error, Result};
use std::fmt;
use std::net::IpAddr;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IpRange {
    network: IpAddr,
    bits: u32,
}

impl IpRange {
    /// 400 at `allowed_ips` for anything else.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            Error::field("allowed_ips", format!("“{}”不是 IP 地址或网段", text.chars().take(50).collect::<String>()))
        };
        let (address, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(a, b)| (a, Some(b)));
        let network: IpAddr = address.parse().map_err(|_| wrong())?;
        let widest = if network.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(widest), |bits| bits.parse().map_err(|_| wrong()))?;
        if bits > widest { Err(wrong()) } else { Ok(IpRange { network, bits }) }
    }

    pub fn contains(self, ip: IpAddr) -> bool {
        let ip = match ip {
            IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(ip, IpAddr::V4),
            IpAddr::V4(_) => ip,
        };
        match (self.network, ip) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                same_start(u128::from(a.to_bits()), u128::from(b.to_bits()), 32 - self.bits)
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => same_start(a.to_bits(), b.to_bits(), 128 - self.bits),
            _ => false,
        }
    }
}

fn same_start(a: u128, b: u128, free_bits: u32) -> bool {
    (a ^ b).checked_shr(free_bits).unwrap_or(0) == 0
}

impl fmt::Display for IpRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = if self.network.is_ipv4() { 32 } else { 128 };
        if self.bits == widest { write!(f, "{}", self.network) } else { write!(f, "{}/{}", self.network, self.bits) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_their_addresses() {
        let holds = |range: &str, ip: &str| IpRange::parse(range).unwrap().contains(ip.parse().unwrap());
        assert!(holds("203.0.113.7", "203.0.113.7") && !holds("203.0.113.7", "203.0.113.8"));
        assert!(holds("203.0.113.0/24", "203.0.113.255") && !holds("203.0.113.0/24", "203.0.114.0"));
        assert!(holds("203.0.113.0/24", "::ffff:203.0.113.9"));
        assert!(holds("0.0.0.0/0", "8.8.8.8") && !holds("0.0.0.0/0", "2400::1") && holds("::/0", "2400::1"));
        assert!(holds("2001:db8::/32", "2001:db8:1::1") && !holds("2001:db8::/32", "2001:db9::1"));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "x", "1.2.3", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/-1", "::/129"] {
            assert_eq!(IpRange::parse(text).unwrap_err().field_name(), Some("allowed_ips"), "{text}");
        }
    }
}
