//! Annotated items.

use super::table::{choice, list, optional, table};
use super::values::{flag, float, floats, long, number, optional_text, pairs, text, texts};
use super::{Input, Sink};
use crate::descriptor::{self, Level, SpanKind};
use crate::objective::{self, Indicator};

table! {
    /// What was read of a [`descriptor::Spec`], which says what the fields are.
    spec: descriptor::Spec => Spec {
        /// The span's name.
        name: text,
        /// What filters match; nothing where that may be the module.
        target: text,
        /// The span's level.
        level: level,
        /// The span's role.
        kind: kind,
        /// The component, or nothing.
        component: text,
        /// The module's path.
        module: text,
        /// The function's name.
        function: text,
        /// The source file.
        file: text,
        /// The line in it.
        line: number,
        /// Names of the fields.
        fields: texts,
        /// The documentation, or nothing.
        doc: text,
        /// The metrics of the calls.
        calls: optional_calls,
        /// What is expected of them.
        objectives: objectives,
    }
}

table! {
    /// What was read of a [`descriptor::CallSpec`].
    calls: descriptor::CallSpec => CallSpec {
        /// The counter's name.
        calls_total: text,
        /// The histogram's name, in seconds.
        duration_seconds: text,
        /// The in-flight gauge's name.
        in_flight: optional_text,
        /// Labels with the same value in every call.
        constant: pairs,
        /// Labels evaluated at entry.
        dimensions: dimensions,
        /// The duration's buckets.
        buckets: buckets,
    }
}

table! {
    /// What was read of a [`descriptor::Dimension`].
    dimension: descriptor::Dimension => Dimension {
        /// The label's name.
        name: text,
        /// The attribute that it stands for, or nothing.
        attribute: text,
        /// What it says, or nothing.
        help: text,
        /// Its values.
        values: label_values,
    }
}

table! {
    /// What was read of an [`objective::Objective`].
    objective_of: objective::Objective => Objective {
        /// What it is called, or nothing.
        name: text,
        /// What it means for users, or nothing.
        description: text,
        /// What makes a call good.
        indicator: indicator,
        /// Which share is to be good.
        ratio: float,
        /// Over how long, in seconds.
        window_seconds: long,
        /// Whether somebody is woken.
        pages: flag,
        /// Where the calls are counted.
        families: families,
    }
}

table! {
    /// What was read of an [`objective::CallFamilies`].
    families_of: objective::CallFamilies => CallFamilies {
        /// The counter of all calls.
        calls: text,
        /// Whether that has the label `outcome`.
        has_outcome: flag,
        /// The counter of failed calls.
        errors: text,
        /// The counter of cancelled calls.
        cancelled: text,
        /// The histogram of durations.
        duration: text,
        /// How many seconds its unit has.
        unit_seconds: float,
        /// Its buckets.
        buckets: buckets,
        /// The labels by which the function's series are found.
        labels: pairs,
    }
}

/// Families, by value as an objective has them.
mod families {
    pub(crate) use super::families_of::{Read, read};
    use super::{Sink, families_of, objective};

    pub(crate) const fn write(value: objective::CallFamilies, sink: &mut Sink<'_>) {
        families_of::write(&value, sink);
    }
}

optional!(optional_calls: &descriptor::CallSpec as calls);
list!(dimensions: [descriptor::Dimension] of dimension, by &);
list!(objectives: [objective::Objective] of objective_of, by &);

choice!(kind: SpanKind { Internal = 0, Server = 1, Client = 2, Producer = 3, Consumer = 4 });

mod level {
    use super::{Input, Level, Sink};

    pub(crate) type Read<'b> = Level;

    pub(crate) const fn write(value: Level, sink: &mut Sink<'_>) {
        sink.number(value.number() as u64);
    }

    pub(crate) fn read<'b>(input: &mut Input<'b>) -> Option<Read<'b>> {
        let number = input.number()?;
        (1..=5).contains(&number).then(|| Level::from_number(number as u8))
    }
}

mod indicator {
    use super::{Indicator, Input, Sink, float};

    pub(crate) type Read<'b> = Indicator;

    pub(crate) const fn write(value: Indicator, sink: &mut Sink<'_>) {
        match value {
            Indicator::Success => sink.number(0),
            Indicator::Latency { bound } => {
                sink.number(1);
                float::write(bound, sink);
            }
        }
    }

    pub(crate) fn read<'b>(input: &mut Input<'b>) -> Option<Read<'b>> {
        match input.number()? {
            0 => Some(Indicator::Success),
            1 => Some(Indicator::Latency { bound: float::read(input)? }),
            _ => None,
        }
    }
}

/// What was read of [`descriptor::Buckets`].
#[derive(Clone, Debug)]
pub enum Buckets {
    /// What suits the unit.
    Default,
    /// Those with these upper bounds.
    Explicit(Vec<f64>),
    /// Those of a native histogram.
    Native,
}

pub(super) mod buckets {
    use super::{Buckets, Input, Sink, descriptor, floats};

    pub(crate) type Read<'b> = Buckets;

    pub(crate) const fn write(value: descriptor::Buckets, sink: &mut Sink<'_>) {
        match value {
            descriptor::Buckets::Default => sink.number(0),
            descriptor::Buckets::Explicit(bounds) => {
                sink.number(1);
                floats::write(bounds, sink);
            }
            descriptor::Buckets::Native => sink.number(2),
        }
    }

    pub(crate) fn read<'b>(input: &mut Input<'b>) -> Option<Read<'b>> {
        match input.number()? {
            0 => Some(Buckets::Default),
            1 => Some(Buckets::Explicit(floats::read(input)?)),
            2 => Some(Buckets::Native),
            _ => None,
        }
    }
}

/// What was read of [`descriptor::Values`].
#[derive(Clone, Debug)]
pub enum Values<'b> {
    /// All known.
    Static(Vec<&'b str>),
    /// Free text.
    Text {
        /// How many values are kept apart.
        max: u32,
    },
}

mod label_values {
    use super::{Input, Sink, Values, descriptor, number, texts};

    pub(crate) type Read<'b> = Values<'b>;

    pub(crate) const fn write(value: descriptor::Values, sink: &mut Sink<'_>) {
        match value {
            descriptor::Values::Static(values) => {
                sink.number(0);
                texts::write(values, sink);
            }
            descriptor::Values::Text { max } => {
                sink.number(1);
                number::write(max, sink);
            }
        }
    }

    pub(crate) fn read<'b>(input: &mut Input<'b>) -> Option<Read<'b>> {
        match input.number()? {
            0 => Some(Values::Static(texts::read(input)?)),
            1 => Some(Values::Text { max: number::read(input)? }),
            _ => None,
        }
    }
}
