//! What a query reads: the streams that it has subscribed to, and what has arrived from them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use spanwright::{Context, Counted};

use crate::metrics::{Name, OfInput, QueryFamilies};
use crate::pipeline::{Batch, EventPipeline};
use crate::source::Lease;
use crate::stream::Stream;

/// A stream that a query reads.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) stream: Arc<Stream>,
    pub(crate) pipeline: Arc<EventPipeline>,
    pub(crate) counted: Counted<'static>,
    /// Whether the source has nothing more. Publishes nothing else.
    is_over: AtomicBool,
}

/// What a query is to work on.
pub(crate) enum Arrival {
    /// Others have read it.
    Queued(Batch),
    /// It is to be read, and handed to the others.
    Lead(Lease),
    /// It was brought by somebody, and is to be handed to the others.
    Pushed(Batch),
    /// There is nothing more: windows close.
    End,
}

impl Arrival {
    pub(crate) fn parent(&self) -> Option<Context> {
        match self {
            Self::Queued(batch) | Self::Pushed(batch) => batch.parent,
            Self::Lead(lease) => lease.raw.parent,
            Self::End => None,
        }
    }

    pub(crate) fn link(&self) -> Option<Context> {
        match self {
            Self::Queued(batch) => batch.link,
            _ => None,
        }
    }
}

impl Input {
    pub(crate) fn new(query: &Name, stream: Arc<Stream>, capacity: usize) -> Self {
        let pipeline = stream.junction.subscribe(query, capacity);
        let labels = OfInput { query_id: query.clone(), stream_name: stream.name.clone() };
        let counted = QueryFamilies::global().events_processed_total.with(labels);
        Self { stream, pipeline, counted, is_over: AtomicBool::new(false) }
    }

    /// Waits until there is something to work on; nothing at the end. Safe to cancel.
    async fn next(&self) -> Option<Arrival> {
        loop {
            let leads = self.stream.has_source() && !self.is_over.load(Ordering::Relaxed);
            tokio::select! {
                biased;
                batch = self.pipeline.recv() => return batch.map(Arrival::Queued),
                lease = self.stream.lead(&self.pipeline), if leads => match lease {
                    Some(lease) => return Some(Arrival::Lead(lease)),
                    None => self.is_over.store(true, Ordering::Relaxed),
                },
            }
        }
    }
}

/// The next input that has something; nothing once all are at their end.
pub(crate) async fn arrived(inputs: &[Input]) -> Option<(usize, Arrival)> {
    let mut ended = [false; 2];
    loop {
        let [left, rest @ ..] = inputs else { return None };
        let Some(right) = rest.first() else { return left.next().await.map(|arrival| (0, arrival)) };
        let (number, arrival) = tokio::select! {
            arrival = left.next(), if !ended[0] => (0, arrival),
            arrival = right.next(), if !ended[1] => (1, arrival),
            else => return None,
        };
        match arrival {
            Some(arrival) => return Some((number, arrival)),
            None => ended[number] = true,
        }
    }
}
