//! Filters.

use spanwright::instrument;

use crate::attributes::{ATTR_EVENT_COUNT, ATTR_PROCESSOR_TYPE};
use crate::expression::{Compiled, ExpressionError};
use crate::value::Event;

/// Leaves the events that a condition holds for.
#[instrument(
    name = "Filter Processing",
    target = "eventflux::filter",
    fields({ATTR_PROCESSOR_TYPE} = "filter", {ATTR_EVENT_COUNT} = events.len()),
    metrics(prefix = "processor", labels(processor = "filter")),
)]
pub(crate) fn process(condition: &Compiled, mut events: Vec<Event>) -> Result<Vec<Event>, ExpressionError> {
    let mut kept = evaluate(condition, &events)?.into_iter();
    events.retain(|_| kept.next() == Some(true));
    Ok(events)
}

#[instrument(name = "Expression Evaluation", target = "eventflux::filter", fields({ATTR_EVENT_COUNT} = events.len()))]
fn evaluate(condition: &Compiled, events: &[Event]) -> Result<Vec<bool>, ExpressionError> {
    events.iter().map(|event| condition.is_true(&event.values)).collect()
}
