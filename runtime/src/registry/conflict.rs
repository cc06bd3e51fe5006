//! Why two metrics can't be exported beside each other.

use super::identity::Identity;
use super::instrument::Instrument;

/// A metric that is not exported, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("metric `{name}` ({place}) is not exported: {problem}")]
pub struct Conflict {
    /// The metric's name.
    pub name: String,
    /// Where it was written, as `file:line`.
    pub place: String,
    /// What is wrong with it, and what to do.
    pub problem: String,
}

impl Conflict {
    /// Of a metric that the layout has no room for.
    pub(super) fn no_room(instrument: &Instrument) -> Self {
        refuse(instrument, "there is no room for its series; drop a label, or buckets".to_owned())
    }

    /// Of a metric that can't be registered in such a registry.
    pub(super) fn out_of_scope(instrument: &Instrument, problem: String) -> Self {
        refuse(instrument, problem)
    }

    /// Why `second` can't be exported beside `first`, if it can't: families of one name are equal, and no family has the
    /// name of another's sample.
    pub(super) fn between(first: &Instrument, second: &Instrument) -> Option<Self> {
        let (one, other) = (&first.identity, &second.identity);
        let (name, place) = (&one.name, place(first));
        let problem = if one.name == other.name {
            let different = difference(one, other)?;
            format!("the one at {place} has the same name and different {different}; rename one of them")
        } else if one.has_sample(&other.name) || other.has_sample(&one.name) {
            format!("it shares the name of a sample with `{name}` ({place}); rename one of them")
        } else {
            return None;
        };
        Some(refuse(second, problem))
    }
}

fn refuse(instrument: &Instrument, problem: String) -> Conflict {
    Conflict { name: instrument.identity.name.to_string(), place: place(instrument), problem }
}

fn place(instrument: &Instrument) -> String {
    let (file, line) = instrument.place;
    format!("{file}:{line}")
}

/// What makes two families of one name different.
fn difference(one: &Identity, other: &Identity) -> Option<&'static str> {
    let differences = [
        (one.kind != other.kind, "kinds"),
        (one.label_names != other.label_names, "label names"),
        (one.unit != other.unit, "units"),
        (one.scale != other.scale, "buckets"),
        (one.help != other.help, "help texts"),
        (one.otel != other.otel, "names for OpenTelemetry"),
    ];
    differences.into_iter().find(|(differs, _)| *differs).map(|(_, what)| what)
}
