//! What is counted of connections to and from other nodes.

use spanwright::{Counter, Histogram, Label, Labels, Metrics, UpDownCounter};

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Label)]
#[label(name = "protocol")]
pub(crate) enum Protocol {
    /// Lines of JSON over TCP.
    Tcp,
    /// gRPC.
    Grpc,
}

impl Protocol {
    /// As its label has it.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        Self::VALUES[Label::index(&self) as usize]
    }
}

/// The series of a protocol.
pub(crate) type OfProtocol = Protocol;

/// The series of connections that were made, or not.
#[derive(Clone, Copy, Debug, Labels)]
pub(crate) struct OfConnection {
    pub protocol: Protocol,
    pub result: OfResult,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Label)]
pub(crate) enum OfResult {
    /// It was made.
    Success,
    /// It was not.
    Failure,
}

/// The series of what connections fail of.
#[derive(Clone, Copy, Debug, Labels)]
pub(crate) struct OfConnectionError {
    pub protocol: Protocol,
    pub error_type: ConnectionError,
}

/// What a connection fails of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Label)]
pub(crate) enum ConnectionError {
    /// Nobody listens there.
    Refused,
    /// The other side has closed it.
    Reset,
    /// It takes too long.
    Timeout,
    /// What comes is not what is spoken.
    Protocol,
    /// Anything else.
    Other,
}

impl From<&std::io::Error> for ConnectionError {
    fn from(error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::ConnectionRefused => Self::Refused,
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::UnexpectedEof => Self::Reset,
            ErrorKind::TimedOut => Self::Timeout,
            ErrorKind::InvalidData => Self::Protocol,
            _ => Self::Other,
        }
    }
}

/// Connections, by what is spoken on them.
#[derive(Debug, Metrics)]
pub(crate) struct NetworkMetrics {
    /// Connections that are open, in both directions
    #[metric(panel(title = "Connections (links)", dashboard = "System Resources"))]
    pub connections_active: UpDownCounter<OfProtocol>,
    /// Connections that were made, or tried
    pub connections_total: Counter<OfConnection>,
    /// What connections have failed of
    #[metric(alert(
        name = "ConnectionErrors",
        expr = "rate($metric[5m]) > 0.1",
        for = "5m",
        severity = "warning",
        summary = "Connections over {{ $labels.protocol }} fail: {{ $labels.error_type }}",
    ))]
    pub connection_errors_total: Counter<OfConnectionError>,
    /// Connections that sinks keep open
    pub connection_pool_size: UpDownCounter<OfProtocol>,
    /// Connections of sinks on which something is being sent
    pub connection_pool_in_use: UpDownCounter<OfProtocol>,
    /// Bytes that were sent to other nodes
    #[metric(panel(title = "Network throughput (links)", dashboard = "System Resources"))]
    pub network_sent_bytes_total: Counter<OfProtocol>,
    /// Bytes that came from other nodes
    #[metric(panel(title = "Network throughput (links)", dashboard = "System Resources"))]
    pub network_received_bytes_total: Counter<OfProtocol>,
    /// Messages that were sent to other nodes, also those that did not arrive
    #[metric(role = calls)]
    pub network_sent_messages_total: Counter<OfProtocol>,
    /// Messages that came from other nodes
    pub network_received_messages_total: Counter<OfProtocol>,
    /// How long sending a message takes
    #[metric(role = duration)]
    pub network_send_seconds: Histogram<OfProtocol>,
}
