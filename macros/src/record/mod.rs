//! `record!`: fills in fields of the annotated function's span that it stands in.
//!
//! It is called through a macro that `#[instrument]` defines in the function's body, which knows the handle to the span
//! and the names of the span's fields.

mod expand;
mod model;
mod parse;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

/// The macro; after a mistake, the errors in a block.
pub(crate) fn record(call: TokenStream) -> TokenStream {
    expanded(call).unwrap_or_else(|error| {
        let errors = error.to_compile_error();
        quote!({ #errors })
    })
}

fn expanded(call: TokenStream) -> syn::Result<TokenStream> {
    let input = parse::Input::parse(call)?;
    let model = model::Model::new(input)?;
    Ok(expand::expand(&model))
}
