//! The procedural macros of [`spanwright`](https://docs.rs/spanwright), which re-exports them: depend on that, not on
//! this. Generated code names `::spanwright`, unless `crate = path` says where else the runtime is.
//!
//! A mistake in an argument is an error on its own token, with the remedy; several mistakes are several errors. The item
//! itself is kept, so that nothing else fails for want of it.

// The folder of a macro is named after it, and one of them is `main`.
#![allow(special_module_name)]
// Tests fail by panicking; macros never do.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod args;
mod attributes;
mod buckets;
mod dimension;
mod docs;
mod error_type;
mod errors;
mod event;
mod field;
mod hygiene;
mod instrument;
mod instrument_all;
mod label;
mod labels;
mod main;
mod metrics;
mod naming;
mod record;
mod returned;
mod secret_names;
mod secret_read;
mod semconv;
mod signature;
mod test;
#[cfg(test)]
mod testing;
mod types;

use proc_macro::TokenStream;

#[doc = include_str!("instrument/documentation.md")]
#[proc_macro_attribute]
pub fn instrument(args: TokenStream, item: TokenStream) -> TokenStream {
    instrument::instrument(args.into(), item.into()).into()
}

#[doc = include_str!("instrument_all/documentation.md")]
#[proc_macro_attribute]
pub fn instrument_all(args: TokenStream, item: TokenStream) -> TokenStream {
    instrument_all::instrument_all(args.into(), item.into()).into()
}

#[doc = include_str!("main/documentation.md")]
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    main::main(args.into(), item.into()).into()
}

#[doc = include_str!("test/documentation.md")]
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    test::test(args.into(), item.into()).into()
}

#[doc = include_str!("error_type/documentation.md")]
#[proc_macro_derive(ErrorType, attributes(error_type))]
pub fn derive_error_type(item: TokenStream) -> TokenStream {
    error_type::derive(item.into()).into()
}

#[doc = include_str!("attributes/documentation.md")]
#[proc_macro_derive(Attributes, attributes(attributes, attribute))]
pub fn derive_attributes(item: TokenStream) -> TokenStream {
    attributes::derive(item.into()).into()
}

#[doc = include_str!("event/documentation.md")]
#[proc_macro_derive(Event, attributes(event))]
pub fn derive_event(item: TokenStream) -> TokenStream {
    event::derive(item.into()).into()
}

#[doc = include_str!("label/documentation.md")]
#[proc_macro_derive(Label, attributes(label))]
pub fn derive_label(item: TokenStream) -> TokenStream {
    label::derive(item.into()).into()
}

#[doc = include_str!("labels/documentation.md")]
#[proc_macro_derive(Labels, attributes(labels, label))]
pub fn derive_labels(item: TokenStream) -> TokenStream {
    labels::derive(item.into()).into()
}

#[doc = include_str!("metrics/documentation.md")]
#[proc_macro_derive(Metrics, attributes(metrics, metric))]
pub fn derive_metrics(item: TokenStream) -> TokenStream {
    metrics::derive(item.into()).into()
}

/// What the runtime's `record!` comes to.
#[doc(hidden)]
#[proc_macro]
pub fn record(call: TokenStream) -> TokenStream {
    record::record(call.into()).into()
}
