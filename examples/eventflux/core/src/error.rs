//! What can go wrong.

use std::io;

use spanwright::ErrorType;

use crate::expression::ExpressionError;
use crate::metrics::{ErrorKind, Name};
use crate::sql::SqlError;
use crate::value::NoEvent;

/// Why streams, sinks and queries can't be made.
#[derive(Debug, thiserror::Error, ErrorType)]
pub enum EngineError {
    /// The text of the queries is wrong.
    #[error("{0}")]
    Sql(#[from] SqlError),
    /// An address can't be listened on.
    #[error("the stream `{stream}` can't listen on {address}: {source}; port 0 takes a free one")]
    Listen {
        /// Whose source it is.
        stream: Name,
        /// Where.
        address: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file can't be opened.
    #[error("`{path}` can't be opened: {source}")]
    File {
        /// Its path.
        path: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// There is no such stream.
    #[error("there is no stream `{0}`")]
    NoStream(Name),
    /// What is to be put into a stream is no event of it.
    #[error("no event of the stream `{stream}`: {source}")]
    Event {
        /// Its name.
        stream: Name,
        /// Why not.
        #[source]
        source: NoEvent,
    },
}

/// Why an execution of a query has failed. None of its texts has any of the events' values.
#[derive(Debug, thiserror::Error, ErrorType)]
pub enum QueryError {
    /// What was brought is no event of the stream.
    #[error("no event of the stream `{stream}`: {source}")]
    Event {
        /// Its name.
        stream: Name,
        /// Why not.
        #[source]
        source: NoEvent,
    },
    /// An expression has no value.
    #[error("{0}")]
    Expression(#[from] ExpressionError),
    /// The sink did not take the rows, as often as it was tried.
    #[error("the sink `{sink}` does not take the rows: {source}")]
    Sink {
        /// Its name.
        sink: Name,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The source can't be read.
    #[error("the source of `{stream}` can't be read: {source}")]
    Source {
        /// Whose it is.
        stream: Name,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// There is no room for more windows, joins and groups.
    #[error(
        "the state takes {used} bytes, and may take {limit}: the events are left out; take smaller windows, or raise \
         `state_limit_mb`"
    )]
    State {
        /// What it takes.
        used: usize,
        /// What it may take.
        limit: usize,
    },
}

impl QueryError {
    /// Which of the errors that are counted it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Event { .. } => ErrorKind::Decode,
            Self::Expression(_) => ErrorKind::Expression,
            Self::Sink { .. } => ErrorKind::Sink,
            Self::Source { .. } => ErrorKind::Source,
            Self::State { .. } => ErrorKind::State,
        }
    }
}
