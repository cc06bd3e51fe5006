//! What a query does, decided before it runs.

use std::collections::HashMap;
use std::sync::Arc;

use crate::expression::{Compiled, Scope};
use crate::metrics::Name;
use crate::sql::{Aggregate, Column, Expr, Item, Select, SqlError, Unit, meant};
use crate::value::{Schema, Type};
use crate::window::{WindowSpec, WindowType};

/// A query that can be run.
#[derive(Clone, Debug)]
pub struct Query {
    /// What it is called.
    pub id: Name,
    /// The streams that it reads, the second one where it joins.
    pub(crate) inputs: Vec<Name>,
    pub(crate) join: Option<JoinPlan>,
    pub(crate) filter: Option<Compiled>,
    pub(crate) window: Option<WindowSpec>,
    pub(crate) output: Output,
    /// The columns of what it emits.
    pub(crate) schema: Arc<Schema>,
    /// The sink or the stream that gets it.
    pub(crate) into: Option<Name>,
    pub(crate) emit_metrics: bool,
    /// Which of the columns are groups'.
    pub(crate) group_columns: Vec<usize>,
}

/// How two streams are joined: these columns are equal, and the events no further apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JoinPlan {
    pub(crate) columns: [usize; 2],
    pub(crate) within_ms: u64,
}

/// What is made of the rows.
#[derive(Clone, Debug)]
pub(crate) enum Output {
    Project(Vec<Compiled>),
    Aggregate { keys: Vec<usize>, items: Vec<AggregateItem> },
}

/// A column of an aggregation.
#[derive(Clone, Debug)]
pub(crate) enum AggregateItem {
    /// The key of this number.
    Key(usize),
    Value(Aggregate, Option<Compiled>),
}

impl Query {
    /// The plan of a query on these streams.
    pub(crate) fn plan(
        id: Name,
        select: &Select,
        streams: &HashMap<Name, Arc<Schema>>,
    ) -> Result<Self, SqlError> {
        let stream = |name: &crate::sql::Span| {
            streams.get_key_value(&*name.text).ok_or_else(|| {
                let meant = meant(&name.text, streams.keys().map(|name| &**name));
                name.at.error(format!(
                    "there is no stream `{}`; make it before by `CREATE STREAM`{meant}",
                    name.text
                ))
            })
        };
        let mut read = vec![stream(&select.from)?];
        if let Some(join) = &select.join {
            read.push(stream(&join.with)?);
            if read[0].0 == read[1].0 {
                return Err(join
                    .with
                    .at
                    .error("a stream can't be joined with itself; copy it by a query into another"));
            }
        }
        let mut scope = Scope::default();
        for (name, schema) in &read {
            scope
                .columns
                .extend(schema.columns.iter().map(|(column, of)| ((*name).clone(), column.clone(), *of)));
        }
        let split = read[0].1.columns.len();
        let filter = select.filter.as_ref().map(|filter| condition(filter, &scope, select)).transpose()?;
        let join = select.join.as_ref().map(|join| joined(join, &scope, split)).transpose()?;
        let keys =
            select.group_by.iter().map(|column| scope.resolve(column)).collect::<Result<Vec<_>, _>>()?;
        let keys: Vec<usize> = keys.into_iter().map(|(place, _)| place).collect();
        let (output, columns) = output(select, &scope, &keys)?;
        let group_columns = match &output {
            Output::Aggregate { items, .. } => {
                (0..items.len()).filter(|place| matches!(items[*place], AggregateItem::Key(_))).collect()
            }
            Output::Project(_) => Vec::new(),
        };
        unique(select, &columns)?;
        Ok(Self {
            id,
            inputs: read.iter().map(|(name, _)| (*name).clone()).collect(),
            join,
            filter,
            window: select.window.map(window),
            output,
            schema: Arc::new(Schema { columns }),
            into: select.into.as_ref().map(|into| into.text.as_str().into()),
            emit_metrics: select.emit_metrics,
            group_columns,
        })
    }
}

fn condition(filter: &Expr, scope: &Scope, select: &Select) -> Result<Compiled, SqlError> {
    match Compiled::of(filter, scope)? {
        (filter, Type::Bool) => Ok(filter),
        (_, of) => {
            Err(select.at.error(format!("WHERE wants a condition, as in `price > 10`, and this is {of}")))
        }
    }
}

fn joined(join: &crate::sql::Join, scope: &Scope, split: usize) -> Result<JoinPlan, SqlError> {
    let (one, its) = scope.resolve(&join.on.0)?;
    let (other, others) = scope.resolve(&join.on.1)?;
    let (left, right) = if one < other { (one, other) } else { (other, one) };
    if left >= split || right < split {
        return Err(join.on.0.at.error("a join compares a column of one stream with one of the other"));
    }
    if its != others {
        return Err(join
            .on
            .1
            .at
            .error(format!("a join compares columns of one type, and these are {its} and {others}")));
    }
    Ok(JoinPlan { columns: [left, right - split], within_ms: join.within_ms })
}

