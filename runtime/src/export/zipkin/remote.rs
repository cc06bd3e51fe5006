//! Whom a span talked to: Zipkin draws its graph of services from that.

use std::net::IpAddr;

use crate::export::json::Object;
use crate::span::{AttributeRef, SpanKind, SpanRef};

/// The attributes that say it, the best first, with the port's beside an address (the transformation's table of "Remote
/// endpoint").
const RANKING: [(&str, Option<&str>); 11] = [
    ("peer.service", None),
    ("server.address", None),
    ("net.peer.name", None),
    ("network.peer.address", Some("network.peer.port")),
    ("server.socket.domain", None),
    ("server.socket.address", Some("server.socket.port")),
    ("net.sock.peer.name", None),
    ("net.sock.peer.addr", Some("net.sock.peer.port")),
    ("peer.hostname", None),
    ("peer.address", None),
    ("db.name", None),
];

/// Writes the members of `remoteEndpoint`: none for a span that called nobody, or does not say whom.
pub(super) fn write(endpoint: &mut Object<'_>, span: &SpanRef<'_>) {
    if !matches!(span.kind(), SpanKind::Client | SpanKind::Producer) {
        return;
    }
    let found = RANKING.iter().find_map(|(name, port)| Some((text(span, name)?, *port)));
    let Some((name, port)) = found else { return };
    match port.map(|port| (name.parse(), port)) {
        Some((Ok(address), port)) => socket(endpoint, address, number(span, port)),
        _ => endpoint.text("serviceName", name),
    }
}

fn socket(endpoint: &mut Object<'_>, address: IpAddr, port: Option<u16>) {
    let version = if address.is_ipv4() { "ipv4" } else { "ipv6" };
    endpoint.quoted(version, address);
    if let Some(port) = port {
        endpoint.bare("port", port);
    }
}

fn text<'a>(span: &SpanRef<'a>, wanted: &str) -> Option<&'a str> {
    span.attributes().find_map(|(key, value)| match value {
        AttributeRef::Str(text) if key == wanted && !text.is_empty() => Some(text),
        _ => None,
    })
}

fn number(span: &SpanRef<'_>, wanted: &str) -> Option<u16> {
    span.attributes().find_map(|(key, value)| match value {
        AttributeRef::I64(number) if key == wanted => u16::try_from(number).ok(),
        AttributeRef::Str(text) if key == wanted => text.parse().ok(),
        _ => None,
    })
}
