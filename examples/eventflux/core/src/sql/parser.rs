//! From words to statements.

use super::ast::{
    Aggregate, Binary, Column, Endpoint, Expr, Item, Join, Literal, Select, Span, Statement, Unary, Unit,
    Window,
};
use super::lexer::{Token, tokens};
use super::{At, SqlError, meant};
use crate::value::{Type, Value};

/// How deep an expression may be: a deeper one would use the stack up.
const DEEPEST: usize = 64;

/// In how many sliding windows an event may be.
const MOST_OVERLAPPING: u64 = 1_000;

/// The level of what compares.
const COMPARISON: usize = 2;

/// Reads statements, each with a `;` after it; the last one can do without.
pub(crate) fn parse(text: &str) -> Result<Vec<Statement>, SqlError> {
    let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0 };
    let mut statements = Vec::new();
    loop {
        while parser.eats(";") {}
        if *parser.peek() == Token::End {
            return Ok(statements);
        }
        statements.push(parser.statement()?);
        if *parser.peek() != Token::End && !parser.eats(";") {
            return Err(parser.unexpected("`;`, or the next clause of the query in its order"));
        }
    }
}

struct Parser {
    tokens: Vec<(Token, At)>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.next].0
    }

    fn at(&self) -> At {
        self.tokens[self.next].1
    }

    /// The end stays.
    fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    fn unexpected(&self, wanted: &str) -> SqlError {
        self.at().error(format!("expected {wanted}, found {}", self.peek().shown()))
    }

    fn eats(&mut self, symbol: &str) -> bool {
        let is_it = matches!(self.peek(), Token::Symbol(its) if *its == symbol);
        if is_it {
            self.advance();
        }
        is_it
    }

    fn eats_word(&mut self, word: &str) -> bool {
        let is_it = matches!(self.peek(), Token::Word(its) if its.eq_ignore_ascii_case(word));
        if is_it {
            self.advance();
        }
        is_it
    }

    fn want(&mut self, symbol: &str) -> Result<(), SqlError> {
        if self.eats(symbol) { Ok(()) } else { Err(self.unexpected(&format!("`{symbol}`"))) }
    }

    fn want_word(&mut self, word: &str) -> Result<(), SqlError> {
        if self.eats_word(word) { Ok(()) } else { Err(self.unexpected(&format!("`{word}`"))) }
    }

    fn name(&mut self, of_what: &str) -> Result<Span, SqlError> {
        let at = self.at();
        match self.peek().clone() {
            Token::Word(text) => {
                self.advance();
                Ok(Span { text, at })
            }
            _ => Err(self.unexpected(of_what)),
        }
    }

    fn statement(&mut self) -> Result<Statement, SqlError> {
        if matches!(self.peek(), Token::Word(word) if word.eq_ignore_ascii_case("SELECT")) {
            return Ok(Statement::Query { id: None, select: Box::new(self.select()?) });
        }
        if !self.eats_word("CREATE") {
            return Err(self.unexpected("`CREATE` or `SELECT`"));
        }
        if self.eats_word("STREAM") {
            return self.stream();
        }
        if self.eats_word("SINK") {
            let name = self.name("the sink's name")?;
            self.want_word("TO")?;
            return Ok(Statement::Sink { name, to: self.endpoint()? });
        }
        if self.eats_word("QUERY") {
            let id = self.name("the query's name")?;
            self.want_word("AS")?;
            return Ok(Statement::Query { id: Some(id), select: Box::new(self.select()?) });
        }
        Err(self.unexpected("`STREAM`, `SINK` or `QUERY`"))
    }

    fn stream(&mut self) -> Result<Statement, SqlError> {
        let name = self.name("the stream's name")?;
        self.want("(")?;
        let mut columns = Vec::new();
        loop {
            let column = self.name("a column's name")?;
            columns.push((column, self.column_type()?));
            if !self.eats(",") {
                break;
            }
        }
        self.want(")")?;
        let source = if self.eats_word("FROM") { Some(self.endpoint()?) } else { None };
        Ok(Statement::Stream { name, columns, source })
    }

    fn column_type(&mut self) -> Result<Type, SqlError> {
        let Span { text, at } = self.name("the column's type: INT, DOUBLE, TEXT or BOOL")?;
        let found = Type::NAMES.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(&text));
        found.map(|(_, of)| of).ok_or_else(|| {
            let meant = meant(&text, Type::NAMES.map(|(name, _)| name));
            at.error(format!("`{text}` is no type; there are INT, DOUBLE, TEXT and BOOL{meant}"))
        })
    }

    fn endpoint(&mut self) -> Result<Endpoint, SqlError> {
        let kind = self.name("what it is: `generator`, `file`, `tcp`, …")?;
        let mut options = Vec::new();
        if self.eats("(") && !self.eats(")") {
            loop {
                let option = self.name("an option's name")?;
                self.want("=")?;
                options.push((option, self.literal()?));
                if !self.eats(",") {
                    break;
                }
            }
            self.want(")")?;
        }
        Ok(Endpoint { kind, options })
    }

    fn literal(&mut self) -> Result<Literal, SqlError> {
        let at = self.at();
        let value = match self.peek().clone() {
            Token::Int(value) => Value::Int(value),
            Token::Double(value) => Value::Double(value),
            Token::Text(text) => Value::Text(text.into()),
            Token::Word(word) if word.eq_ignore_ascii_case("TRUE") => Value::Bool(true),
            Token::Word(word) if word.eq_ignore_ascii_case("FALSE") => Value::Bool(false),
            _ => return Err(self.unexpected("a number, a text in single quotes, TRUE or FALSE")),
        };
        self.advance();
        Ok(Literal { value, at })
    }

    fn select(&mut self) -> Result<Select, SqlError> {
        let at = self.at();
        self.want_word("SELECT")?;
        let items = if self.eats("*") { None } else { Some(self.items()?) };
        self.want_word("FROM")?;
        let from = self.name("a stream's name")?;
        let join = if self.eats_word("JOIN") { Some(self.join()?) } else { None };
        let filter = if self.eats_word("WHERE") { Some(self.expression()?) } else { None };
        let window = if self.eats_word("WINDOW") { Some(self.window()?) } else { None };
        let mut group_by = Vec::new();
        if self.eats_word("GROUP") {
            self.want_word("BY")?;
            group_by.push(self.column()?);
            while self.eats(",") {
                group_by.push(self.column()?);
            }
        }
        let into =
            if self.eats_word("INTO") { Some(self.name("a sink's or a stream's name")?) } else { None };
        let emit_metrics = self.eats_word("EMIT");
        if emit_metrics {
            self.want_word("METRICS")?;
        }
        if into.is_none() && !emit_metrics {
            return Err(self.unexpected("`INTO` with a sink or a stream, or `EMIT METRICS`"));
        }
        Ok(Select { at, items, from, join, filter, window, group_by, into, emit_metrics })
    }

    fn items(&mut self) -> Result<Vec<Item>, SqlError> {
        let mut items = Vec::new();
        loop {
            let expr = self.expression()?;
            let alias = if self.eats_word("AS") { Some(self.name("a name")?) } else { None };
            items.push(Item { expr, alias });
            if !self.eats(",") {
                return Ok(items);
            }
        }
    }

    fn join(&mut self) -> Result<Join, SqlError> {
        let with = self.name("a stream's name")?;
        self.want_word("ON")?;
        let left = self.column()?;
        self.want("=")?;
        let right = self.column()?;
        self.want_word("WITHIN")?;
        let at = self.at();
        match self.extent()? {
            (within_ms, Unit::Time) => Ok(Join { with, on: (left, right), within_ms }),
            (_, Unit::Events) => Err(at.error("a join is within a time: write `WITHIN 5 SECONDS`")),
        }
    }

    fn column(&mut self) -> Result<Column, SqlError> {
        let Span { text, at } = self.name("a column's name")?;
        if !self.eats(".") {
            return Ok(Column { of: None, name: text, at });
        }
        let Span { text: name, .. } = self.name("a column's name")?;
        Ok(Column { of: Some(text), name, at })
    }

    fn window(&mut self) -> Result<Window, SqlError> {
        let at = self.at();
        if self.eats_word("TUMBLING") {
            let (size, unit) = self.extent()?;
            return Ok(Window { at, size, step: None, unit });
        }
        if !self.eats_word("SLIDING") {
            return Err(self.unexpected("`TUMBLING` or `SLIDING`"));
        }
        let (size, unit) = self.extent()?;
        self.want_word("EVERY")?;
        let step_at = self.at();
        let (step, step_unit) = self.extent()?;
        if step_unit != unit {
            return Err(step_at.error("the window's size and step are both times, or both numbers of EVENTS"));
        }
        if size / step > MOST_OVERLAPPING {
            return Err(step_at.error(format!(
                "each event would be in {} windows, and may be in {MOST_OVERLAPPING}; take a greater step",
                size / step
            )));
        }
        if step > size {
            return Err(step_at.error(
                "a window that goes on by more than its size leaves events out; take a smaller step",
            ));
        }
        Ok(Window { at, size, step: Some(step), unit })
    }

    /// `10 SECONDS`, `100 EVENTS`; times in milliseconds.
    fn extent(&mut self) -> Result<(u64, Unit), SqlError> {
        const UNITS: [(&str, u64, Unit); 5] = [
            ("MILLISECOND", 1, Unit::Time),
            ("SECOND", 1_000, Unit::Time),
            ("MINUTE", 60_000, Unit::Time),
            ("HOUR", 3_600_000, Unit::Time),
            ("EVENT", 1, Unit::Events),
        ];
        let at = self.at();
        let count = match self.peek() {
            Token::Int(count) if *count > 0 => count.unsigned_abs(),
            _ => return Err(self.unexpected("a whole number above 0, as in `10 SECONDS` or `100 EVENTS`")),
        };
        self.advance();
        let word = self.name("SECONDS, MINUTES, HOURS, MILLISECONDS or EVENTS")?;
        let singular = word.text.to_ascii_uppercase();
        let singular = singular.strip_suffix('S').unwrap_or(&singular);
        let Some((_, factor, unit)) = UNITS.into_iter().find(|(name, ..)| *name == singular) else {
            let message = format!(
                "`{}` is no unit; there are MILLISECONDS, SECONDS, MINUTES, HOURS and EVENTS",
                word.text
            );
            return Err(word.at.error(message));
        };
        let extent = count.checked_mul(factor).ok_or_else(|| at.error(format!("{count} is too many")))?;
        Ok((extent, unit))
    }

    fn expression(&mut self) -> Result<Expr, SqlError> {
        self.binary(0)
    }

    /// What is one deeper.
    fn deeper(&mut self, parse: impl FnOnce(&mut Self) -> Result<Expr, SqlError>) -> Result<Expr, SqlError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.at().error("too deep an expression; split the query in two"));
        }
        let parsed = parse(self)?;
        self.depth -= 1;
        Ok(parsed)
    }

    /// An expression of operators that bind at least as closely as `level`.
    fn binary(&mut self, level: usize) -> Result<Expr, SqlError> {
        const LEVELS: [&[(&str, Binary)]; 5] = [
            &[("OR", Binary::Or)],
            &[("AND", Binary::And)],
            &[
                ("=", Binary::Equal),
                ("!=", Binary::NotEqual),
                ("<>", Binary::NotEqual),
                ("<=", Binary::LessOrEqual),
                ("<", Binary::Less),
                (">=", Binary::GreaterOrEqual),
                (">", Binary::Greater),
            ],
            &[("+", Binary::Plus), ("-", Binary::Minus)],
            &[("*", Binary::Times), ("/", Binary::Divide)],
        ];
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        // It is of a comparison: NOT a = b.
        if level == COMPARISON && matches!(self.peek(), Token::Word(word) if word.eq_ignore_ascii_case("NOT"))
        {
            let at = self.at();
            self.advance();
            let inner = self.deeper(|parser| parser.binary(COMPARISON))?;
            return Ok(Expr::Unary(Unary::Not, Box::new(inner), at));
        }
        let mut left = self.binary(level + 1)?;
        let mut wide = 0;
        loop {
            let at = self.at();
            let found = operators.iter().find(|(name, _)| self.eats(name) || self.eats_word(name));
            let Some((_, operator)) = found else { return Ok(left) };
            wide += 1;
            if wide > DEEPEST {
                return Err(at.error("too long an expression; split the query in two"));
            }
            let right = self.binary(level + 1)?;
            left = Expr::Binary(*operator, Box::new(left), Box::new(right), at);
        }
    }

    fn unary(&mut self) -> Result<Expr, SqlError> {
        let at = self.at();
        if self.eats("-") {
            let inner = self.deeper(Self::unary)?;
            return Ok(Expr::Unary(Unary::Minus, Box::new(inner), at));
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<Expr, SqlError> {
        let at = self.at();
        if self.eats("(") {
            let inner = self.deeper(Self::expression)?;
            self.want(")")?;
            return Ok(inner);
        }
        let is_column = matches!(self.peek(), Token::Word(word) if !["TRUE", "FALSE"].iter().any(|one| word.eq_ignore_ascii_case(one)));
        if !is_column {
            return Ok(Expr::Literal(self.literal()?.value));
        }
        let column = self.column()?;
        if column.of.is_some() || !self.eats("(") {
            return Ok(Expr::Column(column));
        }
        let named = Aggregate::NAMES.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(&column.name));
        let Some((name, aggregate)) = named else {
            let meant = meant(&column.name, Aggregate::NAMES.map(|(name, _)| name));
            let message =
                format!("no function `{}`; there are COUNT, SUM, AVG, MIN and MAX{meant}", column.name);
            return Err(at.error(message));
        };
        let argument = if self.eats("*") { None } else { Some(Box::new(self.expression()?)) };
        if argument.is_none() && aggregate != Aggregate::Count {
            return Err(at.error(format!("{name} is of a value: write `{name}(price)`")));
        }
        self.want(")")?;
        Ok(Expr::Aggregate(aggregate, argument, at))
    }
}
