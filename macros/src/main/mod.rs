//! `#[main]`: a program that starts its telemetry, runs, and flushes.

mod expand;
mod model;
mod parse;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::item_and_errors;
use crate::signature::Function;

/// The macro; after a mistake, the item as it was and the errors.
pub(crate) fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    expanded(args, item.clone()).unwrap_or_else(|error| kept(&item, &error))
}

/// The item and the errors. rustc has its own about a program's `main` that is `async` or has parameters, so that goes
/// into one that is neither.
fn kept(item: &TokenStream, error: &syn::Error) -> TokenStream {
    let is_refused = |function: Function| {
        function.name() == "main" && (function.sig.asyncness.is_some() || !function.sig.inputs.is_empty())
    };
    if !Function::parse(item.clone(), "main").is_ok_and(is_refused) {
        return item_and_errors(item, error);
    }
    let errors = error.to_compile_error();
    quote! {
        fn main() {
            #[allow(dead_code, unused_variables)]
            #item
        }
        #errors
    }
}

fn expanded(args: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let input = parse::Input::parse(args, item)?;
    let model = model::Model::new(input)?;
    Ok(expand::expand(&model))
}
