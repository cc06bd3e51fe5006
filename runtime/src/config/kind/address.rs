//! Addresses and hosts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{Kind, Reason};

/// Where the admin server listens: an address, with or without a port.
pub(crate) struct Address;

/// An address without the port that it may leave to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListenAddress {
    /// The interface.
    pub(crate) ip: IpAddr,
    /// The port, where it was written.
    pub(crate) port: Option<u16>,
}

impl From<SocketAddr> for ListenAddress {
    fn from(address: SocketAddr) -> Self {
        Self { ip: address.ip(), port: Some(address.port()) }
    }
}

impl Kind for Address {
    type Value = ListenAddress;
    const EXPECTS: &'static str =
        "an IP address with or without a port, as `127.0.0.1:9090`, `0.0.0.0` or `[::1]:9090`";

    fn show(value: &ListenAddress) -> String {
        match value.port {
            Some(port) => SocketAddr::new(value.ip, port).to_string(),
            None => value.ip.to_string(),
        }
    }

    fn parse(text: &str) -> Result<ListenAddress, Reason> {
        let text = text.trim();
        let ip_only = || text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(address.into());
        }
        if let Ok(ip) = ip_only() {
            return Ok(ListenAddress { ip, port: None });
        }
        let local = text.strip_prefix("localhost").map(|port| port.strip_prefix(':').map(str::parse::<u16>));
        let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
        match local {
            Some(Some(Ok(port))) => Ok(ListenAddress { ip, port: Some(port) }),
            Some(None) if text == "localhost" => Ok(ListenAddress { ip, port: None }),
            _ => Err("host names are not looked up".into()),
        }
    }
}

/// A host, without a port.
pub(crate) struct Host;

impl Kind for Host {
    type Value = String;
    const EXPECTS: &'static str = "a host name or an IP address";

    fn show(value: &String) -> String {
        value.clone()
    }

    fn parse(text: &str) -> Result<String, Reason> {
        let text = text.trim();
        if let Ok(ip) = text.parse::<Ipv6Addr>() {
            return Ok(format!("[{ip}]"));
        }
        let is_name = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        if is_name { Ok(text.to_owned()) } else { Err("".into()) }
    }
}
