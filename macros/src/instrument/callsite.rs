//! The part of the model that decides how a function's calls are called and told apart.

use proc_macro2::Span;

use super::component::ComponentName;
use super::fields::Field;
use super::named::Named;
use super::parse::{Kind, Level};
use super::span_name::SpanName;
use crate::args::{Arg, Eq};
use crate::docs;
use crate::errors::Errors;
use crate::signature::Function;

/// The arguments that have to do with that.
pub(super) struct Written {
    pub(super) name: Arg<Eq<Named>>,
    pub(super) level: Arg<Eq<Level>>,
    pub(super) target: Arg<Eq<Named>>,
    pub(super) kind: Arg<Eq<Kind>>,
    pub(super) component: Arg<Eq<ComponentName>>,
}

/// What is the same for all calls.
pub(super) struct Callsite {
    /// The span's name.
    pub(super) name: Named,
    /// The span's target, unless it is the module.
    pub(super) target: Option<Named>,
    pub(super) level: Level,
    pub(super) kind: Kind,
    /// What the span is switched with; empty where it is by itself.
    pub(super) component: String,
    /// The function's name.
    pub(super) function: String,
    /// The first paragraph of its documentation.
    pub(super) doc: String,
}

/// What a call's own name is made of.
pub(super) struct OwnName {
    pub(super) field: Option<Field>,
    /// What it reads, with the place.
    pub(super) read: Vec<(String, Span)>,
}

impl Callsite {
    pub(super) fn decide(written: Written, item: &Function, errors: &mut Errors) -> (Self, OwnName) {
        let Written { name, level, target, kind, component } = written;
        let SpanName { text: name, field, read } = SpanName::new(name, item, errors);
        let callsite = Self {
            name,
            target: target.map(|target| target.value.0.checked(item, errors)),
            level: level.map_or(Level::Info, |level| level.value.0),
            kind: kind.map_or(Kind::Internal, |kind| kind.value.0),
            component: component.map_or_else(String::new, |component| component.value.0.0.0.value()),
            function: item.name(),
            doc: docs::summary(&item.attrs),
        };
        (callsite, OwnName { field, read })
    }
}
