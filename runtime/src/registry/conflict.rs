//! Why two metrics can't be exported beside each other.

use super::identity::Identity;
use super::instrument::Instrument;
use super::members::Declared;

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
    /// name of another's sample, or is called the same by OpenTelemetry.
    pub(super) fn between(first: &Declared, second: &Instrument) -> Option<Self> {
        let (one, other) = (&first.identity, &second.identity);
        let (name, place) = (&one.name, place(first.place));
        let problem = if one.name == other.name {
            let different = difference(one, other)?;
            let remedy = if different == LABEL_NAMES && differ_by_registry(first, second) {
                "give both the same ones with `Registry::with_label`, or keep `global()` out of the default registry with \
                 `#[metrics(global = false)]`"
            } else {
                "rename one of them"
            };
            format!("the one at {place} has the same name and different {different}; {remedy}")
        } else if one.has_sample(&other.name) || other.has_sample(&one.name) {
            format!("it shares the name of a sample with `{name}` ({place}); rename one of them")
        } else if one.otel_name() == other.otel_name() {
            format!(
                "the one at {place}, `{name}`, has the same name for OpenTelemetry, `{}`; rename one of them",
                one.otel_name()
            )
        } else {
            return None;
        };
        Some(refuse(second, problem))
    }
}

fn refuse(instrument: &Instrument, problem: String) -> Conflict {
    Conflict { name: instrument.identity.name.to_string(), place: place(instrument.place), problem }
}

fn place((file, line): (&str, u32)) -> String {
    format!("{file}:{line}")
}

const LABEL_NAMES: &str = "label names";

/// Whether their own labels are the same, and those that their registries put on them are not.
fn differ_by_registry(first: &Declared, second: &Instrument) -> bool {
    let own = |identity: &Identity, scoped| identity.label_names.get(scoped..).map(<[_]>::to_vec);
    own(&first.identity, first.scoped) == own(&second.identity, second.scope.len())
}

/// What makes two families of one name different.
fn difference(one: &Identity, other: &Identity) -> Option<&'static str> {
    let differences = [
        (one.kind != other.kind, "kinds"),
        (one.label_names != other.label_names, LABEL_NAMES),
        (one.unit != other.unit, "units"),
        (one.scale != other.scale, "buckets"),
        (one.help != other.help, "help texts"),
        (one.otel != other.otel, "names for OpenTelemetry"),
    ];
    differences.into_iter().find(|(differs, _)| *differs).map(|(_, what)| what)
}
