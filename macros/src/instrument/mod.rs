//! `#[instrument]`: a function's calls become spans and, if it asks for them, metrics.

mod await_points;
mod callsite;
mod component;
mod conventions;
mod described;
mod expand;
mod fields;
mod future;
mod made;
mod metrics;
mod model;
mod named;
mod names;
mod objectives;
mod outcome;
mod parse;
mod quantities;
mod recording;
mod report;
mod secrets;
mod span_name;
mod switches;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::errors::item_and_errors;

/// The macro; after a mistake, the item as it was and the errors.
pub(crate) fn instrument(args: TokenStream, item: TokenStream) -> TokenStream {
    expanded(args, item.clone()).unwrap_or_else(|error| item_and_errors(&recording::unrecorded(item), &error))
}

fn expanded(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let input = parse::Input::parse(args, item)?;
    let model = model::Model::new(input)?;
    Ok(expand::expand(&model))
}
