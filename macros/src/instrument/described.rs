//! The callsite's record: what the binary says of it without running.
//!
//! It is the fields of `Spec` in their order, as texts, each ended by a zero byte; a number in digits, a list behind how many
//! values it has, and what may be absent behind a 0 or a 1. The runtime writes the same for a callsite of which only the compiler
//! knows all, and a test of its compares the two (`runtime/src/catalog/tests.rs`). Writing it here costs a compiler nothing that
//! can be measured, and there a third of all that an annotation does.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;

use super::callsite::Callsite;
use super::fields::FieldName;
use super::metrics::{CallMetrics, Labels, Metrics};
use super::model::Model;
use super::named::Named;
use super::parse::{Kind, LabelName, Level};
use crate::buckets::Buckets;

/// Output: what `concat!` makes the description of; nothing where there is a constant in it.
///
/// Input: `#[instrument] fn charge() {}`; output: `"charge\0", ::core::module_path!(), "\03\00\0\0", …`.
pub(super) fn record(model: &Model) -> Option<TokenStream> {
    let Callsite { name, target, level, kind, component, function, doc } = &model.callsite;
    let Model { fields, metrics, slo, .. } = model;
    // Objectives are about metrics that may be a type's.
    if slo.is_some() {
        return None;
    }
    let mut texts = Texts::default();
    texts.named(name)?;
    match target {
        Some(target) => texts.named(target)?,
        // That is the module.
        None => texts.text(""),
    }
    texts.number(match level {
        Level::Error => 1,
        Level::Warn => 2,
        Level::Info => 3,
        Level::Debug => 4,
        Level::Trace => 5,
    });
    texts.number(match kind {
        Kind::Internal => 0,
        Kind::Server => 1,
        Kind::Client => 2,
        Kind::Producer => 3,
        Kind::Consumer => 4,
    });
    texts.text(component);
    texts.made(quote!(::core::module_path!()));
    texts.text(function);
    texts.made(quote!(::core::file!()));
    texts.made(quote!(::core::line!()));
    texts.number(fields.len() as u64);
    for field in fields {
        let FieldName::Text(name) = &field.name else { return None };
        texts.text(name);
    }
    texts.text(doc);
    match metrics {
        Metrics::Own(metrics) => {
            texts.number(1);
            calls(&mut texts, function, metrics)?;
        }
        Metrics::Into(_) | Metrics::None => texts.number(0),
    }
    // Objectives.
    texts.number(0);
    Some(texts.finish())
}

/// The function's own metrics, where no label has values that a type knows.
fn calls(texts: &mut Texts, function: &str, metrics: &CallMetrics) -> Option<()> {
    let CallMetrics { calls_total, duration_seconds, in_flight, labels, buckets } = metrics;
    texts.text(calls_total);
    texts.text(duration_seconds);
    texts.number(in_flight.is_some().into());
    if let Some(in_flight) = in_flight {
        texts.text(in_flight);
    }
    match labels {
        Labels::Place => {
            texts.number(2);
            texts.text("module");
            texts.made(quote!(::core::module_path!()));
            texts.text("function");
            texts.text(function);
        }
        Labels::Own(statics, typed) => {
            texts.number(statics.len() as u64);
            for label in statics {
                let LabelName::Text(name) = &label.name else { return None };
                texts.text(&name.unraw().to_string());
                texts.text(&label.value.value());
            }
            if !typed.is_empty() {
                return None;
            }
        }
    }
    // Labels of types.
    texts.number(0);
    match buckets {
        Buckets::Default => texts.number(0),
        Buckets::Explicit(bounds) => {
            texts.number(1);
            texts.number(bounds.len() as u64);
            bounds.iter().for_each(|bound| texts.number(bound.to_bits()));
        }
        Buckets::Native => texts.number(2),
    }
    Some(())
}

/// Texts one after the other; those that are known are one literal.
#[derive(Default)]
struct Texts {
    parts: TokenStream,
    known: String,
}

impl Texts {
    /// A zero byte, which ends a text, is shown by its symbol.
    fn text(&mut self, text: &str) {
        self.known.push_str(&text.replace('\0', "\u{2400}"));
        self.known.push('\0');
    }

    fn number(&mut self, number: u64) {
        self.known += &number.to_string();
        self.known.push('\0');
    }

    /// Nothing where it is a constant.
    fn named(&mut self, named: &Named) -> Option<()> {
        match named {
            Named::Text(text) => {
                self.text(&text.value());
                Some(())
            }
            Named::Constant(_) => None,
        }
    }

    /// What a macro of the compiler's makes a text.
    fn made(&mut self, text: TokenStream) {
        self.flush();
        self.parts.extend(quote!(#text,));
        self.known.push('\0');
    }

    fn flush(&mut self) {
        let known = std::mem::take(&mut self.known);
        if !known.is_empty() {
            self.parts.extend(quote!(#known,));
        }
    }

    fn finish(mut self) -> TokenStream {
        self.flush();
        self.parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_byte_ends_no_text_before_its_end() {
        let mut texts = Texts::default();
        texts.text("before\0after");
        assert_eq!(texts.known, "before\u{2400}after\0");
    }
}
