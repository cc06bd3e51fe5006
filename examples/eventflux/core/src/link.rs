//! Links between nodes: what is sent over TCP and gRPC, and the trace that goes with it.

pub(crate) mod grpc;
pub(crate) mod tcp;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::Deserialize;
use serde_json::{Map, Value as Json};
use spanwright::{Context, instrument};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::attributes::{ATTR_EVENT_COUNT, ATTR_STREAM_NAME};
use crate::metrics::{Name, NetworkMetrics, Protocol};
use crate::source::{Content, Raw};

/// A message over TCP, on a line of its own: `{"headers": {"traceparent": …}, "events": [{…}, …]}`. Over gRPC there are the
/// events alone: headers are its metadata.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Frame {
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) events: Vec<Map<String, Json>>,
}

/// A socket that is listened on, until this is dropped.
#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    pub(crate) task: JoinHandle<()>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How many messages wait for a query; whoever sends more waits.
pub(crate) const WAITING: usize = 16;
/// The most bytes of a message.
pub(crate) const LONGEST: u64 = 4 << 20;

/// Hands on what came from another node, as a part of the trace in its headers. Whether there is still somebody to take it.
#[instrument(
    name = "Network Communication",
    target = "eventflux::network",
    kind = server,
    parent = caller,
    fields(
        {ATTR_STREAM_NAME} = &**stream,
        network.protocol.name = protocol.name(),
        {ATTR_EVENT_COUNT} = match &content {
            Content::Lines(lines) => lines.len(),
            Content::Objects(objects) => objects.len(),
            Content::Made(_) | Content::Failed(_) => 0,
        },
    )
)]
pub(crate) async fn receive(
    stream: &Name,
    protocol: Protocol,
    caller: Context,
    content: Content,
    messages: &mpsc::Sender<Raw>,
) -> bool {
    NetworkMetrics::global().network_received_messages_total.with(protocol).inc();
    tracing::debug!(target: "eventflux::network", { stream.name = &**stream, protocol = protocol.name() }, "Message received");
    messages.send(Raw { content, parent: Some(Context::current()) }).await.is_ok()
}
