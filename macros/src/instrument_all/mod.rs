//! `#[instrument_all]`: `#[instrument]` on each function of an `impl` or of an inline module.
//!
//! It puts the attribute there and does not expand it, so that what stands between (`#[async_trait]`, say) works as if the
//! attribute had been written by hand.

mod expand;
mod inherited;
mod model;
mod parse;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::errors::item_and_errors;

/// The macro; after a mistake, the item without what only this macro understands, and the errors.
pub(crate) fn instrument_all(args: TokenStream, item: TokenStream) -> TokenStream {
    let input = match parse::Input::parse(args, item.clone()) {
        Ok(input) => input,
        Err(error) => return item_and_errors(&item, &error),
    };
    let bare = expand::bare(&input.item);
    match model::Model::new(input) {
        Ok(model) => expand::expand(&model),
        Err(error) => item_and_errors(&bare, &error),
    }
}
