//! Expressions: columns become places in a row, and types are checked, before a query runs.

use std::cmp::Ordering;

use crate::metrics::Name;
use crate::sql::{Binary, Column, Expr, SqlError, Unary, meant};
use crate::value::{Type, Value};

/// What a query can name: the columns of a row, each of a stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    pub(crate) columns: Vec<(Name, Name, Type)>,
}

impl Scope {
    /// The place of a column and its type.
    pub(crate) fn resolve(&self, column: &Column) -> Result<(usize, Type), SqlError> {
        let is_it = |(stream, name, _): &&(Name, Name, Type)| {
            name.eq_ignore_ascii_case(&column.name)
                && column.of.as_ref().is_none_or(|of| stream.eq_ignore_ascii_case(of))
        };
        let count = self.columns.iter().filter(is_it).count();
        let place = self.columns.iter().position(|one| is_it(&one));
        match place {
            Some(place) if count == 1 => Ok((place, self.columns[place].2)),
            Some(place) => {
                let (stream, name, _) = &self.columns[place];
                Err(column
                    .at
                    .error(format!("both streams have a `{name}`; write `{stream}.{name}` or the other's")))
            }
            None => {
                let meant = meant(&column.name, self.columns.iter().map(|(_, name, _)| &**name));
                Err(column.at.error(format!("there is no column `{}`{meant}", column.name)))
            }
        }
    }
}

/// An expression that can be evaluated.
#[derive(Clone, Debug)]
pub(crate) enum Compiled {
    Column(usize),
    Constant(Value),
    Not(Box<Self>),
    Negated(Box<Self>),
    Binary(Binary, Box<Self>, Box<Self>),
}

/// Why an expression has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// Something was divided by zero.
    #[error("a division by zero; leave such events out by `WHERE`")]
    DivisionByZero,
    /// A whole number is too great for 64 bits.
    #[error("a number is too great for INT; make one side a DOUBLE, as in `x * 1.0`")]
    Overflow,
}

impl Compiled {
    /// What an expression means, and its type.
    pub(crate) fn of(expr: &Expr, scope: &Scope) -> Result<(Self, Type), SqlError> {
        match expr {
            Expr::Column(column) => scope.resolve(column).map(|(place, of)| (Self::Column(place), of)),
            Expr::Literal(value) => Ok((Self::Constant(value.clone()), value.of())),
            Expr::Unary(operator, inner, at) => {
                let (inner, of) = Self::of(inner, scope)?;
                match operator {
                    Unary::Not if of == Type::Bool => Ok((Self::Not(Box::new(inner)), of)),
                    Unary::Not => Err(at.error(format!("NOT is of a BOOL, and this is {of}"))),
                    Unary::Minus if of.is_number() => Ok((Self::Negated(Box::new(inner)), of)),
                    Unary::Minus => Err(at.error(format!("`-` is of a number, and this is {of}"))),
                }
            }
            Expr::Binary(operator, left, right, at) => {
                let ((left, its), (right, other)) = (Self::of(left, scope)?, Self::of(right, scope)?);
                let of = result(*operator, its, other)
                    .ok_or_else(|| at.error(format!("{its} and {other} can't be combined like this")))?;
                Ok((Self::Binary(*operator, Box::new(left), Box::new(right)), of))
            }
            Expr::Aggregate(aggregate, _, at) => Err(at.error(format!(
                "{} stands alone in the list after SELECT; give it a name with AS, and calculate in another query",
                aggregate.name()
            ))),
        }
    }

    /// Its value for a row.
    pub(crate) fn value(&self, row: &[Value]) -> Result<Value, ExpressionError> {
        match self {
            Self::Column(place) => Ok(row[*place].clone()),
            Self::Constant(value) => Ok(value.clone()),
            Self::Not(inner) => Ok(Value::Bool(!inner.is_true(row)?)),
            Self::Negated(inner) => match inner.value(row)? {
                Value::Int(value) => value.checked_neg().map(Value::Int).ok_or(ExpressionError::Overflow),
                other => Ok(Value::Double(-other.number().unwrap_or(f64::NAN))),
            },
            // What decides already is not evaluated further.
            Self::Binary(Binary::And, left, right) => {
                Ok(Value::Bool(left.is_true(row)? && right.is_true(row)?))
            }
            Self::Binary(Binary::Or, left, right) => {
                Ok(Value::Bool(left.is_true(row)? || right.is_true(row)?))
            }
            Self::Binary(operator, left, right) => combine(*operator, &left.value(row)?, &right.value(row)?),
        }
    }

    /// Whether it is true for a row.
    pub(crate) fn is_true(&self, row: &[Value]) -> Result<bool, ExpressionError> {
        Ok(self.value(row)? == Value::Bool(true))
    }
}

/// The type of what an operator makes of two; nothing where it can't.
fn result(operator: Binary, left: Type, right: Type) -> Option<Type> {
    let numbers = left.is_number() && right.is_number();
    match operator {
        Binary::And | Binary::Or => (left == Type::Bool && right == Type::Bool).then_some(Type::Bool),
        Binary::Equal | Binary::NotEqual => (left == right || numbers).then_some(Type::Bool),
        Binary::Less | Binary::LessOrEqual | Binary::Greater | Binary::GreaterOrEqual => {
            (numbers || (left == Type::Text && right == Type::Text)).then_some(Type::Bool)
        }
        Binary::Divide => numbers.then_some(Type::Double),
        Binary::Plus | Binary::Minus | Binary::Times => {
            let both_whole = left == Type::Int && right == Type::Int;
            numbers.then_some(if both_whole { Type::Int } else { Type::Double })
        }
    }
}

fn combine(operator: Binary, left: &Value, right: &Value) -> Result<Value, ExpressionError> {
    let is = |wanted: fn(Ordering) -> bool| Ok(Value::Bool(compare(left, right).is_some_and(wanted)));
    match operator {
        Binary::Equal => is(Ordering::is_eq),
        // What is no number differs from everything.
        Binary::NotEqual => Ok(Value::Bool(compare(left, right) != Some(Ordering::Equal))),
        Binary::Less => is(Ordering::is_lt),
        Binary::LessOrEqual => is(Ordering::is_le),
        Binary::Greater => is(Ordering::is_gt),
        Binary::GreaterOrEqual => is(Ordering::is_ge),
        _ => calculate(operator, left, right),
    }
}

fn calculate(operator: Binary, left: &Value, right: &Value) -> Result<Value, ExpressionError> {
    if let (Value::Int(left), Value::Int(right)) = (left, right) {
        let whole = match operator {
            Binary::Plus => left.checked_add(*right),
            Binary::Minus => left.checked_sub(*right),
            Binary::Times => left.checked_mul(*right),
            _ => return divide(*left as f64, *right as f64),
        };
        return whole.map(Value::Int).ok_or(ExpressionError::Overflow);
    }
    let (left, right) = (left.number().unwrap_or(f64::NAN), right.number().unwrap_or(f64::NAN));
    match operator {
        Binary::Plus => Ok(Value::Double(left + right)),
        Binary::Minus => Ok(Value::Double(left - right)),
        Binary::Times => Ok(Value::Double(left * right)),
        _ => divide(left, right),
    }
}

fn divide(left: f64, right: f64) -> Result<Value, ExpressionError> {
    if right == 0.0 { Err(ExpressionError::DivisionByZero) } else { Ok(Value::Double(left / right)) }
}

/// Nothing where one of them is no number.
pub(crate) fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        _ => left.number()?.partial_cmp(&right.number()?),
    }
}