fn window(written: crate::sql::Window) -> WindowSpec {
    let kind = if written.step.is_some() { WindowType::Sliding } else { WindowType::Tumbling };
    let (size, step) = (written.size, written.step.unwrap_or(written.size));
    WindowSpec { kind, size, step, counts: written.unit == Unit::Events }
}

type Columns = Vec<(Name, Type)>;

fn output(select: &Select, scope: &Scope, keys: &[usize]) -> Result<(Output, Columns), SqlError> {
    let Some(items) = &select.items else {
        if !keys.is_empty() {
            return Err(select.at.error("`*` has no groups; name the columns and the aggregations"));
        }
        only_aggregations_have_windows(select)?;
        let all = (0..scope.columns.len()).map(Compiled::Column).collect();
        return Ok((
            Output::Project(all),
            scope.columns.iter().map(|(_, name, of)| (name.clone(), *of)).collect(),
        ));
    };
    let aggregates = items.iter().any(|item| matches!(item.expr, Expr::Aggregate(..)));
    let mut columns = Vec::with_capacity(items.len());
    if !aggregates && keys.is_empty() {
        only_aggregations_have_windows(select)?;
        let mut projected = Vec::with_capacity(items.len());
        for (number, item) in items.iter().enumerate() {
            let (compiled, of) = Compiled::of(&item.expr, scope)?;
            columns.push((name_of(item, number), of));
            projected.push(compiled);
        }
        return Ok((Output::Project(projected), columns));
    }
    let mut aggregated = Vec::with_capacity(items.len());
    for (number, item) in items.iter().enumerate() {
        let (made, of) = aggregate(item, scope, keys, select)?;
        columns.push((name_of(item, number), of));
        aggregated.push(made);
    }
    Ok((Output::Aggregate { keys: keys.to_vec(), items: aggregated }, columns))
}

fn only_aggregations_have_windows(select: &Select) -> Result<(), SqlError> {
    match select.window {
        Some(window) => {
            Err(window.at.error("a window is for aggregations; select COUNT(*), AVG(…) or the like"))
        }
        None => Ok(()),
    }
}

fn aggregate(
    item: &Item,
    scope: &Scope,
    keys: &[usize],
    select: &Select,
) -> Result<(AggregateItem, Type), SqlError> {
    match &item.expr {
        Expr::Aggregate(function, argument, at) => {
            let argument = argument.as_ref().map(|argument| Compiled::of(argument, scope)).transpose()?;
            let of = match (function, &argument) {
                (Aggregate::Count, _) | (_, None) => Type::Int,
                (Aggregate::Min | Aggregate::Max, Some((_, of))) => *of,
                (Aggregate::Sum, Some((_, of))) if of.is_number() => *of,
                (Aggregate::Avg, Some((_, of))) if of.is_number() => Type::Double,
                (_, Some((_, of))) => {
                    return Err(at.error(format!("{} is of numbers, and this is {of}", function.name())));
                }
            };
            Ok((AggregateItem::Value(*function, argument.map(|(argument, _)| argument)), of))
        }
        Expr::Column(column) => {
            let (place, of) = scope.resolve(column)?;
            let key = keys.iter().position(|key| *key == place).ok_or_else(|| {
                let Column { name, at, .. } = column;
                at.error(format!("`{name}` stands beside an aggregation; add `GROUP BY {name}`"))
            })?;
            Ok((AggregateItem::Key(key), of))
        }
        _ => Err(select.at.error("beside aggregations there are the columns of GROUP BY alone")),
    }
}

/// `avg_price` for `AVG(price)`, where nothing is said.
fn name_of(item: &Item, number: usize) -> Name {
    match (&item.alias, &item.expr) {
        (Some(alias), _) => alias.text.as_str().into(),
        (None, Expr::Column(column)) => column.name.as_str().into(),
        (None, Expr::Aggregate(function, argument, _)) => {
            let of = match argument.as_deref() {
                Some(Expr::Column(column)) => format!("_{}", column.name),
                _ => String::new(),
            };
            format!("{}{of}", function.name().to_ascii_lowercase()).into()
        }
        _ => format!("column_{}", number + 1).into(),
    }
}

fn unique(select: &Select, columns: &Columns) -> Result<(), SqlError> {
    for (number, (name, _)) in columns.iter().enumerate() {
        if columns[..number].iter().any(|(other, _)| other == name) {
            return Err(select
                .at
                .error(format!("two columns are called `{name}`; call one of them otherwise by AS")));
        }
    }
    Ok(())
}
