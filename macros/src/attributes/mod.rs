//! `#[derive(Attributes)]`: a typed constant for each field of a struct, and the recording of its values.

mod expand;
mod model;
mod parse;
#[cfg(test)]
mod tests;
mod types;

use proc_macro2::TokenStream;

use crate::errors::stub_and_errors;

/// The macro; after a mistake, the errors, the constants and an implementation without content, so that nothing else fails
/// for want of them.
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
