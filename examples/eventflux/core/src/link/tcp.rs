//! Lines of JSON over TCP: an event each, or a [`Frame`] with many.

use std::io;
use std::time::Duration;

use spanwright::{Context, instrument, propagation};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

use super::{Frame, LONGEST, Listening, WAITING, receive};
use crate::attributes::ATTR_RETRY_COUNT;
use crate::error::EngineError;
use crate::metrics::{
    ConnectionError, Name, NetworkMetrics, OfConnection, OfConnectionError, OfResult, Protocol,
};
use crate::source::{Content, Raw};

/// How many lines are handed on at once, of those that are there.
const AT_ONCE: usize = 100;
/// How long a connection, or a message on it, may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Listens for whoever has events for the stream.
pub(crate) async fn listen(
    stream: Name,
    address: &str,
) -> Result<(mpsc::Receiver<Raw>, Listening), EngineError> {
    let failed = |source| EngineError::Listen { stream: stream.clone(), address: address.to_owned(), source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let (messages, receiver) = mpsc::channel(WAITING);
    let task = tokio::spawn(accept(listener, stream, messages));
    Ok((receiver, Listening { address: bound, task }))
}

async fn accept(listener: TcpListener, stream: Name, messages: mpsc::Sender<Raw>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((connection, _)) => {
                connections.spawn(serve(connection, stream.clone(), messages.clone()));
                while connections.try_join_next().is_some() {}
            }
            // There are too many open files, say: it may get better.
            Err(error) => {
                failed(&error);
                tracing::error!(target: "eventflux::network", { stream.name = &*stream, %error }, "Connection can't be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(connection: TcpStream, stream: Name, messages: mpsc::Sender<Raw>) {
    let _open = Open::new();
    let mut reader = BufReader::new(connection);
    if let Err(error) = read(&mut reader, &stream, &messages).await {
        error_of(&error);
        tracing::warn!(target: "eventflux::network", { stream.name = &*stream, %error }, "Connection ends");
    }
}

/// Reads lines until the other side closes.
async fn read(
    reader: &mut BufReader<TcpStream>,
    stream: &Name,
    messages: &mpsc::Sender<Raw>,
) -> io::Result<()> {
    while let Some(first) = line(reader).await? {
        // What came before a line that can't be read is handed on.
        let mut unread = Ok(());
        let (content, caller) = match serde_json::from_str::<Frame>(&first) {
            Ok(Frame { headers, events }) => (Content::Objects(events), propagation::extract(&headers)),
            Err(_) => {
                let mut lines = vec![first];
                // More that is there already.
                while lines.len() < AT_ONCE && unread.is_ok() && reader.buffer().contains(&b'\n') {
                    unread = line(reader).await.map(|more| lines.extend(more));
                }
                (Content::Lines(lines), Context::NONE)
            }
        };
        if !receive(stream, Protocol::Tcp, caller, content, messages).await {
            break;
        }
        unread?;
    }
    Ok(())
}

/// The next line that is not empty.
async fn line(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<String>> {
    loop {
        let mut bytes = Vec::new();
        let count = (&mut *reader).take(LONGEST).read_until(b'\n', &mut bytes).await?;
        if count == 0 {
            return Ok(None);
        }
        NetworkMetrics::global().network_received_bytes_total.with(Protocol::Tcp).add(count as u64);
        if count as u64 == LONGEST && bytes.last() != Some(&b'\n') {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("a line is longer than {LONGEST} bytes"),
            ));
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a line is not UTF-8"))?;
        if !text.trim().is_empty() {
            return Ok(Some(text));
        }
    }
}

/// A connection to a node that takes events, made when it is needed and kept.
#[derive(Debug)]
pub(crate) struct TcpLink {
    pub(crate) address: String,
    connection: Mutex<Option<Pooled>>,
}

#[derive(Debug)]
struct Pooled {
    connection: TcpStream,
    _open: Open,
}

impl TcpLink {
    pub(crate) fn new(address: String) -> Self {
        Self { address, connection: Mutex::default() }
    }

    /// Sends events, which are a JSON array, with the trace that this is a part of.
    #[instrument(
        name = "Network Send",
        target = "eventflux::network",
        kind = client,
        fields(network.protocol.name = "tcp", server.address = &*self.address, {ATTR_RETRY_COUNT} = retries),
        metrics(into = NetworkMetrics::global(), labels = Protocol::Tcp),
    )]
    pub(crate) async fn send(&self, events: &str, retries: u32) -> io::Result<()> {
        let mut headers = std::collections::BTreeMap::<String, String>::new();
        propagation::inject(&mut headers);
        let headers = serde_json::to_string(&headers)?;
        let frame = format!("{{\"headers\":{headers},\"events\":{events}}}\n");
        let mut kept = self.connection.lock().await;
        let mut pooled = match kept.take() {
            Some(pooled) if pooled.is_open() => pooled,
            _ => connect(&self.address).await?,
        };
        let _in_use = InUse::of(Protocol::Tcp);
        let written = timeout(PATIENCE, pooled.connection.write_all(frame.as_bytes())).await;
        written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).inspect_err(error_of)?;
        NetworkMetrics::global().network_sent_bytes_total.with(Protocol::Tcp).add(frame.len() as u64);
        *kept = Some(pooled);
        Ok(())
    }
}

impl Pooled {
    /// Whether the other side has not closed it: it never says anything.
    fn is_open(&self) -> bool {
        let mut nothing = [0; 1];
        matches!(self.connection.try_read(&mut nothing), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }
}

async fn connect(address: &str) -> io::Result<Pooled> {
    let connected = timeout(PATIENCE, TcpStream::connect(address)).await;
    match connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
        Ok(connection) => Ok(Pooled { connection, _open: Open::pooled() }),
        Err(error) => {
            failed(&error);
            Err(error)
        }
    }
}

/// Counts a connection that was not made.
fn failed(error: &io::Error) {
    let connection = OfConnection { protocol: Protocol::Tcp, result: OfResult::Failure };
    NetworkMetrics::global().connections_total.with(connection).inc();
    error_of(error);
}

/// Counts what a connection has failed of.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "as `inspect_err` has it")]
fn error_of(error: &io::Error) {
    let error = OfConnectionError { protocol: Protocol::Tcp, error_type: ConnectionError::from(error) };
    NetworkMetrics::global().connection_errors_total.with(error).inc();
}

/// Counts a connection, until it is dropped.
#[derive(Debug)]
pub(super) struct Open {
    protocol: Protocol,
    is_pooled: bool,
}

impl Open {
    fn new() -> Self {
        Self::of(Protocol::Tcp, false)
    }

    fn pooled() -> Self {
        Self::of(Protocol::Tcp, true)
    }

    pub(super) fn of(protocol: Protocol, is_pooled: bool) -> Self {
        let all = NetworkMetrics::global();
        all.connections_total.with(OfConnection { protocol, result: OfResult::Success }).inc();
        all.connections_active.with(protocol).inc();
        if is_pooled {
            all.connection_pool_size.with(protocol).inc();
        }
        Self { protocol, is_pooled }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let all = NetworkMetrics::global();
        all.connections_active.with(self.protocol).dec();
        if self.is_pooled {
            all.connection_pool_size.with(self.protocol).dec();
        }
    }
}

/// Counts a connection as in use, until it is dropped.
pub(super) struct InUse(Protocol);

impl InUse {
    pub(super) fn of(protocol: Protocol) -> Self {
        NetworkMetrics::global().connection_pool_in_use.with(protocol).inc();
        Self(protocol)
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        NetworkMetrics::global().connection_pool_in_use.with(self.0).dec();
    }
}
