//! `#[test]`: a test with telemetry of its own.

mod expand;
mod model;
mod parse;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::errors::item_and_errors;

/// The macro; after a mistake, the item as it was and the errors.
pub(crate) fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    expanded(args, item.clone()).unwrap_or_else(|error| item_and_errors(&item, &error))
}

fn expanded(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let input = parse::Input::parse(args, item)?;
    let model = model::Model::new(input)?;
    Ok(expand::expand(&model))
}
