//! The syntax of `#[derive(Metrics)]`, as written.

use proc_macro2::{Ident, Span, TokenStream};
use syn::parse::ParseStream;
use syn::{Attribute, Data, DeriveInput, Fields, Path, Type};

use super::derived::Quantile;
use crate::args::{self, Decimal, Each, Eq, Flag, List, Operand, Text, Within, arguments};
use crate::buckets::Buckets;
use crate::errors::Errors;

arguments! {
    /// The arguments of `#[metrics(…)]` on the struct.
    pub(super) struct StructArgs {
        prefix: Eq<Text> = "prefix",
        global: Eq<bool> = "global",
        derived: Each<Within<DerivedArgs>> = "derived",
        krate: Eq<Path> = "crate",
    }
}

arguments! {
    /// The arguments of `derived(…)`.
    pub(super) struct DerivedArgs {
        name: Eq<Text> = "name",
        help: Eq<Text> = "help",
        unit: Eq<Text> = "unit",
        expr: Eq<Text> = "expr",
    }
}

arguments! {
    /// The arguments of `#[metric(…)]` on a field.
    pub(super) struct FieldArgs {
        name: Eq<Text> = "name",
        name_exact: Eq<Text> = "name_exact",
        otel_name: Eq<Text> = "otel_name",
        unit: Eq<Text> = "unit",
        help: Eq<Text> = "help",
        buckets: Eq<Buckets> = "buckets",
        quantiles: List<Quantile> = "quantiles",
        role: Eq<Role> = "role",
        panel: Within<PanelArgs> = "panel",
        threshold: Within<ThresholdArgs> = "threshold",
        alert: Each<Within<AlertArgs>> = "alert",
        flatten: Flag = "flatten",
        prefix: Eq<Text> = "prefix",
        skip: Flag = "skip",
    }
}

arguments! {
    /// The arguments of `panel(…)`.
    pub(super) struct PanelArgs {
        dashboard: Eq<Text> = "dashboard",
        title: Eq<Text> = "title",
        row: Eq<Text> = "row",
        kind: Eq<PanelKind> = "kind",
        hidden: Flag = "hidden",
    }
}

arguments! {
    /// The arguments of `threshold(…)`.
    pub(super) struct ThresholdArgs {
        warning: Eq<Decimal> = "warning",
        critical: Eq<Decimal> = "critical",
    }
}

arguments! {
    /// The arguments of `alert(…)`.
    pub(super) struct AlertArgs {
        when: Eq<Text> = "when",
        expr: Eq<Text> = "expr",
        hold: Eq<Text> = "for",
        severity: Eq<Text> = "severity",
        name: Eq<Text> = "name",
        summary: Eq<Text> = "summary",
        quantile: Eq<Decimal> = "quantile",
    }
}

/// What a metric says of the calls of a function that reports into it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Calls,
    Successes,
    Errors,
    Cancelled,
    Duration,
    InFlight,
}

impl Operand for Role {
    const LIKE: &'static str = "calls";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let words = [
            ("calls", Self::Calls),
            ("successes", Self::Successes),
            ("errors", Self::Errors),
            ("cancelled", Self::Cancelled),
            ("duration", Self::Duration),
            ("in_flight", Self::InFlight),
        ];
        args::word(key, input, &words)
    }
}

/// How a panel draws a metric.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PanelKind {
    Timeseries,
    Stat,
    Gauge,
    Heatmap,
    Table,
    Timeline,
}

impl Operand for PanelKind {
    const LIKE: &'static str = "timeseries";

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let words = [
            ("timeseries", Self::Timeseries),
            ("stat", Self::Stat),
            ("gauge", Self::Gauge),
            ("heatmap", Self::Heatmap),
            ("table", Self::Table),
            ("timeline", Self::Timeline),
        ];
        args::word(key, input, &words)
    }
}

/// The struct.
pub(super) struct Input {
    pub(super) args: StructArgs,
    pub(super) item: DeriveInput,
    pub(super) fields: Vec<Field>,
    pub(super) errors: Errors,
}

/// One of its fields.
pub(super) struct Field {
    pub(super) ident: Ident,
    pub(super) ty: Type,
    pub(super) attrs: Vec<Attribute>,
    pub(super) args: FieldArgs,
    /// Whether all the arguments could be parsed, so that one that is absent was not written.
    pub(super) is_complete: bool,
}

impl Input {
    /// Fails only at what is no item: mistakes are collected.
    pub(super) fn parse(item: TokenStream) -> syn::Result<Self> {
        let mut item: DeriveInput = syn::parse2(item)?;
        let mut errors = Errors::default();
        let args = args::parse_helpers(&item.attrs, "metrics", &mut errors);
        args::refuse_helpers(&item.attrs, "metric", "it goes on a field", &mut errors);
        let mut fields = Vec::new();
        match &mut item.data {
            Data::Struct(data) => {
                if !matches!(data.fields, Fields::Named(_)) {
                    let message = "a metric is named after its field: give the struct fields with names";
                    errors.at(item.ident.span(), message);
                }
                for field in std::mem::replace(&mut data.fields, Fields::Unit) {
                    let before = errors.count();
                    let args = args::parse_helpers(&field.attrs, "metric", &mut errors);
                    args::refuse_helpers(&field.attrs, "metrics", "it goes on the struct", &mut errors);
                    let is_complete = errors.count() == before;
                    let (ty, attrs) = (field.ty, field.attrs);
                    fields.extend(field.ident.map(|ident| Field { ident, ty, attrs, args, is_complete }));
                }
            }
            Data::Enum(data) => not_a_struct(data.enum_token.span, "an enum", &mut errors),
            Data::Union(data) => not_a_struct(data.union_token.span, "a union", &mut errors),
        }
        Ok(Self { args, item, fields, errors })
    }
}

fn not_a_struct(at: Span, what: &str, errors: &mut Errors) {
    errors
        .at(at, format_args!("`Metrics` goes on a struct with a field for each metric, and this is {what}"));
}
