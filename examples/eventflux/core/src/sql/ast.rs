//! Statements, as they are written.

use super::At;
use crate::value::{Type, Value};

#[derive(Clone, Debug)]
pub(crate) enum Statement {
    Stream { name: Span, columns: Vec<(Span, Type)>, source: Option<Endpoint> },
    Sink { name: Span, to: Endpoint },
    Query { id: Option<Span>, select: Box<Select> },
}

/// A word, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) text: String,
    pub(crate) at: At,
}

/// Where events come from or go to: `tcp(listen = '127.0.0.1:7000')`.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) kind: Span,
    pub(crate) options: Vec<(Span, Literal)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Literal {
    pub(crate) value: Value,
    pub(crate) at: At,
}

#[derive(Clone, Debug)]
pub(crate) struct Select {
    pub(crate) at: At,
    /// Nothing for `*`.
    pub(crate) items: Option<Vec<Item>>,
    pub(crate) from: Span,
    pub(crate) join: Option<Join>,
    pub(crate) filter: Option<Expr>,
    pub(crate) window: Option<Window>,
    pub(crate) group_by: Vec<Column>,
    pub(crate) into: Option<Span>,
    pub(crate) emit_metrics: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) expr: Expr,
    pub(crate) alias: Option<Span>,
}

#[derive(Clone, Debug)]
pub(crate) struct Join {
    pub(crate) with: Span,
    pub(crate) on: (Column, Column),
    pub(crate) within_ms: u64,
}

/// `price`, or `Trades.price`.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) of: Option<String>,
    pub(crate) name: String,
    pub(crate) at: At,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Of time, in milliseconds.
    Time,
    Events,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) at: At,
    pub(crate) size: u64,
    /// As far as a sliding one goes on; a tumbling one goes on by its size.
    pub(crate) step: Option<u64>,
    pub(crate) unit: Unit,
}

#[derive(Clone, Debug)]
pub(crate) enum Expr {
    Column(Column),
    Literal(Value),
    Unary(Unary, Box<Expr>, At),
    Binary(Binary, Box<Expr>, Box<Expr>, At),
    /// `COUNT(*)` has no argument.
    Aggregate(Aggregate, Option<Box<Expr>>, At),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Not,
    Minus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Divide,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggregate {
    Count,
    Sum,
    Avg,
    Min,
    Max,
}

impl Aggregate {
    pub(crate) const NAMES: [(&'static str, Self); 5] = [
        ("COUNT", Self::Count),
        ("SUM", Self::Sum),
        ("AVG", Self::Avg),
        ("MIN", Self::Min),
        ("MAX", Self::Max),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }
}
