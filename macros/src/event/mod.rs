//! `#[derive(Event)]`: events of one's own in a recording.

mod expand;
mod model;
mod parse;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::errors::stub_and_errors;

/// The macro; after a mistake, the errors and an implementation without content, so that nothing else fails for want of
/// one.
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    match parse::Input::parse(item) {
        Ok(input) => {
            let stub = expand::stub(&input);
            model::Model::new(input)
                .map_or_else(|error| stub_and_errors(stub, &error), |model| expand::expand(&model))
        }
        Err(error) => error.to_compile_error(),
    }
}
