//! The tokens of `#[test]`.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::Model;
use crate::hygiene::{blaming, local};

/// Input: `async fn f(telemetry: Captured) -> T { body }`; output: `#[::core::prelude::v1::test] fn f() -> T {
/// test_async(options, |__captured| async move { let telemetry: Captured = __captured; body }) }`.
pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { krate, item, body, captured, worker_threads, ret } = model;
    let given = local("__captured");
    let parameter = captured.as_ref().map(|(pattern, ty)| {
        // A parameter of another type is an error on that type.
        let at = blaming(ty.span());
        let given = proc_macro2::Ident::new("__captured", at);
        quote_spanned!(at=> let #pattern: #ty = #given;)
    });
    let closure_parameter = match captured {
        Some((_, ty)) => proc_macro2::Ident::new("__captured", blaming(ty.span())),
        None => given,
    };
    let call = if item.sig.asyncness.is_some() {
        let threads = match worker_threads {
            Some(threads) => quote!(::core::option::Option::Some(#threads)),
            None => quote!(::core::option::Option::None),
        };
        // The type of `return` and `?` is fixed before the body uses them. In a `match`, since rustc warns of a block that is
        // the last expression of another.
        quote! {
            #krate::__private::test_async(
                #krate::__private::TestOptions { worker_threads: #threads },
                |#closure_parameter| async move {
                    #[allow(clippy::diverging_sub_expression)]
                    if false { return #krate::__private::fake::<#ret>(); }
                    #parameter
                    match () { () => #body }
                },
            )
        }
    } else {
        quote! {
            #krate::__private::test_sync(|#closure_parameter| -> #ret { #parameter match () { () => #body } })
        }
    };
    // Said, so that no lint asks the user to say it.
    let mut block = Group::new(body.delimiter(), quote!(return #call;));
    block.set_span(body.span());
    let head = head(&item.head);
    quote!(#[::core::prelude::v1::test] #head #block)
}

/// The head without the `async` in front of `fn`, and without parameters.
fn head(head: &TokenStream) -> TokenStream {
    let mut output: Vec<TokenTree> = Vec::new();
    let (mut is_behind_fn, mut is_done) = (false, false);
    for token in head.clone() {
        match &token {
            TokenTree::Ident(ident) if !is_behind_fn && ident == "async" => continue,
            TokenTree::Ident(ident) if ident == "fn" => is_behind_fn = true,
            TokenTree::Group(group) if is_behind_fn && !is_done => {
                is_done = true;
                let mut empty = Group::new(group.delimiter(), TokenStream::new());
                empty.set_span(group.span());
                output.push(empty.into());
                continue;
            }
            _ => {}
        }
        output.push(token);
    }
    output.into_iter().collect()
}
