//! The language of queries, which is like SQL.
//!
//! ```text
//! CREATE STREAM name (column TYPE, …) [FROM source(option = value, …)];
//! CREATE SINK name TO sink(option = value, …);
//! CREATE QUERY id AS
//!   SELECT * | expression [AS name], COUNT(*) | SUM(…) | AVG(…) | MIN(…) | MAX(…) [AS name], …
//!   FROM stream [JOIN stream ON a.column = b.column WITHIN 5 SECONDS]
//!   [WHERE expression]
//!   [WINDOW TUMBLING 10 SECONDS | SLIDING 100 EVENTS EVERY 10 EVENTS]
//!   [GROUP BY column, …]
//!   [INTO sink-or-stream] [EMIT METRICS];
//! ```

mod ast;
mod lexer;
mod parser;

pub(crate) use ast::{
    Aggregate, Binary, Column, Endpoint, Expr, Item, Join, Literal, Select, Span, Statement, Unary, Unit,
    Window,
};
pub(crate) use parser::parse;

/// What is wrong with a text, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct SqlError {
    /// Its line, from 1.
    pub line: usize,
    /// Its column, in characters, from 1.
    pub column: usize,
    /// What is wrong, and what to write.
    pub message: String,
}

/// Where something stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl At {
    pub(crate) fn error(self, message: impl Into<String>) -> SqlError {
        SqlError { line: self.line, column: self.column, message: message.into() }
    }
}

/// `; did you mean …?`, where one of the names is nearly the one that was written.
pub(crate) fn meant<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let written = written.to_ascii_lowercase();
    let distance = |name: &&str| distance(&written, &name.to_ascii_lowercase());
    let nearest = names.into_iter().map(|name| (distance(&name), name)).min();
    match nearest {
        Some((distance, name)) if distance <= written.len().div_ceil(3) => {
            format!("; did you mean `{name}`?")
        }
        _ => String::new(),
    }
}

/// How many letters have to be put, taken or changed to make one of the other (Levenshtein, 1965).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (number, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], number + 1);
        for (place, its) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *its);
            diagonal = row[place + 1];
            row[place + 1] = changed.min(row[place] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named_with_their_place_and_a_remedy() {
        let cases = [
            (
                "SELECT a FROM s",
                (1, 16),
                "expected `INTO` with a sink or a stream, or `EMIT METRICS`, found the end",
            ),
            ("SELEC a", (1, 1), "expected `CREATE` or `SELECT`, found `SELEC`"),
            (
                "CREATE STREAM s\n(a STRING)",
                (2, 4),
                "`STRING` is no type; there are INT, DOUBLE, TEXT and BOOL",
            ),
            ("CREATE STREAM s (a TXT)", (1, 20), "did you mean `TEXT`?"),
            ("SELECT CONT(*) FROM s INTO t", (1, 8), "did you mean `COUNT`?"),
            ("SELECT SUM(*) FROM s INTO t", (1, 8), "write `SUM(price)`"),
            ("SELECT a FROM s WHERE b = 'x INTO t", (1, 27), "the text that begins here has no end"),
            ("SELECT a FROM s WHERE b = \"x\" INTO t", (1, 27), "texts are in single quotes"),
            ("SELECT a FROM s WINDOW TUMBLING 0 SECONDS INTO t", (1, 33), "a whole number above 0"),
            ("SELECT a FROM s WINDOW TUMBLING 3 WEEKS INTO t", (1, 35), "`WEEKS` is no unit"),
            ("SELECT a FROM s WINDOW SLIDING 1 EVENT EVERY 2 EVENTS INTO t", (1, 46), "take a smaller step"),
            (
                "SELECT a FROM s WINDOW SLIDING 1 HOUR EVERY 1 MILLISECOND INTO t",
                (1, 45),
                "take a greater step",
            ),
            ("SELECT a FROM s WINDOW SLIDING 5 SECONDS EVERY 2 EVENTS INTO t", (1, 48), "both times"),
            (
                "SELECT a FROM s JOIN t ON s.a = t.a WITHIN 3 EVENTS INTO u",
                (1, 44),
                "write `WITHIN 5 SECONDS`",
            ),
            ("SELECT a FROM s WHERE 1x INTO t", (1, 23), "`1x` is no number"),
            ("SELECT a FROM s WHERE b = 99999999999999999999999 # INTO t", (1, 51), "unexpected `#`"),
        ];
        for (text, place, message) in cases {
            let error = parse(text).expect_err(text);
            assert_eq!((error.line, error.column), place, "{text}: {error}");
            assert!(error.message.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn expressions_are_not_deeper_than_the_stack() {
        for (before, behind) in [("(", ")"), ("NOT ", ""), ("- ", "")] {
            let deep = format!("SELECT {}1{} FROM s INTO t", before.repeat(10_000), behind.repeat(10_000));
            assert!(parse(&deep).expect_err("it is too deep").message.contains("split the query"));
        }
        let wide = format!("SELECT 1{} FROM s INTO t", " + 1".repeat(10_000));
        assert!(parse(&wide).expect_err("it is too long").message.contains("split the query"));
    }

    #[test]
    fn no_text_makes_it_panic() {
        let all = "CREATE STREAM s (a INT, b TEXT) FROM file(path = 'x''y', batch = 5); -- a remark\n\
                   CREATE QUERY q AS SELECT s.a, AVG(b) AS c FROM s JOIN t ON s.a = t.a WITHIN 5 SECONDS \
                   WHERE a >= 1.5 AND NOT b <> 'é' WINDOW SLIDING 5 EVENTS EVERY 2 EVENTS GROUP BY a INTO u EMIT METRICS";
        assert_eq!(parse(all).expect("it is right").len(), 2);
        for end in (0..all.len()).filter(|end| all.is_char_boundary(*end)) {
            let _ = parse(&all[..end]);
            let _ = parse(&all[end..]);
            let _ = parse(&format!("{}(\u{1F600}'{}", &all[..end], &all[end..]));
        }
    }
}
